// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "sandbox/aws/scripts.hpp"

namespace fairlead::sandbox {

namespace {

constexpr std::size_t most_lines = 10000, most_given = 10000;

std::int64_t millis(Time time) { return to_micros(time) / 1000; }

[[noreturn]] void no_group() { throw Refusal{"ResourceNotFoundException", "The specified log group does not exist."}; }

std::map<std::string, std::deque<Json>>& group_of(Context& c, const Json& params) {
  auto name = text_at(params, "logGroupName");
  if (const auto id = text_at(params, "logGroupIdentifier"); name.empty())
    name = id.substr(id.rfind("log-group:") == std::string::npos ? 0 : id.rfind("log-group:") + 10);
  if (!c.region.log_groups.contains(name)) no_group();
  return c.region.logs[name];
}

Json create_group(Context& c, const Json& params) {
  const auto name = text_at(params, "logGroupName");
  if (c.region.log_groups.contains(name)) throw Refusal{"ResourceAlreadyExistsException", "The specified log group already exists"};
  c.region.log_groups[name] = {{"createdAt", epoch(c.now())}};
  c.key = name, c.effect = "created";
  return Json::object();
}

Json delete_group(Context& c, const Json& params) {
  group_of(c, params);
  const auto name = text_at(params, "logGroupName");
  c.region.log_groups.erase(name);
  c.region.logs.erase(name);
  c.key = name, c.effect = "deleted";
  return Json::object();
}

Json groups(Context& c, const Json& params) {
  const auto prefix = text_at(params, "logGroupNamePrefix");
  Json all = Json::array();
  for (const auto& [name, group] : c.region.log_groups) {
    if (!name.starts_with(prefix)) continue;
    const auto arn = c.arn("logs", "log-group:" + name);
    Json one{{"logGroupName", name},
             {"arn", arn + ":*"},
             {"logGroupArn", arn},
             {"storedBytes", 0},
             {"metricFilterCount", 0},
             {"logGroupClass", "STANDARD"},
             {"creationTime", static_cast<std::int64_t>(group.at("createdAt").get<double>() * 1000)}};
    if (group.contains("retentionInDays")) one["retentionInDays"] = group["retentionInDays"];
    all.push_back(one);
  }
  return page(all, params, "logGroups", 50);
}

Json retention(Context& c, const Json& params) {
  group_of(c, params);
  c.region.log_groups[text_at(params, "logGroupName")]["retentionInDays"] = params["retentionInDays"];
  c.key = text_at(params, "logGroupName"), c.effect = "retention";
  return Json::object();
}

Json create_stream(Context& c, const Json& params) {
  auto& streams = group_of(c, params);
  const auto name = text_at(params, "logStreamName");
  if (!streams.try_emplace(name).second) throw Refusal{"ResourceAlreadyExistsException", "The specified log stream already exists"};
  c.key = name, c.effect = "created";
  return Json::object();
}

Json streams(Context& c, const Json& params) {
  const auto name = text_at(params, "logGroupName"), prefix = text_at(params, "logStreamNamePrefix");
  Json all = Json::array();
  for (const auto& [stream, events] : group_of(c, params)) {
    if (!stream.starts_with(prefix)) continue;
    Json one{{"logStreamName", stream}, {"arn", c.arn("logs", "log-group:" + name + ":log-stream:" + stream)}, {"storedBytes", 0}};
    if (!events.empty()) {
      one["firstEventTimestamp"] = events.front()["timestamp"];
      one["lastEventTimestamp"] = events.back()["timestamp"];
      one["lastIngestionTime"] = events.back()["ingestionTime"];
    }
    all.push_back(one);
  }
  return page(all, params, "logStreams", 50);
}

void append(Context& c, std::deque<Json>& stream, const std::string& text, std::int64_t at) {
  stream.push_back({{"timestamp", at}, {"message", text}, {"ingestionTime", millis(c.now())}});
  if (stream.size() > most_lines) stream.pop_front();
}

Json put(Context& c, const Json& params) {
  auto& all = group_of(c, params);
  const auto found = all.find(text_at(params, "logStreamName"));
  if (found == all.end()) throw Refusal{"ResourceNotFoundException", "The specified log stream does not exist."};
  for (const auto& event : member(params, "logEvents")) append(c, found->second, text_at(event, "message"), number_of(event, "timestamp"));
  c.key = found->first, c.effect = "written";
  return {{"nextSequenceToken", c.world.number_id(56)}};
}

bool in_range(const Json& event, const Json& params) {
  const auto at = number_at(event, "timestamp");
  return at >= number_of(params, "startTime") && at < number_of(params, "endTime", INT64_MAX);
}

/// Tokens are "f/17" and "b/3": the position after and before what was given. The same token again means that there is no more.
Json get(Context& c, const Json& params) {
  auto& all = group_of(c, params);
  const auto found = all.find(text_at(params, "logStreamName"));
  if (found == all.end()) throw Refusal{"ResourceNotFoundException", "The specified log stream does not exist."};
  std::vector<const Json*> fitting;
  for (const auto& event : found->second)
    if (in_range(event, params)) fitting.push_back(&event);
  const auto limit = static_cast<std::size_t>(std::clamp<std::int64_t>(number_of(params, "limit", most_given), 1, most_given));
  const auto token = text_at(params, "nextToken");
  std::size_t from = 0, to = fitting.size();
  const auto at = static_cast<std::size_t>(token.size() > 2 ? parse_int(token.substr(2)).value_or(0) : 0);
  if (token.starts_with("f/") || (token.empty() && flag_of(params, "startFromHead"))) {
    from = std::min(at, fitting.size());
    to = std::min(from + limit, fitting.size());
  } else {
    to = token.starts_with("b/") ? std::min(at, fitting.size()) : fitting.size();
    from = to > limit ? to - limit : 0;
  }
  Json out{{"events", Json::array()}, {"nextForwardToken", "f/" + std::to_string(to)}, {"nextBackwardToken", "b/" + std::to_string(from)}};
  for (std::size_t i = from; i < to; ++i) out["events"].push_back(*fitting[i]);
  return out;
}

Json filter(Context& c, const Json& params) {
  const auto wanted = texts_of(params, "logStreamNames");
  const auto prefix = text_at(params, "logStreamNamePrefix"), pattern = replace_all(text_at(params, "filterPattern"), "\"", "");
  Json all = Json::array();
  for (const auto& [stream, events] : group_of(c, params)) {
    if (!stream.starts_with(prefix) || (!wanted.empty() && std::ranges::find(wanted, stream) == wanted.end())) continue;
    for (const auto& event : events) {
      if (!in_range(event, params) || text_at(event, "message").find(pattern) == std::string::npos) continue;
      Json one = event;
      one["logStreamName"] = stream;
      one["eventId"] = c.world.number_id(56);
      all.push_back(one);
    }
  }
  std::sort(all.begin(), all.end(), [](const Json& a, const Json& b) { return number_at(a, "timestamp") < number_at(b, "timestamp"); });
  Json out = page(all, {{"nextToken", text_at(params, "nextToken")}, {"maxResults", number_of(params, "limit", most_given)}}, "events",
                  most_given);
  out["searchedLogStreams"] = Json::array();
  return out;
}

}  // namespace

void write_log(Context& c, Task& task, const std::string& name, const std::string& line) {
  for (const auto& container : task.containers) {
    if (container.name != name || container.log_group.empty()) continue;
    append(c, c.region.logs[container.log_group][container.log_stream], line, millis(c.now()));
  }
}

void add_logs(Table& table) {
  table["logs.CreateLogGroup"] = {create_group, true, {}};
  table["logs.DeleteLogGroup"] = {delete_group, true, {}};
  table["logs.DescribeLogGroups"] = {groups, false, {}};
  table["logs.PutRetentionPolicy"] = {retention, true, {}};
  table["logs.CreateLogStream"] = {create_stream, true, {}};
  table["logs.DescribeLogStreams"] = {streams, false, {}};
  table["logs.PutLogEvents"] = {put, true, {}};
  table["logs.GetLogEvents"] = {get, false, {}};
  table["logs.FilterLogEvents"] = {filter, false, {}};
}

}  // namespace fairlead::sandbox
