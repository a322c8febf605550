// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "sandbox/fleet/fleet.hpp"

/// Auto Scaling groups: they keep their number, spread over their zones.
namespace fairlead::sandbox::fleet {

namespace {

std::map<std::string, Json>& groups(Context& c) { return c.region.things["asg"]; }

/// The zone with the fewest of the group's instances, so that they take turns.
std::string next_zone(Context& c, const std::string& name, const Json& group) {
  const auto zones = zones_of(c, group);
  const auto members = members_of(c, name);
  return *std::ranges::min_element(zones, {}, [&](const std::string& zone) { return std::ranges::count(members, zone, &Instance::zone); });
}

std::string subnet_in(Context& c, const Json& group, const std::string& zone) {
  for (const auto& subnet : split(text_at(group, "VPCZoneIdentifier"), ','))
    if (!subnet.empty() && zone_of_subnet(c, subnet) == zone) return subnet;
  return default_subnet(zone);
}

void launch_member(Context& c, const std::string& name, const Json& group) {
  Launch what;
  what.group = name;
  what.zone = next_zone(c, name, group);
  what.subnet = subnet_in(c, group, what.zone);
  set_tag(what.tags, {{"Key", "aws:autoscaling:groupName"}, {"Value", name}});
  launch(c, what).lifecycle = "Pending";
}

void fill(Context& c, const std::string& name) {
  const Json& group = groups(c)[name];
  auto members = members_of(c, name);
  std::erase_if(members, [](const Instance* one) { return one->lifecycle == "Terminating"; });
  const auto desired = static_cast<std::size_t>(std::max<std::int64_t>(number_of(group, "DesiredCapacity"), 0));
  for (std::size_t i = members.size(); i < desired; ++i) launch_member(c, name, group);
  for (std::size_t i = desired; i < members.size(); ++i) {
    members[i - desired]->lifecycle = "Terminating";
    shut_down(c, *members[i - desired]);
  }
}

Json create_group(Context& c, const Json& params) {
  const auto name = text_at(params, "AutoScalingGroupName");
  if (groups(c).contains(name))
    throw Refusal{"AlreadyExists", "AutoScalingGroup by this name already exists - A group with the name " + name + " already exists"};
  Json group = params;
  group["DesiredCapacity"] = number_of(params, "DesiredCapacity", number_of(params, "MinSize"));
  group["created"] = format_time(c.now());
  group["suspended"] = Json::array();
  groups(c)[name] = group;
  fill(c, name);
  c.key = name, c.effect = "created";
  return Json::object();
}

Json group_view(Context& c, const std::string& name, const Json& group) {
  Json members = Json::array();
  for (const Instance* one : members_of(c, name))
    members.push_back({{"InstanceId", one->id},
                       {"AvailabilityZone", one->zone},
                       {"LifecycleState", one->lifecycle},
                       {"HealthStatus", "Healthy"},
                       {"ProtectedFromScaleIn", one->is_protected}});
  Json suspended = Json::array();
  for (const auto& process : texts_of(group, "suspended"))
    suspended.push_back({{"ProcessName", process}, {"SuspensionReason", "User suspended"}});
  Json tags = Json::array();
  for (const auto& tag : member(group, "Tags"))
    tags.push_back({{"ResourceId", name},
                    {"ResourceType", "auto-scaling-group"},
                    {"Key", text_at(tag, "Key")},
                    {"Value", text_at(tag, "Value")},
                    {"PropagateAtLaunch", flag_of(tag, "PropagateAtLaunch")}});
  return {
      {"AutoScalingGroupName", name},
      {"AutoScalingGroupARN", c.arn("autoscaling", "autoScalingGroup:00000000-0000-4000-8000-000000000000:autoScalingGroupName/" + name)},
      {"MinSize", number_of(group, "MinSize")},
      {"MaxSize", number_of(group, "MaxSize")},
      {"DesiredCapacity", number_of(group, "DesiredCapacity")},
      {"DefaultCooldown", 300},
      {"AvailabilityZones", zones_of(c, group)},
      {"LoadBalancerNames", Json::array()},
      {"TargetGroupARNs", group.value("TargetGroupARNs", Json::array())},
      {"HealthCheckType", text_at(group, "HealthCheckType", "EC2")},
      {"HealthCheckGracePeriod", number_of(group, "HealthCheckGracePeriod", 0)},
      {"Instances", members},
      {"CreatedTime", text_at(group, "created")},
      {"SuspendedProcesses", suspended},
      {"Tags", tags}};
}

Json describe_groups(Context& c, const Json& params) {
  const auto names = texts_of(params, "AutoScalingGroupNames");
  Json out = Json::array();
  for (const auto& [name, group] : groups(c))
    if (names.empty() || std::ranges::find(names, name) != names.end()) out.push_back(group_view(c, name, group));
  return {{"AutoScalingGroups", out}};
}

Json capacity(Context& c, const Json& params) {
  Json& group = need_group(c, params);
  for (const char* key : {"MinSize", "MaxSize", "DesiredCapacity"})
    if (params.contains(key)) group[key] = params[key];
  fill(c, c.key);
  c.effect = "desired " + std::to_string(number_of(group, "DesiredCapacity"));
  return Json::object();
}

Json suspend(Context& c, const Json& params, bool stop) {
  Json& group = need_group(c, params);
  auto names = texts_of(group, "suspended");
  for (const auto& process : texts_of(params, "ScalingProcesses")) {
    std::erase(names, process);
    if (stop) names.push_back(process);
  }
  if (!stop && texts_of(params, "ScalingProcesses").empty()) names.clear();
  group["suspended"] = names;
  c.effect = stop ? "suspended" : "resumed";
  return Json::object();
}

}  // namespace

Json& need_group(Context& c, const Json& params) {
  const auto found = groups(c).find(text_at(params, "AutoScalingGroupName"));
  if (found == groups(c).end())
    throw Refusal{"ValidationError",
                  "AutoScalingGroup name not found - AutoScalingGroup '" + text_at(params, "AutoScalingGroupName") + "' not found"};
  c.key = found->first;
  return found->second;
}

/// As given, or those of its subnets; a group that names neither is spread over three.
std::vector<std::string> zones_of(Context& c, const Json& group) {
  auto zones = texts_of(group, "AvailabilityZones");
  if (!zones.empty()) return zones;
  for (const auto& subnet : split(text_at(group, "VPCZoneIdentifier"), ','))
    if (!subnet.empty()) zones.push_back(zone_of_subnet(c, subnet));
  if (zones.empty()) zones = {c.region.name + "a", c.region.name + "b", c.region.name + "c"};
  std::ranges::sort(zones);
  zones.erase(std::ranges::unique(zones).begin(), zones.end());
  return zones;
}

void booted(Context&, Instance& instance) {
  if (instance.lifecycle == "Pending") instance.lifecycle = "InService";
}

void left(Context&, Instance& instance) { instance.lifecycle.clear(); }

void add_groups(Table& table) {
  table["autoscaling.CreateAutoScalingGroup"] = {create_group, true, {}};
  table["autoscaling.DescribeAutoScalingGroups"] = {describe_groups, false, {}};
  table["autoscaling.SetDesiredCapacity"] = {capacity, true, {}};
  table["autoscaling.UpdateAutoScalingGroup"] = {capacity, true, {}};
  table["autoscaling.SuspendProcesses"] = {[](Context& c, const Json& params) { return suspend(c, params, true); }, true, {}};
  table["autoscaling.ResumeProcesses"] = {[](Context& c, const Json& params) { return suspend(c, params, false); }, true, {}};
}

}  // namespace fairlead::sandbox::fleet
