// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbox/context.hpp"
#include "sandbox/ecs/ecs.hpp"

namespace fairlead::sandbox {

namespace {

std::map<std::string, Json>& alarms(Context& c) { return c.region.things["alarm"]; }

Json put(Context& c, const Json& params) {
  const auto name = text_at(params, "AlarmName");
  Json alarm = params;
  for (const char* key : {"Period", "EvaluationPeriods"})
    if (params.contains(key)) alarm[key] = number_of(params, key);
  if (params.contains("Threshold") && params["Threshold"].is_string())
    alarm["Threshold"] = static_cast<double>(number_of(params, "Threshold"));
  alarm.erase("Tags");
  alarm["AlarmArn"] = c.arn("cloudwatch", "alarm:" + name);
  alarm["StateValue"] = "INSUFFICIENT_DATA";
  alarm["StateReason"] = "Unchecked: Initial alarm creation";
  alarm["StateUpdatedTimestamp"] = alarm["AlarmConfigurationUpdatedTimestamp"] = epoch(c.now());
  alarm["ActionsEnabled"] = flag_of(params, "ActionsEnabled", true);
  if (const auto old = alarms(c).find(name); old != alarms(c).end()) alarm["StateValue"] = old->second["StateValue"];
  alarms(c)[name] = alarm;
  c.key = name, c.effect = text_at(alarm, "AlarmArn");
  return Json::object();
}

Json set_state(Context& c, const Json& params) {
  const auto found = alarms(c).find(text_at(params, "AlarmName"));
  if (found == alarms(c).end()) throw Refusal{"ResourceNotFound", "The named alarm does not exist", 404};
  found->second["StateValue"] = params["StateValue"];
  found->second["StateReason"] = text_at(params, "StateReason");
  found->second["StateUpdatedTimestamp"] = epoch(c.now());
  c.key = found->first, c.effect = text_at(params, "StateValue");
  for (auto& [_, service] : c.region.services)
    if (service.active && !service.steady) ecs::wake(c, service);
  return Json::object();
}

Json describe(Context& c, const Json& params) {
  const auto names = texts_of(params, "AlarmNames");
  const auto prefix = text_at(params, "AlarmNamePrefix"), state = text_at(params, "StateValue");
  Json out = Json::array();
  for (const auto& [name, alarm] : alarms(c)) {
    const bool fits = (names.empty() || std::ranges::find(names, name) != names.end()) && name.starts_with(prefix) &&
                      (state.empty() || text_at(alarm, "StateValue") == state);
    if (fits) out.push_back(alarm);
  }
  return {{"MetricAlarms", out}, {"CompositeAlarms", Json::array()}};
}

Json remove(Context& c, const Json& params) {
  for (const auto& name : texts_of(params, "AlarmNames")) {
    alarms(c).erase(name);
    c.key = name, c.effect = "deleted";
  }
  return Json::object();
}

}  // namespace

void add_alarms(Table& table) {
  table["monitoring.PutMetricAlarm"] = {put, true, {}};
  table["monitoring.SetAlarmState"] = {set_state, true, {}};
  table["monitoring.DescribeAlarms"] = {describe, false, {}};
  table["monitoring.DeleteAlarms"] = {remove, true, {}};
}

}  // namespace fairlead::sandbox
