// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/schedule.hpp"

#include "deploy/ecs/task_definition.hpp"
#include "fairlead/aws/error.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ecs {

Json changed_target(Json target, const TargetChange& change) {
  if (!member(target, "EcsParameters").is_object())
    throw Error(ErrorKind::invalid, "the target " + text_at(target, "Id", text_at(target, "Arn")) + " runs no ECS task");
  target["EcsParameters"]["TaskDefinitionArn"] = change.task_definition;
  if (!change.command.is_array() || change.command.empty()) return target;
  Json input = parse_json(text_at(target, "Input").empty() ? "{}" : text_at(target, "Input"));
  Json& overrides = input["containerOverrides"];
  if (!overrides.is_array()) overrides = Json::array();
  for (Json& it : overrides) {
    if (text_at(it, "name") != change.container) continue;
    it["command"] = change.command;
    target["Input"] = dump(input);
    return target;
  }
  overrides.push_back({{"name", change.container}, {"command", change.command}});
  target["Input"] = dump(input);
  return target;
}

Json choose_target(const Json& targets, const std::string& id, const std::string& rule) {
  std::vector<std::string> names;
  Json chosen;
  for (const Json& target : targets) {
    if (!id.empty() && text_at(target, "Id") == id) return target;
    if (!member(target, "EcsParameters").is_object()) continue;
    names.push_back(text_at(target, "Id"));
    chosen = target;
  }
  if (!id.empty())
    throw Error(ErrorKind::not_found, "rule " + rule + " has no target \"" + id + "\"", "its ECS targets: " + join(names, ", "));
  if (names.empty()) throw Error(ErrorKind::invalid, "rule " + rule + " has no target that runs an ECS task", "add one first");
  if (names.size() > 1)
    throw Error(ErrorKind::invalid, "rule " + rule + " has several ECS targets", "say which with `target:`: " + join(names, ", "));
  return chosen;
}

Json schedule_update(const Json& schedule, const TargetChange& change, const std::string& expression, const Json& enabled) {
  Json update = schedule;
  for (const char* key : {"Arn", "CreationDate", "LastModificationDate"}) update.erase(key);
  for (auto it = update.begin(); it != update.end();) it = it->is_null() ? update.erase(it) : std::next(it);
  update["Target"] = changed_target(member(schedule, "Target"), change);
  if (!expression.empty()) update["ScheduleExpression"] = expression;
  if (enabled.is_boolean()) update["State"] = enabled.get<bool>() ? "ENABLED" : "DISABLED";
  return update;
}

ScheduleStep::ScheduleStep(engine::StepContext& step, const Parts& parts) : step_(step), parts_(parts) {}

Awaitable<std::string> ScheduleStep::send(std::string operation, Json params) {
  const Json answer = co_await parts_.aws->call(scope_, operation, std::move(params));
  if (number_at(answer, "FailedEntryCount") > 0) {
    const Json& entries = member(answer, "FailedEntries");
    const Json& first = entries.is_array() && !entries.empty() ? entries[0] : entries;
    throw Error(ErrorKind::invalid,
                operation + " did not take the target: " + text_at(first, "ErrorCode") + " " + text_at(first, "ErrorMessage"));
  }
  co_return std::string("{}");
}

/// These calls set what they name: once more is the same.
Awaitable<void> ScheduleStep::once(std::string name, std::string operation, Json params) {
  auto probe = []() -> Awaitable<std::optional<std::string>> { co_return std::nullopt; };
  auto act = [this, operation, params](std::string) { return send(operation, params); };
  co_await step_.effect(std::move(name), store::OpClass::b, dump(params), probe, act);
}

Awaitable<std::string> ScheduleStep::change_rule(std::string rule, TargetChange change) {
  const Json& with = step_.with();
  Json by_name{{"Name", rule}};
  const Json described = co_await parts_.aws->call(scope_, "events:DescribeRule", std::move(by_name));  // by its exact name
  Json of_rule{{"Rule", rule}};
  const Json listed = co_await parts_.aws->call(scope_, "events:ListTargetsByRule", std::move(of_rule));
  const Json target = choose_target(member(listed, "Targets"), text_at(with, "target"), rule);
  const std::string before = text_at(member(target, "EcsParameters"), "TaskDefinitionArn");
  Json put{{"Rule", rule}, {"Targets", Json::array({changed_target(target, change)})}};
  co_await once("put-targets", "events:PutTargets", std::move(put));
  const std::string expression = text_at(with, "expression");
  const Json& enabled = member(with, "enabled");
  if (expression.empty() && !enabled.is_boolean()) co_return before;
  Json changed{{"Name", rule}};
  for (const char* key : {"Description", "EventPattern", "RoleArn", "ScheduleExpression", "State"}) {
    if (member(described, key).is_string()) changed[key] = described[key];
  }
  if (!expression.empty()) changed["ScheduleExpression"] = expression;
  if (enabled.is_boolean()) changed["State"] = enabled.get<bool>() ? "ENABLED" : "DISABLED";
  co_await once("put-rule", "events:PutRule", std::move(changed));
  co_return before;
}

Awaitable<std::string> ScheduleStep::change_schedule(std::string schedule, TargetChange change) {
  const Json& with = step_.with();
  Json by_name{{"Name", schedule}, {"GroupName", text_at(with, "group", "default")}};
  const Json described = co_await parts_.aws->call(scope_, "scheduler:GetSchedule", std::move(by_name));
  const std::string before = text_at(member(member(described, "Target"), "EcsParameters"), "TaskDefinitionArn");
  Json update = schedule_update(described, change, text_at(with, "expression"), member(with, "enabled"));
  co_await once("update-schedule", "scheduler:UpdateSchedule", std::move(update));
  co_return before;
}

Awaitable<engine::StepOutcome> ScheduleStep::run() {
  const Json& with = step_.with();
  scope_ = scope_of(step_.environment(), parts_);
  const std::string rule = text_at(with, "rule"), schedule = text_at(with, "schedule");
  if (rule.empty() == schedule.empty())
    throw Error(ErrorKind::invalid, "give either `rule` (EventBridge) or `schedule` (EventBridge Scheduler)");
  const Named named = co_await named_definition(step_, parts_, scope_, text_at(with, "task-definition"));
  TargetChange change;
  change.task_definition = named.arn;
  if (change.task_definition.empty()) change.task_definition = co_await register_once(step_, *parts_.aws, scope_, named.definition);
  change.container = text_at(with, "container", main_container(named.definition));
  change.command = member(with, "command");
  std::string before;
  if (rule.empty()) {
    before = co_await change_schedule(schedule, change);
  } else {
    before = co_await change_rule(rule, change);
  }
  co_await step_.log((rule.empty() ? "schedule " + schedule : "rule " + rule) + " now runs " + revision_of(change.task_definition) +
                     ", it ran " + revision_of(before) + "\n");
  engine::StepOutcome outcome;
  outcome.outputs = {{"task-definition", change.task_definition}, {"previous", before}};
  co_return outcome;
}

}  // namespace fairlead::deploy::ecs
