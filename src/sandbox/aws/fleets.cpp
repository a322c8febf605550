// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "sandbox/context.hpp"

/// Members of Auto Scaling groups one by one, scalable targets, and the parts of EC2 that a deploy asks for.
namespace fairlead::sandbox {

namespace {

std::map<std::string, Json>& groups(Context& c) { return c.region.things["asg"]; }
std::map<std::string, Json>& instances(Context& c) { return c.region.things["instance"]; }

Json& need_group(Context& c, const Json& params) {
  const auto found = groups(c).find(text_at(params, "AutoScalingGroupName"));
  if (found == groups(c).end())
    throw Refusal{"ValidationError",
                  "AutoScalingGroup name not found - AutoScalingGroup '" + text_at(params, "AutoScalingGroupName") + "' not found"};
  c.key = found->first;
  return found->second;
}

Json& member_of(Context& c, const Json& group, const std::string& id) {
  const auto members = texts_of(group, "members");
  const auto found = instances(c).find(id);
  if (std::ranges::find(members, id) == members.end() || found == instances(c).end())
    throw Refusal{"ValidationError", "The instance " + id + " is not part of Auto Scaling group " + c.key + "."};
  return found->second;
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
    member_of(c, group, id)["lifecycle"] = enter ? "Standby" : "InService";
    activities.push_back(activity(c, (enter ? "Moving to Standby: " : "Moving out of Standby: ") + id));
  }
  const auto count = static_cast<std::int64_t>(ids.size());
  const bool lower = enter && flag_of(params, "ShouldDecrementDesiredCapacity");
  if (lower || !enter) group["DesiredCapacity"] = number_of(group, "DesiredCapacity") + (enter ? -count : count);
  c.effect = std::string(enter ? "standby " : "in service ") + join(ids, " ");
  return {{"Activities", activities}};
}

Json protect(Context& c, const Json& params) {
  Json& group = need_group(c, params);
  for (const auto& id : texts_of(params, "InstanceIds")) member_of(c, group, id)["protected"] = flag_of(params, "ProtectedFromScaleIn");
  c.effect = "protection";
  return Json::object();
}

Json describe_members(Context& c, const Json& params) {
  const auto ids = texts_of(params, "InstanceIds");
  Json out = Json::array();
  for (const auto& [name, group] : groups(c)) {
    for (const auto& id : texts_of(group, "members")) {
      if (!ids.empty() && std::ranges::find(ids, id) == ids.end()) continue;
      const Json& one = instances(c)[id];
      out.push_back({{"InstanceId", id},
                     {"AutoScalingGroupName", name},
                     {"AvailabilityZone", one["zone"]},
                     {"LifecycleState", text_at(one, "lifecycle", "InService")},
                     {"HealthStatus", "HEALTHY"},
                     {"ProtectedFromScaleIn", flag_at(one, "protected")}});
    }
  }
  return {{"AutoScalingInstances", out}};
}

Json status(Context& c, const Json& params) {
  const auto ids = texts_of(params, "InstanceId");
  Json out = Json::array();
  for (const auto& [id, one] : instances(c)) {
    if ((!ids.empty() && std::ranges::find(ids, id) == ids.end()) || text_at(one, "state") != "running") continue;
    const Json good{{"status", "ok"}, {"details", Json::array({{{"name", "reachability"}, {"status", "passed"}}})}};
    out.push_back({{"instanceId", id},
                   {"availabilityZone", one["zone"]},
                   {"instanceState", {{"code", 16}, {"name", "running"}}},
                   {"systemStatus", good},
                   {"instanceStatus", good}});
  }
  return {{"instanceStatusSet", out}};
}

/// Subnets and security groups exist when they are asked for.
Json subnets(Context& c, const Json& params) {
  Json out = Json::array();
  for (const auto& id : texts_of(params, "SubnetId"))
    out.push_back({{"subnetId", id},
                   {"vpcId", "vpc-sandbox"},
                   {"state", "available"},
                   {"availabilityZone", c.region.name + "a"},
                   {"cidrBlock", "10.0.0.0/16"},
                   {"availableIpAddressCount", 65000}});
  return {{"subnetSet", out}};
}

Json security_groups(Context& c, const Json& params) {
  Json out = Json::array();
  for (const auto& id : texts_of(params, "GroupId"))
    out.push_back(
        {{"groupId", id}, {"groupName", id}, {"groupDescription", "sandbox"}, {"ownerId", c.region.account}, {"vpcId", "vpc-sandbox"}});
  return {{"securityGroupInfo", out}};
}

std::string target_slot(const Json& params) {
  return text_at(params, "ServiceNamespace") + " " + text_at(params, "ResourceId") + " " + text_at(params, "ScalableDimension");
}

Json register_target(Context& c, const Json& params) {
  auto& all = c.region.things["scalable-target"];
  Json& kept = all[target_slot(params)];
  if (!kept.is_object())
    kept = {{"CreationTime", epoch(c.now())},
            {"RoleARN",
             "arn:aws:iam::" + c.region.account +
                 ":role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"}};
  kept.update(params);
  c.key = target_slot(params), c.effect = dump(params);
  return {{"ScalableTargetARN", c.arn("application-autoscaling", "scalable-target/" + c.world.hex_id(26))}};
}

Json describe_targets(Context& c, const Json& params) {
  const auto ids = texts_of(params, "ResourceIds");
  Json all = Json::array();
  for (const auto& [_, one] : c.region.things["scalable-target"])
    if (text_at(one, "ServiceNamespace") == text_at(params, "ServiceNamespace") &&
        (ids.empty() || std::ranges::find(ids, text_at(one, "ResourceId")) != ids.end()))
      all.push_back(one);
  return {{"ScalableTargets", all}};
}

}  // namespace

void add_fleets(Table& table) {
  table["autoscaling.EnterStandby"] = {[](Context& c, const Json& params) { return standby(c, params, true); }, true, {}};
  table["autoscaling.ExitStandby"] = {[](Context& c, const Json& params) { return standby(c, params, false); }, true, {}};
  table["autoscaling.SetInstanceProtection"] = {protect, true, {}};
  table["autoscaling.DescribeAutoScalingInstances"] = {describe_members, false, {}};
  table["ec2.DescribeInstanceStatus"] = {status, false, {}};
  table["ec2.DescribeSubnets"] = {subnets, false, {}};
  table["ec2.DescribeSecurityGroups"] = {security_groups, false, {}};
  table["application-autoscaling.RegisterScalableTarget"] = {register_target, true, {}};
  table["application-autoscaling.DescribeScalableTargets"] = {describe_targets, false, {}};
}

}  // namespace fairlead::sandbox
