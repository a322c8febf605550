// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "deploy/ec2/refresh.hpp"
#include "fairlead/aws/elb.hpp"
#include "fairlead/base/json.hpp"

/// An auto-scaling group as AWS shows it, in our terms. Pure.
namespace fairlead::deploy::ec2 {

struct Group {
  std::string name;
  std::string template_id;   ///< launch template, "lt-…"
  std::string configured;    ///< its version as the group names it: "7", "$Latest", "$Default"
  Json mixed;                ///< MixedInstancesPolicy; null when it has none
  int desired = 0;
  Duration grace{0};         ///< HealthCheckGracePeriod
  Duration warmup{0};        ///< DefaultInstanceWarmup, else the grace period
  std::vector<std::string> target_groups;
  std::vector<Member> members;
};

/// Of DescribeAutoScalingGroups. Throws Error(invalid) when it has a launch configuration, which has no versions.
Group group_from(const Json&);

/// The version that the instances have, by their majority; empty when there is none.
std::string version_of_most(const std::vector<Member>&);

/// StartInstanceRefresh's DesiredConfiguration: the group's own with this version.
Json desired_configuration(const Group&, const std::string& version);
/// The version in such a configuration, as DescribeInstanceRefreshes gives it back; empty when there is none.
std::string version_in(const Json& desired_configuration);

/// What a look gave. `refresh`: of DescribeInstanceRefreshes, or null; `activities`: of DescribeScalingActivities; `health`: of all target
/// groups; `before`: activities that had failed before the deploy.
RefreshLook look_from(const Json& group, const Json& refresh, const Json& activities, const std::vector<aws::elb::TargetHealth>& health,
                      const std::set<std::string>& before);

}  // namespace fairlead::deploy::ec2
