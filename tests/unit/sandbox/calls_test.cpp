// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/error.hpp"
#include "unit/sandbox/cloud.hpp"

namespace fairlead::sandbox {
namespace {

TEST(Calls, RunTaskWithTheSameTokenIsOneTask) {
  Cloud cloud;
  cloud.must("CreateCluster", Json::object());
  cloud.define("sim/job:1");
  const Json params{{"taskDefinition", "web"}, {"clientToken", "k1"}, {"startedBy", "run-1"}};
  const auto first = cloud.must("RunTask", params), second = cloud.must("RunTask", params);
  EXPECT_EQ(text_at(first["tasks"][0], "taskArn"), text_at(second["tasks"][0], "taskArn"));
  const auto other = cloud.ask("RunTask", {{"taskDefinition", "web"}, {"clientToken", "k1"}, {"startedBy", "run-2"}});
  EXPECT_EQ(other.error, "ConflictException");
  EXPECT_EQ(other.body["resourceIds"][0], text_at(first["tasks"][0], "taskArn"));
  EXPECT_EQ(cloud.must("ListTasks", {{"startedBy", "run-1"}})["taskArns"].size(), 1u);
}

TEST(Calls, TaskDefinitionKeepsFieldsThatNobodyKnows) {
  Cloud cloud;
  const auto arn = cloud.define("sim/web:1", {{"fieldOfTomorrow", {{"x", 1}}}});
  EXPECT_TRUE(arn.ends_with("task-definition/web:1"));
  const auto found = cloud.must("DescribeTaskDefinition", {{"taskDefinition", "web"}})["taskDefinition"];
  EXPECT_EQ(found["containerDefinitions"][0]["fieldOfTomorrow"]["x"], 1);
  EXPECT_TRUE(cloud.define("sim/web:1").ends_with(":2"));
  EXPECT_EQ(cloud.must("ListTaskDefinitions", {{"familyPrefix", "web"}, {"sort", "DESC"}})["taskDefinitionArns"].size(), 2u);
}

TEST(Calls, ErrorsAreInTheWordsOfAws) {
  Cloud cloud;
  EXPECT_EQ(cloud.ask("DescribeServices", {{"cluster", "none"}, {"services", {"web"}}}).error, "ClusterNotFoundException");
  cloud.must("CreateCluster", Json::object());
  EXPECT_EQ(cloud.ask("UpdateService", {{"service", "web"}}).error, "ServiceNotFoundException");
  const auto missing = cloud.must("DescribeServices", {{"services", {"web"}}});
  EXPECT_EQ(text_at(missing["failures"][0], "reason"), "MISSING");
  EXPECT_EQ(cloud.ask("DescribeTaskDefinition", {{"taskDefinition", "web"}}).message, "Unable to describe task definition.");
  EXPECT_EQ(cloud.ask("RegisterTaskDefinition", {{"family", "web"}, {"containerDefinitions", Json::array({{{"name", "a"}}})}}).message,
            "Container.image should not be null or empty.");
  EXPECT_EQ(cloud.ask("DoMagic", Json::object()).error, "UnknownOperationException");
}

TEST(Calls, ReadsOfTooManyAreRefused) {
  Cloud cloud;
  cloud.must("CreateCluster", Json::object());
  const std::vector<std::string> eleven(11, "web"), many(101, "task");
  EXPECT_EQ(cloud.ask("DescribeServices", {{"services", eleven}}).error, "InvalidParameterException");
  EXPECT_EQ(cloud.ask("DescribeTasks", {{"tasks", many}}).error, "InvalidParameterException");
}

TEST(Calls, BurstsAreThrottledAtTheDocumentedRate) {
  Cloud cloud;
  const Json definition{{"family", "web"}, {"containerDefinitions", Json::array({{{"name", "a"}, {"image", "sim/a"}, {"memory", 64}}})}};
  int good = 0;
  for (int i = 0; i < 30; ++i) good += cloud.ask("RegisterTaskDefinition", definition).ok();
  EXPECT_EQ(good, 20);
  EXPECT_EQ(cloud.ask("RegisterTaskDefinition", definition).error, "ThrottlingException");
  cloud.pass(std::chrono::seconds(1));
  EXPECT_TRUE(cloud.ask("RegisterTaskDefinition", definition).ok());
  EXPECT_EQ(cloud.world.ledger()["calls"]["ecs.RegisterTaskDefinition"]["throttled"], 11);
}

TEST(Calls, LostReplyHasItsEffect) {
  Cloud cloud;
  cloud.must("CreateCluster", Json::object());
  cloud.define("sim/web:1");
  cloud.world.set_faults(Json::array({{{"fault", "reply-lost"}, {"operation", "RunTask"}, {"count", 1}}}));
  EXPECT_TRUE(cloud.ask("RunTask", {{"taskDefinition", "web"}}).lost);
  EXPECT_EQ(cloud.must("ListTasks", Json::object())["taskArns"].size(), 1u);
  EXPECT_FALSE(cloud.ask("RunTask", {{"taskDefinition", "web"}}).lost);
}

TEST(Calls, StaleReadsShowWhatWasBefore) {
  Cloud cloud;
  cloud.create();
  cloud.world.set_faults(Json::array({{{"fault", "stale-reads"}, {"after", "5s"}}}));
  const auto before = text_at(cloud.primary(), "id");
  const auto after = text_at(cloud.deploy("sim/web:2")["deployments"][0], "id");
  EXPECT_NE(before, after);
  EXPECT_EQ(text_at(cloud.primary(), "id"), before);
  cloud.pass(std::chrono::seconds(6));
  EXPECT_EQ(text_at(cloud.primary(), "id"), after);
}

TEST(Calls, FaultsThatNobodyKnowsAreRefusedByName) {
  Cloud cloud;
  try {
    cloud.world.set_faults(Json::array({{{"fault", "earthquake"}}}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("earthquake"), std::string::npos);
    EXPECT_NE(error.hint().find("image-missing"), std::string::npos);
  }
}

TEST(Calls, StopTaskDrainsAndTellsWho) {
  Cloud cloud;
  cloud.must("CreateCluster", Json::object());
  cloud.define("sim/job:1");
  const auto arn = text_at(cloud.must("RunTask", {{"taskDefinition", "web"}})["tasks"][0], "taskArn");
  cloud.pass(std::chrono::minutes(1));
  EXPECT_EQ(text_at(cloud.tasks("RUNNING")[0], "lastStatus"), "RUNNING");
  cloud.must("StopTask", {{"task", arn}, {"reason", "enough"}});
  cloud.pass(std::chrono::minutes(1));
  const auto stopped = cloud.tasks("STOPPED")[0];
  EXPECT_EQ(text_at(stopped, "stopCode"), "UserInitiated");
  EXPECT_EQ(text_at(stopped, "stoppedReason"), "enough");
  EXPECT_EQ(text_at(stopped, "lastStatus"), "STOPPED");
  cloud.pass(std::chrono::hours(1));
  EXPECT_TRUE(cloud.tasks("STOPPED").empty());
}

TEST(Calls, MissingLogGroupAndSecretAreTheTasksReason) {
  Cloud cloud;
  cloud.must("CreateCluster", Json::object());
  const Json logs{
      {"logConfiguration", {{"logDriver", "awslogs"}, {"options", {{"awslogs-group", "/none"}, {"awslogs-stream-prefix", "web"}}}}}};
  cloud.must("RunTask", {{"taskDefinition", cloud.define("sim/job:1", logs)}});
  cloud.must("RunTask",
             {{"taskDefinition", cloud.define("sim/job:1", {{"secrets", Json::array({{{"name", "KEY"}, {"valueFrom", "/shop/key"}}})}})}});
  cloud.pass(std::chrono::minutes(2));
  std::string reasons;
  for (const auto& task : cloud.tasks("STOPPED")) reasons += text_at(task, "stoppedReason") + "\n";
  EXPECT_NE(reasons.find("The specified log group does not exist."), std::string::npos);
  EXPECT_NE(reasons.find("invalid ssm parameters: /shop/key"), std::string::npos);
}

TEST(Calls, ControllersOfOthersRefuseTheUpdate) {
  Cloud cloud;
  cloud.must("CreateCluster", Json::object());
  cloud.must("CreateService", {{"serviceName", "web"},
                               {"taskDefinition", cloud.define("sim/web:1")},
                               {"desiredCount", 1},
                               {"deploymentController", {{"type", "CODE_DEPLOY"}}}});
  EXPECT_EQ(cloud.ask("UpdateService", {{"service", "web"}, {"taskDefinition", cloud.define("sim/web:2")}}).error,
            "InvalidParameterException");
}

}  // namespace
}  // namespace fairlead::sandbox
