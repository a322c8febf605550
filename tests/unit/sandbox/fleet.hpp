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
  Json instance(const std::string& id) {
    return ec2("DescribeInstances", {{"InstanceId", {id}}})["reservationSet"][0]["instancesSet"][0];
  }
  std::string state(const std::string& id) { return text_at(instance(id)["instanceState"], "name"); }
  std::string address(const std::string& id) { return text_at(instance(id), "privateIpAddress"); }

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

  /// A target group behind a listener, with 10 s between checks.
  std::string balance(const std::string& type = "instance", int drain = 60) {
    cloud.balance(drain, type);
    return cloud.group;
  }
  Json health(const std::string& group) { return elb("DescribeTargetHealth", {{"TargetGroupArn", group}})["TargetHealthDescriptions"]; }

  template <class T>
  std::vector<T> commands() {
    std::vector<T> found;
    for (const auto& command : cloud.world.take_commands())
      if (const auto* one = std::get_if<T>(&command)) found.push_back(*one);
    return found;
  }
};

}  // namespace fairlead::sandbox
