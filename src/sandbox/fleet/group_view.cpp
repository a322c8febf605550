// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbox/fleet/fleet.hpp"

/// Auto Scaling groups as callers see them.
namespace fairlead::sandbox::fleet {

namespace {

constexpr std::size_t page_size = 100;

/// Given back when they were given.
constexpr const char* kept[]{
    "LaunchTemplate",      "MixedInstancesPolicy", "VPCZoneIdentifier",     "LaunchConfigurationName",   "PlacementGroup",
    "MaxInstanceLifetime", "CapacityRebalance",    "DefaultInstanceWarmup", "InstanceMaintenancePolicy", "Context",
    "DesiredCapacityType", "ServiceLinkedRoleARN"};

Json tags_of(const ScalingGroup& group) {
  Json tags = Json::array();
  for (const auto& tag : member(group.fields, "Tags"))
    tags.push_back({{"ResourceId", group.name},
                    {"ResourceType", "auto-scaling-group"},
                    {"Key", text_at(tag, "Key")},
                    {"Value", text_at(tag, "Value")},
                    {"PropagateAtLaunch", flag_of(tag, "PropagateAtLaunch")}});
  return tags;
}

Json suspended_of(const ScalingGroup& group) {
  Json suspended = Json::array();
  for (const auto& process : group.suspended) suspended.push_back({{"ProcessName", process}, {"SuspensionReason", "User suspended"}});
  return suspended;
}

Json sources_of(const ScalingGroup& group) {
  Json sources = Json::array();
  for (const auto& arn : group.target_groups) sources.push_back({{"Identifier", arn}, {"Type", "elbv2"}});
  return sources;
}

Json view_of(Context& c, const ScalingGroup& group) {
  const Json& fields = group.fields;
  Json members = Json::array(), policies = fields.value("TerminationPolicies", Json::array({"Default"}));
  for (const Instance* one : members_of(c, group)) members.push_back(member_view(*one));
  Json view{{"AutoScalingGroupName", group.name},
            {"AutoScalingGroupARN", group_arn(c, group)},
            {"MinSize", number_of(fields, "MinSize")},
            {"MaxSize", number_of(fields, "MaxSize")},
            {"DesiredCapacity", desired_of(group)},
            {"DefaultCooldown", number_of(fields, "DefaultCooldown", 300)},
            {"AvailabilityZones", zones_of(c, group)},
            {"LoadBalancerNames", Json::array()},
            {"TargetGroupARNs", group.target_groups},
            {"TrafficSources", sources_of(group)},
            {"HealthCheckType", text_at(fields, "HealthCheckType", "EC2")},
            {"HealthCheckGracePeriod", number_of(fields, "HealthCheckGracePeriod", 0)},
            {"Instances", members},
            {"CreatedTime", format_time(group.created)},
            {"SuspendedProcesses", suspended_of(group)},
            {"EnabledMetrics", Json::array()},
            {"TerminationPolicies", policies},
            {"NewInstancesProtectedFromScaleIn", flag_of(fields, "NewInstancesProtectedFromScaleIn")},
            {"Tags", tags_of(group)}};
  for (const char* key : kept)
    if (fields.contains(key)) view[key] = fields[key];
  if (group.deleting) view["Status"] = "Delete in progress";
  return view;
}

Json describe(Context& c, const Json& params) {
  const auto names = texts_of(params, "AutoScalingGroupNames");
  Json all = Json::array();
  for (const auto& [name, group] : c.region.scaling_groups)
    if (names.empty() || std::ranges::find(names, name) != names.end()) all.push_back(view_of(c, group));
  return page(all, params, "AutoScalingGroups", page_size, "NextToken");
}

Json describe_members(Context& c, const Json& params) {
  const auto ids = texts_of(params, "InstanceIds");
  Json all = Json::array();
  for (const auto& [id, one] : c.region.instances) {
    if (one.lifecycle.empty() || (!ids.empty() && std::ranges::find(ids, id) == ids.end())) continue;
    Json view = member_view(one);
    view["AutoScalingGroupName"] = one.group;
    view["HealthStatus"] = one.unhealthy ? "UNHEALTHY" : "HEALTHY";
    all.push_back(view);
  }
  return page(all, params, "AutoScalingInstances", page_size / 2, "NextToken");
}

}  // namespace

std::string group_arn(Context& c, const ScalingGroup& group) {
  return c.arn("autoscaling", "autoScalingGroup:00000000-0000-4000-8000-000000000000:autoScalingGroupName/" + group.name);
}

Json member_view(const Instance& one) {
  Json view{{"InstanceId", one.id},
            {"InstanceType", one.type},
            {"AvailabilityZone", one.zone},
            {"LifecycleState", one.lifecycle},
            {"HealthStatus", one.unhealthy ? "Unhealthy" : "Healthy"},
            {"ProtectedFromScaleIn", one.is_protected}};
  if (one.launch_template.is_object()) view["LaunchTemplate"] = one.launch_template;
  return view;
}

void add_group_views(Table& table) {
  table["autoscaling.DescribeAutoScalingGroups"] = {describe, false, {}};
  table["autoscaling.DescribeAutoScalingInstances"] = {describe_members, false, {}};
}

}  // namespace fairlead::sandbox::fleet
