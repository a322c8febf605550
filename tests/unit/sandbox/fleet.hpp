// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "unit/sandbox/cloud.hpp"

namespace fairlead::sandbox {

using namespace std::chrono_literals;

/// The verbs of EC2 and Auto Scaling. Instances of images that begin with "ami-sim" only behave.
struct Fleet : testing::Test {
  Cloud cloud;

  Json ec2(const std::string& operation, Json params) { return cloud.must(operation, std::move(params), "ec2"); }
  Json scaling(const std::string& operation, Json params) { return cloud.must(operation, std::move(params), "autoscaling"); }
  Json elb(const std::string& operation, Json params) { return cloud.must(operation, std::move(params), "elasticloadbalancing"); }

  std::string run(const std::string& image = "ami-sim-1", Json more = Json::object()) {
    more["ImageId"] = image;
    const auto id = text_at(ec2("RunInstances", more)["instancesSet"][0], "instanceId");
    cloud.pass(40s);
    return id;
  }
  Json instance(const std::string& id) { return ec2("DescribeInstances", {{"InstanceId", {id}}})["reservationSet"][0]["instancesSet"][0]; }
  std::string state(const std::string& id) { return text_at(instance(id)["instanceState"], "name"); }
  std::string address(const std::string& id) { return text_at(instance(id), "privateIpAddress"); }

  std::string make_template(const std::string& name, const Json& data) {
    return text_at(ec2("CreateLaunchTemplate", {{"LaunchTemplateName", name}, {"LaunchTemplateData", data}})["launchTemplate"],
                   "launchTemplateId");
  }

  Json group(const std::string& name = "fleet") {
    return scaling("DescribeAutoScalingGroups", {{"AutoScalingGroupNames", {name}}})["AutoScalingGroups"][0];
  }
  /// Ids of members, all or those in a state.
  std::vector<std::string> members(const std::string& lifecycle = {}) {
    std::vector<std::string> ids;
    for (const auto& one : group()["Instances"])
      if (lifecycle.empty() || text_at(one, "LifecycleState") == lifecycle) ids.push_back(text_at(one, "InstanceId"));
    return ids;
  }

  /// Of simulated instances; bounds that are not given are wide.
  void create_group(int desired, Json more = Json::object()) {
    Json params{{"AutoScalingGroupName", "fleet"}, {"MinSize", 0}, {"MaxSize", 20}, {"DesiredCapacity", desired}};
    params.update(more);
    scaling("CreateAutoScalingGroup", params);
  }
  Json activities() { return scaling("DescribeScalingActivities", {{"AutoScalingGroupName", "fleet"}})["Activities"]; }

  /// A target group behind a listener, with 10 s between checks.
  std::string balance(const std::string& type = "instance", int drain = 60) {
    cloud.balance(drain, type);
    return cloud.group;
  }
  Json health(const std::string& group) { return elb("DescribeTargetHealth", {{"TargetGroupArn", group}})["TargetHealthDescriptions"]; }

  std::map<std::string, std::string> target_states(const std::string& group) {
    std::map<std::string, std::string> states;
    for (const auto& one : health(group)) states[text_at(one["Target"], "Id")] = text_at(one["TargetHealth"], "State");
    return states;
  }

  template <class T>
  std::vector<T> commands() {
    std::vector<T> found;
    for (const auto& command : cloud.world.take_commands())
      if (const auto* one = std::get_if<T>(&command)) found.push_back(*one);
    return found;
  }
};

}  // namespace fairlead::sandbox
