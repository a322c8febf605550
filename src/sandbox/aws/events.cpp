// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbox/context.hpp"

/// EventBridge rules and Scheduler: kept and given back exactly; nothing fires.
namespace fairlead::sandbox {

namespace {

std::map<std::string, Json>& rules(Context& c) { return c.region.things["event-rule"]; }
std::map<std::string, Json>& targets(Context& c, const std::string& rule) { return c.region.things["event-target " + rule]; }
std::map<std::string, Json>& schedules(Context& c) { return c.region.things["schedule"]; }

Json& need_rule(Context& c, const std::string& name) {
  const auto found = rules(c).find(name);
  if (found == rules(c).end()) throw Refusal{"ResourceNotFoundException", "Rule " + name + " does not exist on EventBus default."};
  return found->second;
}

Json put_rule(Context& c, const Json& params) {
  const auto name = text_at(params, "Name");
  if (!params.contains("ScheduleExpression") && !params.contains("EventPattern"))
    throw Refusal{"ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified."};
  Json rule = params;
  rule.erase("Tags");
  rule["Arn"] = c.arn("events", "rule/" + name);
  if (!rule.contains("State")) rule["State"] = "ENABLED";
  rule["EventBusName"] = text_at(params, "EventBusName", "default");
  rules(c)[name] = rule;
  c.key = name, c.effect = dump(params);
  return {{"RuleArn", rule["Arn"]}};
}

Json describe_rule(Context& c, const Json& params) { return need_rule(c, text_at(params, "Name")); }

Json list_rules(Context& c, const Json& params) {
  Json all = Json::array();
  for (const auto& [name, rule] : rules(c))
    if (name.starts_with(text_at(params, "NamePrefix"))) all.push_back(rule);
  return page(all, params, "Rules", 100, "NextToken");
}

Json delete_rule(Context& c, const Json& params) {
  const auto name = text_at(params, "Name");
  if (!targets(c, name).empty()) throw Refusal{"ValidationException", "Rule can't be deleted since it has targets."};
  rules(c).erase(name);
  c.key = name, c.effect = "deleted";
  return Json::object();
}

Json put_targets(Context& c, const Json& params) {
  const auto rule = text_at(params, "Rule");
  need_rule(c, rule);
  Json failed = Json::array();
  for (const auto& target : member(params, "Targets")) {
    const auto id = text_at(target, "Id");
    if (targets(c, rule).size() >= 5 && !targets(c, rule).contains(id)) {
      failed.push_back({{"TargetId", id},
                        {"ErrorCode", "LimitExceededException"},
                        {"ErrorMessage", "The requested resource exceeds the maximum number allowed."}});
      continue;
    }
    targets(c, rule)[id] = target;
  }
  c.key = rule, c.effect = dump(member(params, "Targets"));
  return {{"FailedEntryCount", failed.size()}, {"FailedEntries", failed}};
}

Json list_targets(Context& c, const Json& params) {
  need_rule(c, text_at(params, "Rule"));
  Json all = Json::array();
  for (const auto& [_, target] : targets(c, text_at(params, "Rule"))) all.push_back(target);
  return page(all, params, "Targets", 100, "NextToken");
}

Json remove_targets(Context& c, const Json& params) {
  const auto rule = text_at(params, "Rule");
  need_rule(c, rule);
  for (const auto& id : texts_of(params, "Ids")) targets(c, rule).erase(id);
  c.key = rule, c.effect = "targets removed";
  return {{"FailedEntryCount", 0}, {"FailedEntries", Json::array()}};
}

Json switch_rule(Context& c, const Json& params, const char* state) {
  need_rule(c, text_at(params, "Name"))["State"] = state;
  c.key = text_at(params, "Name"), c.effect = state;
  return Json::object();
}

std::string slot(const Json& params) { return text_at(params, "GroupName", "default") + "/" + text_at(params, "Name"); }

Json& need_schedule(Context& c, const Json& params) {
  const auto found = schedules(c).find(slot(params));
  if (found == schedules(c).end())
    throw Refusal{"ResourceNotFoundException", "Schedule " + text_at(params, "Name") + " does not exist.", 404};
  return found->second;
}

Json keep_schedule(Context& c, const Json& params, bool fresh) {
  const auto name = slot(params);
  const auto token = text_at(params, "ClientToken");
  c.key = token.empty() ? name : token;
  const auto old = schedules(c).find(name);
  const bool same = old != schedules(c).end() && !token.empty() && text_at(old->second, "token") == token;
  if (fresh && old != schedules(c).end() && !same)
    throw Refusal{"ConflictException", "Schedule " + text_at(params, "Name") + " already exists.", 409};
  if (!fresh) need_schedule(c, params);
  if (same) return {{"ScheduleArn", old->second["Arn"]}};
  Json schedule = params;
  schedule.erase("ClientToken");
  schedule["GroupName"] = text_at(params, "GroupName", "default");
  schedule["Arn"] = c.arn("scheduler", "schedule/" + name);
  if (!schedule.contains("State")) schedule["State"] = "ENABLED";
  schedule["CreationDate"] = old == schedules(c).end() ? Json(epoch(c.now())) : old->second["CreationDate"];
  schedule["LastModificationDate"] = epoch(c.now());
  schedule["token"] = token;
  schedules(c)[name] = schedule;
  c.effect = text_at(schedule, "Arn");
  return {{"ScheduleArn", schedule["Arn"]}};
}

Json get_schedule(Context& c, const Json& params) {
  Json view = need_schedule(c, params);
  view.erase("token");
  return view;
}

Json list_schedules(Context& c, const Json& params) {
  Json all = Json::array();
  for (const auto& [_, one] : schedules(c)) {
    if (!text_at(one, "Name").starts_with(text_at(params, "NamePrefix")) ||
        (params.contains("GroupName") && text_at(one, "GroupName") != text_at(params, "GroupName")))
      continue;
    Json view{{"Target", {{"Arn", text_at(member(one, "Target"), "Arn")}}}};
    for (const char* key : {"Arn", "Name", "GroupName", "State", "CreationDate", "LastModificationDate"}) view[key] = one[key];
    all.push_back(view);
  }
  return page(all, params, "Schedules", 100, "NextToken");
}

Json delete_schedule(Context& c, const Json& params) {
  need_schedule(c, params);
  schedules(c).erase(slot(params));
  c.key = slot(params), c.effect = "deleted";
  return Json::object();
}

}  // namespace

void add_events(Table& table) {
  table["events.PutRule"] = {put_rule, true, {}};
  table["events.DescribeRule"] = {describe_rule, false, {}};
  table["events.ListRules"] = {list_rules, false, {}};
  table["events.DeleteRule"] = {delete_rule, true, {}};
  table["events.PutTargets"] = {put_targets, true, {}};
  table["events.ListTargetsByRule"] = {list_targets, false, {}};
  table["events.RemoveTargets"] = {remove_targets, true, {}};
  table["events.EnableRule"] = {[](Context& c, const Json& params) { return switch_rule(c, params, "ENABLED"); }, true, {}};
  table["events.DisableRule"] = {[](Context& c, const Json& params) { return switch_rule(c, params, "DISABLED"); }, true, {}};
  table["scheduler.CreateSchedule"] = {[](Context& c, const Json& params) { return keep_schedule(c, params, true); }, true, {}};
  table["scheduler.UpdateSchedule"] = {[](Context& c, const Json& params) { return keep_schedule(c, params, false); }, true, {}};
  table["scheduler.GetSchedule"] = {get_schedule, false, {}};
  table["scheduler.ListSchedules"] = {list_schedules, false, {}};
  table["scheduler.DeleteSchedule"] = {delete_schedule, true, {}};
}

}  // namespace fairlead::sandbox
