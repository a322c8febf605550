// SPDX-License-Identifier: Apache-2.0
#include "unit/sandbox/fleet.hpp"

namespace fairlead::sandbox {
namespace {

struct Groups : Fleet {
  std::string id = make_template("web", {{"ImageId", "ami-sim-1"}});

  void create(int desired, Json more = Json::object()) {
    more["LaunchTemplate"] = {{"LaunchTemplateId", id}, {"Version", "1"}};
    create_group(desired, std::move(more));
  }
  void set_desired(int desired) { scaling("SetDesiredCapacity", {{"AutoScalingGroupName", "fleet"}, {"DesiredCapacity", desired}}); }
  std::string refusal(const std::string& operation, const Json& params) { return cloud.ask(operation, params, "autoscaling").message; }
  bool caused(const Json& activity, const std::string& words) { return text_at(activity, "Cause").find(words) != std::string::npos; }
  /// How many activities say so in their cause.
  int causes(const std::string& words) {
    const Json all = activities();
    return static_cast<int>(std::ranges::count_if(all, [&](const Json& one) { return caused(one, words); }));
  }
};

TEST_F(Groups, LaunchTakesItsTimeAndIsToldInWordsOfAws) {
  create(1);
  EXPECT_EQ(members("Pending").size(), 1u);
  const auto begun = activities()[0];
  EXPECT_EQ(text_at(begun, "StatusCode"), "InProgress");
  EXPECT_FALSE(begun.contains("EndTime"));
  EXPECT_EQ(text_at(begun, "Cause"),
            "At 2026-11-20T03:00:00Z a user request created an AutoScalingGroup changing the desired capacity from 0 to 1.  At "
            "2026-11-20T03:00:00Z an instance was started in response to a difference between desired and actual capacity, increasing the "
            "capacity from 0 to 1.");
  cloud.pass(40s);
  const auto ids = members("InService");
  ASSERT_EQ(ids.size(), 1u);
  const auto done = activities()[0];
  EXPECT_EQ(text_at(done, "Description"), "Launching a new EC2 instance: " + ids[0]);
  EXPECT_EQ(text_at(done, "StatusCode"), "Successful");
  EXPECT_EQ(done["Progress"], 100);
  EXPECT_EQ(text_at(done, "EndTime"), "2026-11-20T03:00:40.000Z");
  EXPECT_EQ(parse_json(text_at(done, "Details"))["Availability Zone"], instance(ids[0])["placement"]["availabilityZone"]);
}

TEST_F(Groups, MembersAreRegisteredInServiceAndDrainedBeforeTheyEnd) {
  const auto target = balance("instance", 120);
  create(2, {{"TargetGroupARNs", {target}}});
  cloud.pass(39s);
  EXPECT_TRUE(health(target).empty());
  cloud.pass(21s);
  ASSERT_EQ(health(target).size(), 2u);
  EXPECT_EQ(text_at(health(target)[0]["TargetHealth"], "State"), "healthy");
  const auto oldest = members()[0];
  set_desired(1);
  EXPECT_EQ(members("Terminating"), std::vector{oldest});
  EXPECT_EQ(text_at(activities()[0], "StatusCode"), "WaitingForELBConnectionDraining");
  EXPECT_EQ(target_states(target)[oldest], "draining");
  cloud.pass(119s);
  EXPECT_EQ(state(oldest), "running");
  cloud.pass(1s);
  EXPECT_EQ(state(oldest), "shutting-down");
  EXPECT_EQ(text_at(activities()[0], "StatusCode"), "InProgress");
  cloud.pass(30s);
  EXPECT_EQ(state(oldest), "terminated");
  EXPECT_EQ(members().size(), 1u);
  EXPECT_EQ(text_at(activities()[0], "StatusCode"), "Successful");
  EXPECT_EQ(causes("shrinking the capacity from 2 to 1.  At 2026-11-20T03:01:00Z instance " + oldest + " was selected for termination."),
            1);
}

TEST_F(Groups, MembersAreProbedAtTheirOwnAddresses) {
  id = make_template("real", {{"ImageId", "ami-1"}});
  create(2, {{"TargetGroupARNs", {balance()}}});
  cloud.pass(50s);
  std::set<std::string> probed, addresses;
  for (const auto& probe : commands<Probe>()) probed.insert(probe.host + ":" + std::to_string(probe.port));
  for (const auto& one : members()) addresses.insert(address(one) + ":8080");
  EXPECT_EQ(probed, addresses);
}

TEST_F(Groups, ScaleInSparesProtectedMembers) {
  create(3);
  cloud.pass(40s);
  const auto before = members();
  scaling("SetInstanceProtection",
          {{"AutoScalingGroupName", "fleet"}, {"InstanceIds", {before[0], before[1]}}, {"ProtectedFromScaleIn", true}});
  set_desired(1);
  cloud.pass(10min);
  EXPECT_EQ(members(), (std::vector{before[0], before[1]}));
  scaling("SetInstanceProtection", {{"AutoScalingGroupName", "fleet"}, {"InstanceIds", {before[1]}}, {"ProtectedFromScaleIn", false}});
  cloud.pass(10min);
  EXPECT_EQ(members(), std::vector{before[0]});
}

TEST_F(Groups, MemberThatTheBalancerFindsUnhealthyIsReplacedAfterItsGrace) {
  const auto target = balance();
  cloud.world.set_faults(Json::array({{{"fault", "failing-health"}, {"group", "fleet"}, {"count", 1}}}));
  create(2, {{"TargetGroupARNs", {target}}, {"HealthCheckType", "ELB"}, {"HealthCheckGracePeriod", 200}});
  cloud.pass(40s);
  cloud.pass(199s);
  EXPECT_EQ(members("InService").size(), 2u);
  EXPECT_EQ(causes("ELB"), 0);
  cloud.pass(1s);
  EXPECT_EQ(causes("an instance was taken out of service in response to an ELB system health check failure."), 1);
  EXPECT_EQ(causes("an instance was launched in response to an unhealthy instance needing to be replaced."), 1);
  cloud.pass(5min);
  EXPECT_EQ(members("InService").size(), 2u);
  EXPECT_EQ(members().size(), 2u);
  for (const auto& [id, state] : target_states(target)) EXPECT_EQ(state, "healthy") << id;
}

TEST_F(Groups, UnhealthyMemberStaysWithoutAHealthCheckOfTheBalancerOrWhileReplacementIsSuspended) {
  const auto target = balance();
  cloud.world.set_faults(Json::array({{{"fault", "failing-health"}}}));
  create(1, {{"TargetGroupARNs", {target}}});
  cloud.pass(1h);
  EXPECT_EQ(activities().size(), 1u);
  scaling("SuspendProcesses", {{"AutoScalingGroupName", "fleet"}, {"ScalingProcesses", {"ReplaceUnhealthy"}}});
  scaling("UpdateAutoScalingGroup", {{"AutoScalingGroupName", "fleet"}, {"HealthCheckType", "ELB"}});
  cloud.pass(1h);
  EXPECT_EQ(activities().size(), 1u);
  EXPECT_EQ(text_at(group()["Instances"][0], "HealthStatus"), "Unhealthy");
  scaling("ResumeProcesses", {{"AutoScalingGroupName", "fleet"}});
  cloud.pass(3s);
  EXPECT_EQ(activities().size(), 3u);
}

TEST_F(Groups, MemberThatSomebodyTerminatesIsReplaced) {
  create(1);
  cloud.pass(40s);
  const auto id = members()[0];
  ec2("TerminateInstances", {{"InstanceId", {id}}});
  cloud.pass(10min);
  EXPECT_EQ(members("InService").size(), 1u);
  EXPECT_NE(members()[0], id);
  EXPECT_EQ(causes("in response to an EC2 health check indicating it has been terminated or stopped."), 1);
}

TEST_F(Groups, TerminatedMemberMayLowerTheCapacity) {
  create(3, {{"MinSize", 2}});
  cloud.pass(40s);
  const auto first = members()[0], second = members()[1];
  const auto lower = [](const std::string& id) { return Json{{"InstanceId", id}, {"ShouldDecrementDesiredCapacity", true}}; };
  const auto activity = scaling("TerminateInstanceInAutoScalingGroup", lower(first))["Activity"];
  EXPECT_TRUE(caused(activity,
                     "instance " + first + " was taken out of service in response to a user request, shrinking the capacity from 3 to 2."));
  EXPECT_TRUE(refusal("TerminateInstanceInAutoScalingGroup", lower(second)).starts_with("Currently, desiredSize equals minSize (2)"));
  scaling("TerminateInstanceInAutoScalingGroup", {{"InstanceId", second}, {"ShouldDecrementDesiredCapacity", false}});
  cloud.pass(10min);
  EXPECT_EQ(members("InService").size(), 2u);
  EXPECT_EQ(std::ranges::count(members(), second), 0);
}

TEST_F(Groups, SuspendedLaunchAndTerminateWaitForTheirResumption) {
  create(2);
  cloud.pass(40s);
  scaling("SuspendProcesses", {{"AutoScalingGroupName", "fleet"}, {"ScalingProcesses", {"Launch", "Terminate"}}});
  set_desired(3);
  cloud.pass(10min);
  EXPECT_EQ(members().size(), 2u);
  scaling("ResumeProcesses", {{"AutoScalingGroupName", "fleet"}, {"ScalingProcesses", {"Launch"}}});
  cloud.pass(10min);
  EXPECT_EQ(members("InService").size(), 3u);
  set_desired(1);
  cloud.pass(10min);
  EXPECT_EQ(members("InService").size(), 3u);
  scaling("ResumeProcesses", {{"AutoScalingGroupName", "fleet"}});
  cloud.pass(10min);
  EXPECT_EQ(members("InService").size(), 1u);
}

TEST_F(Groups, TargetGroupsAreAttachedAndDetached) {
  const auto target = balance();
  create(1);
  cloud.pass(40s);
  const Json both{{"AutoScalingGroupName", "fleet"}, {"TargetGroupARNs", {target}}};
  EXPECT_EQ(refusal("AttachLoadBalancerTargetGroups", {{"AutoScalingGroupName", "fleet"}, {"TargetGroupARNs", {"arn:none"}}}),
            "Provided Target Groups may not be valid. Please ensure they exist and try again.");
  scaling("AttachLoadBalancerTargetGroups", both);
  EXPECT_EQ(group()["TargetGroupARNs"], Json::array({target}));
  EXPECT_EQ(health(target).size(), 1u);
  cloud.pass(20s);
  EXPECT_EQ(text_at(scaling("DescribeLoadBalancerTargetGroups", both)["LoadBalancerTargetGroups"][0], "State"), "InService");
  scaling("DetachLoadBalancerTargetGroups", both);
  EXPECT_EQ(text_at(health(target)[0]["TargetHealth"], "State"), "draining");
  EXPECT_EQ(group()["TargetGroupARNs"], Json::array());
  cloud.pass(1min);
  scaling("AttachTrafficSources", {{"AutoScalingGroupName", "fleet"}, {"TrafficSources", Json::array({{{"Identifier", target}}})}});
  EXPECT_EQ(health(target).size(), 1u);
}

TEST_F(Groups, SuspendedAddToLoadBalancerLeavesNewMembersWithoutTraffic) {
  const auto target = balance();
  create(1, {{"TargetGroupARNs", {target}}});
  scaling("SuspendProcesses", {{"AutoScalingGroupName", "fleet"}, {"ScalingProcesses", {"AddToLoadBalancer"}}});
  cloud.pass(10min);
  EXPECT_EQ(members("InService").size(), 1u);
  EXPECT_TRUE(health(target).empty());
}

TEST_F(Groups, StandbyTakesAMemberOutOfTrafficAndBack) {
  const auto target = balance();
  create(2, {{"MinSize", 1}, {"TargetGroupARNs", {target}}});
  cloud.pass(1min);
  const auto id = members()[0];
  const Json one{{"AutoScalingGroupName", "fleet"}, {"InstanceIds", {id}}, {"ShouldDecrementDesiredCapacity", true}};
  EXPECT_TRUE(caused(scaling("EnterStandby", one)["Activities"][0],
                     "was moved to standby in response to a user request, shrinking the capacity from 2 to 1."));
  EXPECT_EQ(target_states(target)[id], "draining");
  cloud.pass(10min);
  EXPECT_EQ(members("Standby"), std::vector{id});
  EXPECT_EQ(members().size(), 2u);
  scaling("ExitStandby", {{"AutoScalingGroupName", "fleet"}, {"InstanceIds", {id}}});
  cloud.pass(1min);
  EXPECT_EQ(members("InService").size(), 2u);
  EXPECT_EQ(target_states(target)[id], "healthy");
  EXPECT_EQ(group()["DesiredCapacity"], 2);
}

TEST_F(Groups, StandbyWithoutADecrementIsFilledUp) {
  create(2);
  cloud.pass(40s);
  scaling("EnterStandby", {{"AutoScalingGroupName", "fleet"}, {"InstanceIds", {members()[0]}}, {"ShouldDecrementDesiredCapacity", false}});
  cloud.pass(1min);
  EXPECT_EQ(members("InService").size(), 2u);
  EXPECT_EQ(members().size(), 3u);
}

TEST_F(Groups, SizesAreCheckedInWordsOfAws) {
  create(2, {{"MinSize", 1}, {"MaxSize", 3}});
  EXPECT_EQ(refusal("SetDesiredCapacity", {{"AutoScalingGroupName", "fleet"}, {"DesiredCapacity", 4}}),
            "New SetDesiredCapacity value 4 is above max value 3 for the AutoScalingGroup.");
  EXPECT_EQ(refusal("SetDesiredCapacity", {{"AutoScalingGroupName", "fleet"}, {"DesiredCapacity", 0}}),
            "New SetDesiredCapacity value 0 is below min value 1 for the AutoScalingGroup.");
  scaling("UpdateAutoScalingGroup", {{"AutoScalingGroupName", "fleet"}, {"MinSize", 3}});
  EXPECT_EQ(group()["DesiredCapacity"], 3);
  EXPECT_EQ(
      causes(
          "a user request update of AutoScalingGroup constraints to min: 3, max: 3, desired: 3 changing the desired capacity from 2 to 3."),
      1);
  EXPECT_TRUE(
      refusal("CreateAutoScalingGroup", {{"AutoScalingGroupName", "other"}, {"MinSize", 2}, {"MaxSize", 1}}).starts_with("Max bound, 1"));
}

TEST_F(Groups, DeletedGroupEndsItsMembers) {
  create(1, {{"MinSize", 0}});
  EXPECT_EQ(cloud.ask("DeleteAutoScalingGroup", {{"AutoScalingGroupName", "fleet"}}, "autoscaling").error, "ResourceInUse");
  const auto id = members()[0];
  scaling("DeleteAutoScalingGroup", {{"AutoScalingGroupName", "fleet"}, {"ForceDelete", true}});
  cloud.pass(1min);
  EXPECT_EQ(state(id), "terminated");
  EXPECT_TRUE(scaling("DescribeAutoScalingGroups", Json::object())["AutoScalingGroups"].empty());
}

TEST_F(Groups, ActivitiesArePagedAndFiltered) {
  create(3);
  cloud.pass(40s);
  set_desired(2);
  const auto first = scaling("DescribeScalingActivities", {{"AutoScalingGroupName", "fleet"}, {"MaxRecords", "1"}});
  EXPECT_EQ(first["Activities"].size(), 1u);
  EXPECT_TRUE(text_at(first["Activities"][0], "Description").starts_with("Terminating"));
  const auto rest = scaling("DescribeScalingActivities", {{"AutoScalingGroupName", "fleet"}, {"NextToken", first["NextToken"]}});
  EXPECT_EQ(rest["Activities"].size(), 3u);
  const Json done{{"Name", "Status"}, {"Values", {"Successful"}}};
  EXPECT_EQ(
      scaling("DescribeScalingActivities", {{"AutoScalingGroupName", "fleet"}, {"Filters", Json::array({done})}})["Activities"].size(), 3u);
}

}  // namespace
}  // namespace fairlead::sandbox
