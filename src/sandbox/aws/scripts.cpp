// SPDX-License-Identifier: Apache-2.0
#include "sandbox/aws/scripts.hpp"

#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "sandbox/aws/kept.hpp"
#include "sandbox/fleet/fleet.hpp"

namespace fairlead::sandbox::scripts {

namespace {

constexpr std::size_t most_out = 24000, most_err = 8000;

std::map<std::string, Json>& commands(Context& c) { return c.region.things["command"]; }

bool has_tag(const Instance& instance, const std::string& key, const std::vector<std::string>& values) {
  return std::ranges::any_of(instance.tags, [&](const Json& tag) {
    return text_at(tag, "Key") == key && std::ranges::find(values, text_at(tag, "Value")) != values.end();
  });
}

std::vector<std::string> chosen(Context& c, const Json& params) {
  auto ids = texts_of(params, "InstanceIds");
  for (const auto& target : member(params, "Targets")) {
    const auto key = text_at(target, "Key");
    const auto values = texts_of(target, "Values");
    for (const auto& [id, instance] : c.region.instances) {
      if (!instance.runs()) continue;
      const bool fits = key == "InstanceIds" ? std::ranges::find(values, id) != values.end()
                                             : key.starts_with("tag:") && has_tag(instance, key.substr(4), values);
      if (fits) ids.push_back(id);
    }
  }
  return ids;
}

Json command_view(const Json& kept) {
  Json view = kept["command"];
  std::int64_t done = 0, errors = 0;
  bool running = false;
  for (const auto& [_, one] : kept["invocations"].items()) {
    const auto status = text_at(one, "Status");
    running = running || status == "Pending" || status == "InProgress";
    done += status == "Success" || status == "Failed" || status == "TimedOut";
    errors += status == "Failed" || status == "TimedOut";
  }
  view["Status"] = view["StatusDetails"] = running ? "InProgress" : errors > 0 ? "Failed" : "Success";
  view["CompletedCount"] = done;
  view["ErrorCount"] = errors;
  return view;
}

Json send(Context& c, const Json& params) {
  const auto document = text_at(params, "DocumentName");
  if (document != "AWS-RunShellScript") throw Refusal{"InvalidDocument", "The sandbox has the document AWS-RunShellScript only."};
  if (texts_of(params, "InstanceIds").size() > 50) throw Refusal{"ValidationException", "At most 50 instance ids."};
  const auto ids = chosen(c, params);
  for (const auto& id : ids)
    if (const Instance* found = fleet::find_instance(c, id); found == nullptr || !found->runs())
      throw Refusal{"InvalidInstanceId", "Instances [[" + id + "]] not in a valid state for account " + c.region.account};
  const Json& parameters = member(params, "Parameters");
  const auto script = join(texts_of(parameters, "commands"), "\n");
  const auto folders = texts_of(parameters, "workingDirectory"), limits = texts_of(parameters, "executionTimeout");
  const auto command_id = c.world.uuid();
  Json command{{"CommandId", command_id},
               {"DocumentName", document},
               {"DocumentVersion", "$DEFAULT"},
               {"Comment", text_at(params, "Comment")},
               {"Parameters", parameters},
               {"InstanceIds", texts_of(params, "InstanceIds")},
               {"Targets", params.value("Targets", Json::array())},
               {"RequestedDateTime", epoch(c.now())},
               {"ExpiresAfter", epoch(c.now() + std::chrono::hours(2))},
               {"Status", "Pending"},
               {"StatusDetails", "Pending"},
               {"TargetCount", ids.size()},
               {"TimeoutSeconds", number_of(params, "TimeoutSeconds", 3600)},
               {"MaxConcurrency", text_at(params, "MaxConcurrency", "50")},
               {"MaxErrors", text_at(params, "MaxErrors", "0")}};
  Json invocations = Json::object();
  for (const auto& id : ids) {
    invocations[id] = {{"Status", "InProgress"}, {"start", epoch(c.now())}};
    RunScript run{
        c.place() + "|" + command_id + "|" + id, id,
        fleet::need_instance(c, id).address,     script,
        folders.empty() ? "" : folders.front(),  std::chrono::seconds(limits.empty() ? 3600 : parse_int(limits.front()).value_or(3600))};
    c.world.commands.emplace_back(std::move(run));
  }
  commands(c)[command_id] = {{"command", command}, {"invocations", invocations}};
  c.key = text_at(params, "Comment"), c.effect = command_id;
  return {{"Command", command_view(commands(c)[command_id])}};
}

Json invocation_view(const Json& kept, const std::string& command_id, const std::string& id, const Json& one) {
  const auto status = text_at(one, "Status");
  const bool over = status != "Pending" && status != "InProgress";
  return {{"CommandId", command_id},
          {"InstanceId", id},
          {"Comment", kept["command"]["Comment"]},
          {"DocumentName", kept["command"]["DocumentName"]},
          {"DocumentVersion", "$DEFAULT"},
          {"PluginName", "aws:runShellScript"},
          {"ResponseCode", over ? number_at(one, "code") : -1},
          {"ExecutionStartDateTime", format_time(from_micros(static_cast<std::int64_t>(one["start"].get<double>() * 1e6)))},
          {"Status", status},
          {"StatusDetails", text_at(one, "Details", status)},
          {"StandardOutputContent", text_at(one, "out").substr(0, most_out)},
          {"StandardErrorContent", text_at(one, "err").substr(0, most_err)}};
}

Json get(Context& c, const Json& params) {
  const auto command = text_at(params, "CommandId"), id = text_at(params, "InstanceId");
  const auto found = commands(c).find(command);
  if (found == commands(c).end() || !found->second["invocations"].contains(id)) throw Refusal{"InvocationDoesNotExist", ""};
  return invocation_view(found->second, command, id, found->second["invocations"][id]);
}

Json list_invocations(Context& c, const Json& params) {
  const auto command = text_at(params, "CommandId"), only = text_at(params, "InstanceId");
  Json all = Json::array();
  for (const auto& [id, kept] : commands(c)) {
    if (!command.empty() && id != command) continue;
    for (const auto& [instance, one] : kept["invocations"].items()) {
      if (!only.empty() && instance != only) continue;
      Json view{{"CommandId", id},
                {"InstanceId", instance},
                {"Comment", kept["command"]["Comment"]},
                {"DocumentName", kept["command"]["DocumentName"]},
                {"RequestedDateTime", kept["command"]["RequestedDateTime"]},
                {"Status", one["Status"]},
                {"StatusDetails", text_at(one, "Details", text_at(one, "Status"))},
                {"CommandPlugins", Json::array()}};
      if (flag_of(params, "Details"))
        view["CommandPlugins"].push_back({{"Name", "aws:runShellScript"},
                                          {"Status", one["Status"]},
                                          {"ResponseCode", number_at(one, "code", -1)},
                                          {"Output", text_at(one, "out").substr(0, 2500)}});
      all.push_back(view);
    }
  }
  return page(all, params, "CommandInvocations", 50, "NextToken");
}

Json list(Context& c, const Json& params) {
  const auto command = text_at(params, "CommandId");
  Json all = Json::array();
  for (const auto& [id, kept] : commands(c))
    if (command.empty() || id == command) all.push_back(command_view(kept));
  return page(all, params, "Commands", 50, "NextToken");
}

Json cancel(Context& c, const Json& params) {
  const auto found = commands(c).find(text_at(params, "CommandId"));
  if (found == commands(c).end()) throw Refusal{"InvalidCommandId", ""};
  for (auto& [_, one] : found->second["invocations"].items())
    if (text_at(one, "Status") == "Pending") one["Status"] = "Cancelled";
  c.key = found->first, c.effect = "cancelled";
  return Json::object();
}

Json information(Context& c, const Json& params) {
  Json all = Json::array();
  const auto wanted = [&params](const std::string& id) {
    return std::ranges::all_of(member(params, "Filters"), [&id](const Json& filter) {
      const auto values = texts_of(filter, "Values");
      return text_at(filter, "Key") != "InstanceIds" || std::ranges::find(values, id) != values.end();
    });
  };
  for (const auto& [id, instance] : c.region.instances) {
    if (!instance.runs() || !wanted(id)) continue;
    all.push_back({{"InstanceId", id},
                   {"PingStatus", "Online"},
                   {"LastPingDateTime", epoch(c.now())},
                   {"AgentVersion", "3.3.0.0"},
                   {"PlatformType", "Linux"},
                   {"PlatformName", "Debian GNU/Linux"},
                   {"ResourceType", "EC2Instance"},
                   {"IPAddress", instance.address}});
  }
  return page(all, params, "InstanceInformationList", 50, "NextToken");
}

}  // namespace

void ended(Context& c, const ScriptEnded& fact) {
  const auto parts = split(fact.key, '|');
  if (parts.size() != 3) return;
  if (parts[1] == "user-data") return fleet::user_data_ended(c, parts[2]);
  const auto found = commands(c).find(parts[1]);
  if (found == commands(c).end()) return;
  Json& one = found->second["invocations"][parts[2]];
  one["Status"] = fact.timed_out ? "TimedOut" : fact.code == 0 ? "Success" : "Failed";
  one["Details"] = fact.timed_out ? "Execution Timed Out" : text_at(one, "Status");
  one["code"] = fact.code;
  one["out"] = fact.out;
  one["err"] =
      fact.err.empty() || fact.code == 0 ? fact.err : fact.err + "failed to run commands: exit status " + std::to_string(fact.code);
}

void add_commands(Table& table) {
  table["ssm.SendCommand"] = {send, true, {}};
  table["ssm.GetCommandInvocation"] = {get, false, {}};
  table["ssm.ListCommandInvocations"] = {list_invocations, false, {}};
  table["ssm.ListCommands"] = {list, false, {}};
  table["ssm.CancelCommand"] = {cancel, true, {}};
  table["ssm.DescribeInstanceInformation"] = {information, false, {}};
}

}  // namespace fairlead::sandbox::scripts

namespace fairlead::sandbox {

void add_ssm(Table& table) {
  scripts::add_commands(table);
  kept::add_parameters(table);
  kept::add_secrets(table);
}

}  // namespace fairlead::sandbox
