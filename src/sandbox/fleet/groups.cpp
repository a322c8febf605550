// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "sandbox/fleet/refresh.hpp"
#include "sandbox/fleet/templates.hpp"

/// Auto Scaling groups: what is asked of them.
namespace fairlead::sandbox::fleet {

namespace {

/// What UpdateAutoScalingGroup changes.
constexpr const char* changeable[]{"MinSize",
                                   "MaxSize",
                                   "DesiredCapacity",
                                   "AvailabilityZones",
                                   "VPCZoneIdentifier",
                                   "DefaultCooldown",
                                   "DefaultInstanceWarmup",
                                   "HealthCheckType",
                                   "HealthCheckGracePeriod",
                                   "NewInstancesProtectedFromScaleIn",
                                   "TerminationPolicies",
                                   "MaxInstanceLifetime",
                                   "CapacityRebalance",
                                   "InstanceMaintenancePolicy"};

void refuse_size(const std::string& message) { throw Refusal{"ValidationError", message}; }

void check_sizes(const Json& fields) {
  const auto least = number_of(fields, "MinSize"), most = number_of(fields, "MaxSize"), desired = number_of(fields, "DesiredCapacity");
  if (least > most)
    refuse_size("Max bound, " + std::to_string(most) + ", must be greater than or equal to min bound, " + std::to_string(least));
  if (desired < least || desired > most)
    refuse_size("Desired capacity:" + std::to_string(desired) + " must be between the specified min size:" + std::to_string(least) +
                " and max size:" + std::to_string(most));
}

/// One of the two ways to say what is launched replaces the other.
void configure(Context& c, Json& fields, const Json& params) {
  const Json view = configuration_view(c, params);
  if (view.empty()) return;
  fields.erase("LaunchTemplate");
  fields.erase("MixedInstancesPolicy");
  fields.update(view);
}

Json create(Context& c, const Json& params) {
  const auto name = text_at(params, "AutoScalingGroupName");
  if (find_group(c, name) != nullptr)
    throw Refusal{"AlreadyExists", "AutoScalingGroup by this name already exists - A group with the name " + name + " already exists"};
  ScalingGroup group;
  group.name = name;
  group.fields = params;
  group.fields["DesiredCapacity"] = number_of(params, "DesiredCapacity", number_of(params, "MinSize"));
  check_sizes(group.fields);
  configure(c, group.fields, params);
  group.created = c.now();
  attach_groups(c, group, params);
  group.request = at_now(c) + "a user request created an AutoScalingGroup changing the desired capacity from 0 to " +
                  std::to_string(desired_of(group)) + ".  ";
  look(c, c.region.scaling_groups[name] = std::move(group));
  c.key = name, c.effect = "created";
  return Json::object();
}

/// The group's sizes are kept in order when only some are given.
Json sized(const Json& old, const Json& params) {
  Json fields = old;
  for (const char* key : changeable)
    if (params.contains(key)) fields[key] = params[key];
  if (!params.contains("DesiredCapacity"))
    fields["DesiredCapacity"] = std::clamp(number_of(fields, "DesiredCapacity"), number_of(fields, "MinSize"),
                                           std::max(number_of(fields, "MinSize"), number_of(fields, "MaxSize")));
  return fields;
}

Json update(Context& c, const Json& params) {
  ScalingGroup& group = need_group(c, params);
  const auto before = desired_of(group);
  Json fields = sized(group.fields, params);
  check_sizes(fields);
  configure(c, fields, params);
  group.fields = std::move(fields);
  const auto number = [&](const char* key) { return std::to_string(number_of(group.fields, key)); };
  if (before != desired_of(group))
    group.request = at_now(c) + "a user request update of AutoScalingGroup constraints to min: " + number("MinSize") +
                    ", max: " + number("MaxSize") + ", desired: " + number("DesiredCapacity") + " changing the desired capacity from " +
                    std::to_string(before) + " to " + number("DesiredCapacity") + ".  ";
  c.effect = "desired " + number("DesiredCapacity");
  look(c, group);
  return Json::object();
}

Json set_desired(Context& c, const Json& params) {
  ScalingGroup& group = need_group(c, params);
  const auto before = desired_of(group);
  const auto wanted = number_of(params, "DesiredCapacity"), least = number_of(group.fields, "MinSize"),
             most = number_of(group.fields, "MaxSize");
  const auto told = "New SetDesiredCapacity value " + std::to_string(wanted);
  if (wanted > most) refuse_size(told + " is above max value " + std::to_string(most) + " for the AutoScalingGroup.");
  if (wanted < least) refuse_size(told + " is below min value " + std::to_string(least) + " for the AutoScalingGroup.");
  group.fields["DesiredCapacity"] = wanted;
  group.request = at_now(c) + "a user request explicitly set group desired capacity changing the desired capacity from " +
                  std::to_string(before) + " to " + std::to_string(wanted) + ".  ";
  if (before != wanted) c.effect = "desired " + std::to_string(wanted);
  look(c, group);
  return Json::object();
}

Json remove(Context& c, const Json& params) {
  ScalingGroup& group = need_group(c, params);
  if (!flag_of(params, "ForceDelete") && !members_of(c, group).empty())
    throw Refusal{
        "ResourceInUse",
        "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group."};
  group.deleting = true;
  if (Refresh* active = active_refresh(group)) end_refresh(c, *active, "Cancelled", "The Auto Scaling group is deleted.");
  group.fields["MinSize"] = group.fields["DesiredCapacity"] = 0;
  for (Instance* one : members_of(c, group))
    if (one->lifecycle != "Terminating") dismiss(c, group, *one, at_now(c) + "a user request force deleted AutoScaling group");
  c.effect = "deleted";
  look(c, group);
  return Json::object();
}

Json suspend(Context& c, const Json& params, bool stop) {
  static const std::vector<std::string> all{"Launch",      "Terminate",       "AddToLoadBalancer", "AlarmNotification", "AZRebalance",
                                            "HealthCheck", "InstanceRefresh", "ReplaceUnhealthy",  "ScheduledActions"};
  ScalingGroup& group = need_group(c, params);
  auto processes = texts_of(params, "ScalingProcesses");
  for (const auto& process : processes)
    if (std::ranges::find(all, process) == all.end()) throw Refusal{"ValidationError", process + " is not a valid process type"};
  if (processes.empty()) processes = all;
  for (const auto& process : processes) {
    if (stop)
      group.suspended.insert(process);
    else
      group.suspended.erase(process);
  }
  c.effect = stop ? "suspended" : "resumed";
  if (!stop) wake(c, group);
  return Json::object();
}

}  // namespace

ScalingGroup* find_group(Context& c, const std::string& name) {
  const auto found = c.region.scaling_groups.find(name);
  return found == c.region.scaling_groups.end() ? nullptr : &found->second;
}

ScalingGroup& need_group(Context& c, const Json& params) {
  const auto name = text_at(params, "AutoScalingGroupName");
  ScalingGroup* found = find_group(c, name);
  if (found == nullptr) throw Refusal{"ValidationError", "AutoScalingGroup name not found - AutoScalingGroup '" + name + "' not found"};
  c.key = name;
  return *found;
}

int desired_of(const ScalingGroup& group) {
  return static_cast<int>(std::max<std::int64_t>(number_of(group.fields, "DesiredCapacity"), 0));
}

/// As given, or those of its subnets; a group that names neither is spread over three.
std::vector<std::string> zones_of(Context& c, const ScalingGroup& group) {
  auto zones = texts_of(group.fields, "AvailabilityZones");
  if (!zones.empty()) return zones;
  for (const auto& subnet : split(text_at(group.fields, "VPCZoneIdentifier"), ','))
    if (!subnet.empty()) zones.push_back(zone_of_subnet(c, subnet));
  if (zones.empty()) zones = {c.region.name + "a", c.region.name + "b", c.region.name + "c"};
  std::ranges::sort(zones);
  zones.erase(std::ranges::unique(zones).begin(), zones.end());
  return zones;
}

std::string subnet_in(Context& c, const ScalingGroup& group, const std::string& zone) {
  for (const auto& subnet : split(text_at(group.fields, "VPCZoneIdentifier"), ','))
    if (!subnet.empty() && zone_of_subnet(c, subnet) == zone) return subnet;
  return default_subnet(zone);
}

void add_groups(Table& table) {
  const std::string s = "autoscaling.";
  table[s + "CreateAutoScalingGroup"] = {create, true, {}};
  table[s + "UpdateAutoScalingGroup"] = {update, true, {}};
  table[s + "DeleteAutoScalingGroup"] = {remove, true, {}};
  table[s + "SetDesiredCapacity"] = {set_desired, true, {}};
  table[s + "SuspendProcesses"] = {[](Context& c, const Json& params) { return suspend(c, params, true); }, true, {}};
  table[s + "ResumeProcesses"] = {[](Context& c, const Json& params) { return suspend(c, params, false); }, true, {}};
}

}  // namespace fairlead::sandbox::fleet
