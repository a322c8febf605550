// SPDX-License-Identifier: Apache-2.0
#include "unit/sandbox/fleet.hpp"

namespace fairlead::sandbox {
namespace {

struct Instances : Fleet {
  void put_in(const std::string& group, const std::string& target) {
    elb("RegisterTargets", {{"TargetGroupArn", group}, {"Targets", Json::array({{{"Id", target}}})}});
  }
};

TEST_F(Instances, EachHasALoopbackAddressOfItsOwn) {
  EXPECT_EQ(address(run()), "127.77.0.1");
  EXPECT_EQ(address(run()), "127.77.0.2");
  cloud.world.set_network(78);
  EXPECT_EQ(address(run()), "127.78.0.3");
  std::set<std::string> all;
  for (int i = 0; i < 300; ++i) all.insert(address(run()));
  EXPECT_EQ(all.size(), 300u);
  EXPECT_TRUE(all.contains("127.78.1.1"));
}

TEST_F(Instances, TargetIsProbedAtTheInstancesAddress) {
  const auto group = balance();
  const auto id = run("ami-1");
  put_in(group, id);
  cloud.pass(10s);
  const auto probes = commands<Probe>();
  ASSERT_EQ(probes.size(), 1u);
  EXPECT_EQ(probes[0].host, address(id));
  EXPECT_EQ(probes[0].port, 8080);
  EXPECT_EQ(health(group)[0]["Target"]["AvailabilityZone"], instance(id)["placement"]["availabilityZone"]);
}

TEST_F(Instances, RequestsGoToTheInstancesAddress) {
  const auto group = balance("ip");
  const auto id = run("ami-1", {{"Placement", {{"AvailabilityZone", "us-east-1c"}}}});
  put_in(group, address(id));
  EXPECT_EQ(text_at(health(group)[0]["Target"], "AvailabilityZone"), "us-east-1c");
  for (int i = 0; i < 2; ++i) {
    cloud.pass(10s);
    for (const auto& probe : commands<Probe>()) cloud.world.tell(ProbeEnded{probe.key, 200, {}}, cloud.now);
  }
  const auto route = cloud.world.route(cloud.listener(), "a", "/", {}, cloud.now);
  EXPECT_TRUE(route.found);
  EXPECT_EQ(route.host, address(id));
  EXPECT_EQ(route.port, 8080);
}

TEST_F(Instances, SimulatedOneIsHealthyAndAnswersWithItsImage) {
  const auto group = balance();
  const auto id = run("ami-sim-web");
  put_in(group, id);
  cloud.pass(20s);
  EXPECT_EQ(text_at(health(group)[0]["TargetHealth"], "State"), "healthy");
  EXPECT_EQ(cloud.world.route(cloud.listener(), "a", "/", {}, cloud.now).body, "ami-sim-web\n");
  ec2("TerminateInstances", {{"InstanceId", {id}}});
  cloud.pass(20s);
  EXPECT_EQ(text_at(health(group)[0]["TargetHealth"], "State"), "unhealthy");
}

TEST_F(Instances, FailingHealthStrikesByImage) {
  cloud.world.set_faults(Json::array({{{"fault", "failing-health"}, {"image", "*-2"}}}));
  const auto group = balance();
  const auto good = run("ami-sim-1"), bad = run("ami-sim-2");
  put_in(group, good), put_in(group, bad);
  cloud.pass(20s);
  auto states = target_states(group);
  EXPECT_EQ(states[good], "healthy");
  EXPECT_EQ(states[bad], "unhealthy");
}

TEST_F(Instances, LaunchAndTerminationTakeTheirTime) {
  const auto id = text_at(ec2("RunInstances", Json::object())["instancesSet"][0], "instanceId");
  EXPECT_EQ(state(id), "pending");
  cloud.pass(39s);
  EXPECT_EQ(state(id), "pending");
  cloud.pass(1s);
  EXPECT_EQ(state(id), "running");
  const auto answer = ec2("TerminateInstances", {{"InstanceId", {id}}})["instancesSet"][0];
  EXPECT_EQ(text_at(answer["previousState"], "name"), "running");
  EXPECT_EQ(state(id), "shutting-down");
  cloud.pass(30s);
  EXPECT_EQ(state(id), "terminated");
  EXPECT_FALSE(instance(id).contains("privateIpAddress"));
  cloud.pass(1h);
  EXPECT_EQ(cloud.ask("DescribeInstances", {{"InstanceId", {id}}}, "ec2").error, "InvalidInstanceID.NotFound");
}

TEST_F(Instances, WhatRunsOnATerminatedOneIsAskedToEndAndThenKilled) {
  const auto id = run();
  ec2("TerminateInstances", {{"InstanceId", {id}}});
  auto ends = commands<EndInstance>();
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(ends[0].instance, id);
  EXPECT_FALSE(ends[0].kill);
  cloud.pass(30s);
  ends = commands<EndInstance>();
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_TRUE(ends[0].kill);
}

TEST_F(Instances, ScriptsAreGivenTheAddress) {
  const auto id = run();
  const Json params{{"InstanceIds", {id}}, {"DocumentName", "AWS-RunShellScript"}, {"Parameters", {{"commands", {"true"}}}}};
  cloud.must("SendCommand", params, "ssm");
  const auto scripts = commands<RunScript>();
  ASSERT_EQ(scripts.size(), 1u);
  EXPECT_EQ(scripts[0].address, address(id));
  ec2("TerminateInstances", {{"InstanceId", {id}}});
  EXPECT_EQ(cloud.ask("SendCommand", params, "ssm").error, "InvalidInstanceId");
}

TEST_F(Instances, OneCommandReachesFiftyAndListsThemAll) {
  const auto ids = [&](int count) {
    Json found = Json::array();
    for (int i = 0; i < count; ++i) found.push_back(run());
    return found;
  }(51);
  Json params{{"InstanceIds", ids}, {"DocumentName", "AWS-RunShellScript"}, {"Parameters", {{"commands", {"true"}}}}};
  EXPECT_EQ(cloud.ask("SendCommand", params, "ssm").error, "ValidationException");
  params["InstanceIds"].erase(50);
  const auto command = cloud.must("SendCommand", params, "ssm")["Command"]["CommandId"];
  for (const auto& script : commands<RunScript>()) cloud.world.tell(ScriptEnded{script.key, 0, "done\n", {}, false}, cloud.now);
  Json ask{{"CommandId", command}, {"Details", true}};
  const auto all = cloud.must("ListCommandInvocations", ask, "ssm");
  EXPECT_EQ(all["CommandInvocations"].size(), 50u);
  EXPECT_FALSE(all.contains("NextToken"));
  for (const auto& one : all["CommandInvocations"]) {
    EXPECT_EQ(text_at(one, "Status"), "Success");
    EXPECT_EQ(text_at(one["CommandPlugins"][0], "Output"), "done\n");
  }
  ask["MaxResults"] = 20;
  std::size_t listed = 0;
  for (bool more = true; more; more = ask.contains("NextToken")) {
    const auto page = cloud.must("ListCommandInvocations", ask, "ssm");
    listed += page["CommandInvocations"].size();
    ask["NextToken"] = page.value("NextToken", Json());
    if (ask["NextToken"].is_null()) ask.erase("NextToken");
  }
  EXPECT_EQ(listed, 50u);
}

TEST_F(Instances, MembersTakeTurnsInTheZonesOfTheirGroup) {
  scaling("CreateAutoScalingGroup",
          {{"AutoScalingGroupName", "fleet"}, {"MinSize", 4}, {"MaxSize", 4}, {"AvailabilityZones", {"us-east-1b", "us-east-1d"}}});
  EXPECT_EQ(group()["AvailabilityZones"], Json::array({"us-east-1b", "us-east-1d"}));
  std::map<std::string, int> zones;
  for (const auto& one : group()["Instances"]) {
    EXPECT_EQ(one["AvailabilityZone"], instance(text_at(one, "InstanceId"))["placement"]["availabilityZone"]);
    ++zones[text_at(one, "AvailabilityZone")];
  }
  EXPECT_EQ(zones, (std::map<std::string, int>{{"us-east-1b", 2}, {"us-east-1d", 2}}));
}

TEST_F(Instances, MembersAreInTheZonesOfTheirSubnets) {
  scaling("CreateAutoScalingGroup",
          {{"AutoScalingGroupName", "fleet"}, {"MinSize", 2}, {"MaxSize", 2}, {"VPCZoneIdentifier", "subnet-1,subnet-2"}});
  std::set<std::string> zones;
  for (const auto& id : members()) {
    const auto view = instance(id);
    const auto subnet = ec2("DescribeSubnets", {{"SubnetId", {view["subnetId"]}}})["subnetSet"][0];
    EXPECT_EQ(subnet["availabilityZone"], view["placement"]["availabilityZone"]);
    zones.insert(text_at(subnet, "availabilityZone"));
  }
  EXPECT_EQ(zones, (std::set<std::string>{"us-east-1a", "us-east-1b"}));
}

}  // namespace
}  // namespace fairlead::sandbox
