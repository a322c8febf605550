// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "sandbox/fleet/fleet.hpp"

/// Members of Auto Scaling groups one by one.
namespace fairlead::sandbox::fleet {

namespace {

Instance& member_of(Context& c, const std::string& id) {
  Instance* found = find_instance(c, id);
  if (found == nullptr || found->group != c.key || found->lifecycle.empty())
    throw Refusal{"ValidationError", "The instance " + id + " is not part of Auto Scaling group " + c.key + "."};
  return *found;
}

Json activity(Context& c, const std::string& what) {
  return {{"ActivityId", c.world.hex_id(8) + "-" + c.world.hex_id(4)},
          {"AutoScalingGroupName", c.key},
          {"Cause", what},
          {"Description", what},
          {"StartTime", format_time(c.now())},
          {"StatusCode", "Successful"},
          {"Progress", 100}};
}

Json standby(Context& c, const Json& params, bool enter) {
  Json& group = need_group(c, params);
  Json activities = Json::array();
  const auto ids = texts_of(params, "InstanceIds");
  for (const auto& id : ids) {
    member_of(c, id).lifecycle = enter ? "Standby" : "InService";
    activities.push_back(activity(c, (enter ? "Moving to Standby: " : "Moving out of Standby: ") + id));
  }
  const auto count = static_cast<std::int64_t>(ids.size());
  const bool lower = enter && flag_of(params, "ShouldDecrementDesiredCapacity");
  if (lower || !enter) group["DesiredCapacity"] = number_of(group, "DesiredCapacity") + (enter ? -count : count);
  c.effect = std::string(enter ? "standby " : "in service ") + join(ids, " ");
  return {{"Activities", activities}};
}

Json protect(Context& c, const Json& params) {
  need_group(c, params);
  for (const auto& id : texts_of(params, "InstanceIds")) member_of(c, id).is_protected = flag_of(params, "ProtectedFromScaleIn");
  c.effect = "protection";
  return Json::object();
}

Json describe(Context& c, const Json& params) {
  const auto ids = texts_of(params, "InstanceIds");
  Json out = Json::array();
  for (const auto& [id, one] : c.region.instances) {
    if (one.lifecycle.empty() || (!ids.empty() && std::ranges::find(ids, id) == ids.end())) continue;
    out.push_back({{"InstanceId", id},
                   {"AutoScalingGroupName", one.group},
                   {"AvailabilityZone", one.zone},
                   {"LifecycleState", one.lifecycle},
                   {"HealthStatus", "HEALTHY"},
                   {"ProtectedFromScaleIn", one.is_protected}});
  }
  return {{"AutoScalingInstances", out}};
}

}  // namespace

std::vector<Instance*> members_of(Context& c, const std::string& group) {
  std::vector<Instance*> members;
  for (auto& [_, one] : c.region.instances)
    if (one.group == group && !one.lifecycle.empty()) members.push_back(&one);
  std::ranges::sort(members, {}, &Instance::serial);
  return members;
}

void add_members(Table& table) {
  table["autoscaling.EnterStandby"] = {[](Context& c, const Json& params) { return standby(c, params, true); }, true, {}};
  table["autoscaling.ExitStandby"] = {[](Context& c, const Json& params) { return standby(c, params, false); }, true, {}};
  table["autoscaling.SetInstanceProtection"] = {protect, true, {}};
  table["autoscaling.DescribeAutoScalingInstances"] = {describe, false, {}};
}

}  // namespace fairlead::sandbox::fleet

namespace fairlead::sandbox {

void add_fleet(Table& table) {
  fleet::add_instances(table);
  fleet::add_network(table);
  fleet::add_groups(table);
  fleet::add_members(table);
}

}  // namespace fairlead::sandbox
