// SPDX-License-Identifier: Apache-2.0
#include "unit/sandbox/cloud.hpp"

namespace fairlead::sandbox {
namespace {

const std::string elb = "elasticloadbalancing";

struct Balanced : testing::Test {
  Cloud cloud;
  Json health(const Json& targets = Json::array()) {
    return cloud.must("DescribeTargetHealth", {{"TargetGroupArn", cloud.group}, {"Targets", targets}}, elb)["TargetHealthDescriptions"];
  }
  std::string listener() { return cloud.listener(); }
  void answer_probes(int status) {
    for (const auto& command : cloud.world.take_commands())
      if (const auto* probe = std::get_if<Probe>(&command))
        cloud.world.tell(ProbeEnded{probe->key, status, status == 0 ? "timeout" : ""}, cloud.now);
  }
};

TEST_F(Balanced, TargetNeedsItsThresholdsBothWays) {
  cloud.balance();
  cloud.must("RegisterTargets", {{"TargetGroupArn", cloud.group}, {"Targets", Json::array({{{"Id", "10.0.0.1"}, {"Port", 80}}})}}, elb);
  EXPECT_EQ(text_at(health()[0]["TargetHealth"], "State"), "initial");
  EXPECT_EQ(text_at(health()[0]["TargetHealth"], "Reason"), "Elb.RegistrationInProgress");
  const std::vector<std::pair<int, std::string>> steps{{200, "initial"},   {200, "healthy"},   {500, "healthy"},
                                                       {500, "unhealthy"}, {200, "unhealthy"}, {200, "healthy"}};
  for (const auto& [status, state] : steps) {
    cloud.pass(std::chrono::seconds(10));
    answer_probes(status);
    EXPECT_EQ(text_at(health()[0]["TargetHealth"], "State"), state);
  }
}

TEST_F(Balanced, DeregisteredTargetDrainsForItsDelay) {
  cloud.balance(120);
  const Json targets = Json::array({{{"Id", "10.0.0.1"}, {"Port", 80}}});
  cloud.must("RegisterTargets", {{"TargetGroupArn", cloud.group}, {"Targets", targets}}, elb);
  cloud.must("DeregisterTargets", {{"TargetGroupArn", cloud.group}, {"Targets", targets}}, elb);
  EXPECT_EQ(text_at(health(targets)[0]["TargetHealth"], "State"), "draining");
  cloud.pass(std::chrono::seconds(119));
  EXPECT_EQ(health().size(), 1u);
  cloud.pass(std::chrono::seconds(1));
  EXPECT_TRUE(health().empty());
  EXPECT_EQ(text_at(health(targets)[0]["TargetHealth"], "Reason"), "Target.NotRegistered");
}

TEST_F(Balanced, RequestsGoToHealthyTargetsOnly) {
  cloud.balance();
  cloud.create();
  const auto place = listener();
  EXPECT_EQ(cloud.world.route(place, "a", "/", {}, cloud.now).body, "sim/web:1\n");
  cloud.world.set_faults(Json::array({{{"fault", "failing-health"}, {"image", "*:2"}}}));
  cloud.deploy("sim/web:2");
  for (int second = 0; second < 120; ++second) {
    cloud.pass(std::chrono::seconds(1));
    EXPECT_EQ(cloud.world.route(place, "a", "/", {}, cloud.now).body, "sim/web:1\n");
  }
}

TEST_F(Balanced, RulesAndWeightsDecide) {
  cloud.balance();
  const auto arn = listener().substr(listener().find('|') + 1);
  const Json gone{{"Type", "fixed-response"}, {"FixedResponseConfig", {{"StatusCode", "410"}, {"MessageBody", "gone"}}}};
  const Json condition{{"Field", "path-pattern"}, {"Values", {"/old/*"}}};
  cloud.must("CreateRule",
             {{"ListenerArn", arn}, {"Priority", 1}, {"Conditions", Json::array({condition})}, {"Actions", Json::array({gone})}}, elb);
  EXPECT_EQ(cloud.world.route(listener(), "a", "/old/x/y", {}, cloud.now).status, 410);
  EXPECT_EQ(cloud.world.route(listener(), "a", "/new", {}, cloud.now).status, 503);
  EXPECT_EQ(cloud.must("DescribeRules", {{"ListenerArn", arn}}, elb)["Rules"].size(), 2u);
}

TEST_F(Balanced, GroupWithoutAListenerIsRefusedByAService) {
  cloud.must("CreateCluster", Json::object());
  const auto group =
      text_at(cloud.must("CreateTargetGroup", {{"Name", "alone"}, {"TargetType", "ip"}}, elb)["TargetGroups"][0], "TargetGroupArn");
  const auto answer = cloud.ask(
      "CreateService", {{"serviceName", "web"},
                        {"taskDefinition", cloud.define("sim/web:1")},
                        {"desiredCount", 1},
                        {"loadBalancers", Json::array({{{"targetGroupArn", group}, {"containerName", "app"}, {"containerPort", 8080}}})}});
  EXPECT_EQ(answer.message, "The target group with targetGroupArn " + group + " does not have an associated load balancer.");
}

}  // namespace
}  // namespace fairlead::sandbox
