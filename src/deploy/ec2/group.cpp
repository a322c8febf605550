// SPDX-License-Identifier: Apache-2.0
#include "deploy/ec2/group.hpp"

#include <algorithm>

#include "fairlead/base/error.hpp"

namespace fairlead::deploy::ec2 {

namespace {

Member member_from(const Json& instance) {
  return {.id = text_at(instance, "InstanceId"),
          .zone = text_at(instance, "AvailabilityZone"),
          .version = text_at(member(instance, "LaunchTemplate"), "Version"),
          .lifecycle = text_at(instance, "LifecycleState"),
          .healthy = text_at(instance, "HealthStatus") != "Unhealthy" && text_at(instance, "HealthStatus") != "UNHEALTHY",
          .traffic = {},
          .reason = {}};
}

/// Of several target groups the worst counts.
int badness(const std::string& state) {
  if (state == "healthy" || state.empty()) return 0;
  if (state == "initial" || state == "unused") return 1;
  return state == "unhealthy" ? 3 : 2;
}

const Json& specification(const Json& mixed) { return member(member(mixed, "LaunchTemplate"), "LaunchTemplateSpecification"); }

}  // namespace

Group group_from(const Json& json) {
  Group group;
  group.name = text_at(json, "AutoScalingGroupName");
  group.mixed = member(json, "MixedInstancesPolicy");
  const auto& plain = member(json, "LaunchTemplate");
  const auto& spec = plain.is_object() ? plain : specification(group.mixed);
  group.template_id = text_at(spec, "LaunchTemplateId");
  group.configured = text_at(spec, "Version", "$Default");
  if (group.template_id.empty())
    throw Error(ErrorKind::invalid, "group " + group.name + " has no launch template, so there is no version to refresh its instances to",
                "give it a launch template instead of its launch configuration");
  group.desired = static_cast<int>(number_at(json, "DesiredCapacity"));
  group.grace = std::chrono::seconds(number_at(json, "HealthCheckGracePeriod"));
  group.warmup = std::chrono::seconds(number_at(json, "DefaultInstanceWarmup", number_at(json, "HealthCheckGracePeriod")));
  for (const auto& arn : member(json, "TargetGroupARNs")) group.target_groups.push_back(arn.get<std::string>());
  for (const auto& source : member(json, "TrafficSources"))
    if (const auto id = text_at(source, "Identifier");
        text_at(source, "Type") == "elbv2" && std::ranges::find(group.target_groups, id) == group.target_groups.end())
      group.target_groups.push_back(id);
  for (const auto& instance : member(json, "Instances")) group.members.push_back(member_from(instance));
  return group;
}

std::string version_of_most(const std::vector<Member>& members) {
  std::map<std::string, int> counts;
  for (const auto& one : members)
    if (!one.version.empty()) ++counts[one.version];
  const auto most = std::ranges::max_element(counts, {}, [](const auto& one) { return one.second; });
  return most == counts.end() ? "" : most->first;
}

Json desired_configuration(const Group& group, const std::string& version) {
  if (!group.mixed.is_object()) return {{"LaunchTemplate", {{"LaunchTemplateId", group.template_id}, {"Version", version}}}};
  auto mixed = group.mixed;
  mixed["LaunchTemplate"]["LaunchTemplateSpecification"] = {{"LaunchTemplateId", group.template_id}, {"Version", version}};
  return {{"MixedInstancesPolicy", std::move(mixed)}};
}

std::string version_in(const Json& configuration) {
  const auto plain = text_at(member(configuration, "LaunchTemplate"), "Version");
  return plain.empty() ? text_at(specification(member(configuration, "MixedInstancesPolicy")), "Version") : plain;
}

RefreshLook look_from(const Json& json, const Json& refresh, const Json& activities, const std::vector<aws::elb::TargetHealth>& health,
                      const std::set<std::string>& before) {
  RefreshLook look;
  look.status = text_at(refresh, "Status");
  look.reason = text_at(member(refresh, "RollbackDetails"), "RollbackReason", text_at(refresh, "StatusReason"));
  look.percent = static_cast<int>(number_at(refresh, "PercentageComplete"));
  auto group = group_from(json);
  look.desired = group.desired;
  look.members = std::move(group.members);
  for (auto& one : look.members) {
    for (const auto& target : health) {
      if (target.id != one.id || (!one.traffic.empty() && badness(target.state) <= badness(one.traffic))) continue;
      one.traffic = target.state;
      one.reason = target.description.empty() ? target.reason : target.description;
    }
    if (one.traffic.empty() && !group.target_groups.empty()) one.traffic = "unused";
    if (one.traffic == "healthy") one.reason.clear();
  }
  for (const auto& activity : activities) {
    if (text_at(activity, "StatusCode") != "Failed" || before.contains(text_at(activity, "ActivityId"))) continue;
    look.failed_launches[text_at(activity, "ActivityId")] = text_at(activity, "StatusMessage", text_at(activity, "Cause"));
  }
  return look;
}

}  // namespace fairlead::deploy::ec2
