// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbox/elb/elb.hpp"
#include "sandbox/fleet/refresh.hpp"

/// Target groups of Auto Scaling groups.
namespace fairlead::sandbox::fleet {

namespace {

/// As target groups or as traffic sources.
std::vector<std::string> named(const Json& params) {
  auto arns = texts_of(params, "TargetGroupARNs");
  for (const auto& source : member(params, "TrafficSources")) {
    if (text_at(source, "Type", "elbv2") != "elbv2")
      throw Refusal{"ValidationError", "The sandbox has traffic sources of the type elbv2 only."};
    arns.push_back(text_at(source, "Identifier"));
  }
  return arns;
}

Json attach_many(Context& c, const Json& params) {
  ScalingGroup& group = need_group(c, params);
  if (active_refresh(group) != nullptr)
    throw Refusal{"InstanceRefreshInProgress",
                  "The target groups of Auto Scaling group " + group.name + " cannot change during its instance refresh."};
  attach_groups(c, group, params);
  c.effect = "attached";
  return Json::object();
}

Json detach_many(Context& c, const Json& params) {
  ScalingGroup& group = need_group(c, params);
  for (const auto& arn : named(params)) {
    if (std::erase(group.target_groups, arn) == 0) continue;
    for (const Instance* one : members_of(c, group)) elb::drain_instance(c, one->id, arn);
    c.effect = "detached";
  }
  return Json::object();
}

std::string state_of(Context& c, const ScalingGroup& group, const std::string& arn) {
  const auto members = members_of(c, group);
  const bool any = std::ranges::any_of(members, [&](const Instance* one) { return elb::states_at(c, one->id, {arn}).contains("healthy"); });
  return any ? "InService" : "Added";
}

Json describe_groups(Context& c, const Json& params) {
  const ScalingGroup& group = need_group(c, params);
  Json all = Json::array();
  for (const auto& arn : group.target_groups) all.push_back({{"LoadBalancerTargetGroupARN", arn}, {"State", state_of(c, group, arn)}});
  return {{"LoadBalancerTargetGroups", all}};
}

Json describe_sources(Context& c, const Json& params) {
  const ScalingGroup& group = need_group(c, params);
  Json all = Json::array();
  for (const auto& arn : group.target_groups)
    all.push_back({{"TrafficSource", arn}, {"Identifier", arn}, {"Type", "elbv2"}, {"State", state_of(c, group, arn)}});
  return {{"TrafficSources", all}};
}

}  // namespace

void attach_groups(Context& c, ScalingGroup& group, const Json& params) {
  const auto arns = named(params);
  for (const auto& arn : arns)
    if (!c.region.groups.contains(arn))
      throw Refusal{"ValidationError", "Provided Target Groups may not be valid. Please ensure they exist and try again."};
  for (const auto& arn : arns) {
    if (std::ranges::find(group.target_groups, arn) != group.target_groups.end()) continue;
    group.target_groups.push_back(arn);
    for (const Instance* one : members_of(c, group))
      if (one->serves()) elb::add_instance(c, arn, *one);
  }
}

void attach(Context& c, const ScalingGroup& group, const Instance& instance) {
  if (!group.does("AddToLoadBalancer")) return;
  for (const auto& arn : group.target_groups) elb::add_instance(c, arn, instance);
}

void add_attachments(Table& table) {
  const std::string s = "autoscaling.";
  table[s + "AttachLoadBalancerTargetGroups"] = table[s + "AttachTrafficSources"] = {attach_many, true, {}};
  table[s + "DetachLoadBalancerTargetGroups"] = table[s + "DetachTrafficSources"] = {detach_many, true, {}};
  table[s + "DescribeLoadBalancerTargetGroups"] = {describe_groups, false, {}};
  table[s + "DescribeTrafficSources"] = {describe_sources, false, {}};
}

}  // namespace fairlead::sandbox::fleet
