// SPDX-License-Identifier: Apache-2.0
#include "fairlead/aws/logs.hpp"

#include "fairlead/base/json.hpp"

namespace fairlead::aws::logs {
namespace {

Awaitable<Page> read(Aws& aws, Scope scope, Json params) {
  Page page;
  Json answer = Json::object();
  try {
    answer = co_await aws.call(std::move(scope), "logs:GetLogEvents", std::move(params));
  } catch (const AwsError& error) {
    // A task that died early never made its stream.
    if (error.failure() != Failure::not_found) throw;
  }
  const auto& events = member(answer, "events");
  if (events.is_array())
    for (const auto& event : events) page.lines.push_back({from_micros(number_at(event, "timestamp") * 1000), text_at(event, "message")});
  page.next = text_at(answer, "nextForwardToken");
  co_return page;
}

Json of_stream(const std::string& group, const std::string& stream) { return {{"logGroupName", group}, {"logStreamName", stream}}; }

}  // namespace

Awaitable<Page> head(Aws& aws, Scope scope, std::string group, std::string stream, int limit) {
  auto params = of_stream(group, stream);
  params["startFromHead"] = true;
  params["limit"] = limit;
  co_return co_await read(aws, std::move(scope), std::move(params));
}

Awaitable<Page> tail(Aws& aws, Scope scope, std::string group, std::string stream, int limit) {
  auto params = of_stream(group, stream);
  params["startFromHead"] = false;
  params["limit"] = limit;
  co_return co_await read(aws, std::move(scope), std::move(params));
}

Awaitable<Page> follow(Aws& aws, Scope scope, std::string group, std::string stream, std::string next) {
  auto params = of_stream(group, stream);
  params["startFromHead"] = true;
  if (!next.empty()) params["nextToken"] = next;
  co_return co_await read(aws, std::move(scope), std::move(params));
}

}  // namespace fairlead::aws::logs
