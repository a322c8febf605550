// SPDX-License-Identifier: Apache-2.0
#include "unit/sandbox/cloud.hpp"

namespace fairlead::sandbox {
namespace {

int running(const Json& view, const std::string& definition) {
  int count = 0;
  for (const auto& one : view["deployments"])
    if (text_at(one, "taskDefinition") == definition) count += one["runningCount"].get<int>();
  return count;
}

TEST(Rollout, ReplacesAllTasksAndCompletesAfterTheDrain) {
  Cloud cloud;
  cloud.balance(300);
  cloud.create();
  const auto before = cloud.primary();
  const auto answer = cloud.deploy("sim/web:2");
  EXPECT_EQ(answer["deployments"].size(), 2u);
  EXPECT_EQ(text_at(answer["deployments"][0], "status"), "PRIMARY");
  EXPECT_EQ(text_at(answer["deployments"][1], "id"), text_at(before, "id"));
  const auto fresh = text_at(answer["deployments"][0], "taskDefinition");
  const int serving = cloud.until([&] { return running(cloud.describe(), fresh) == 4; });
  EXPECT_NEAR(serving, 43, 5);
  const int completed = serving + cloud.until([&] { return text_at(cloud.primary(), "rolloutState") == "COMPLETED"; });
  EXPECT_NEAR(completed, 376, 20);
  EXPECT_TRUE(cloud.said("deployment completed."));
  EXPECT_TRUE(cloud.said("has reached a steady state."));
  EXPECT_EQ(text_at(cloud.record(), "status"), "SUCCESSFUL");
}

TEST(Rollout, KeepsTheHealthyAndTheTotalWithinTheConfiguration) {
  Cloud cloud;
  cloud.balance(30);
  cloud.create({{"minimumHealthyPercent", 75}, {"maximumPercent", 125}});
  cloud.deploy("sim/web:2");
  cloud.until([&] {
    const auto view = cloud.describe();
    EXPECT_GE(view["runningCount"].get<int>(), 3);
    EXPECT_LE(view["runningCount"].get<int>() + view["pendingCount"].get<int>(), 5);
    return text_at(cloud.primary(), "rolloutState") == "COMPLETED";
  });
  EXPECT_TRUE(cloud.stable());
}

TEST(Rollout, MissingImageTripsTheBreakerAndRollsBack) {
  Cloud cloud;
  cloud.create(breaker);
  const auto before = text_at(cloud.primary(), "taskDefinition");
  cloud.world.set_faults(Json::array({{{"fault", "image-missing"}, {"image", "*:bad"}}}));
  const auto failed = text_at(cloud.deploy("sim/web:bad")["deployments"][0], "id");
  ASSERT_GE(cloud.until([&] { return text_at(cloud.primary(), "id") != failed; }), 0);
  const auto view = cloud.describe();
  EXPECT_EQ(text_at(cloud.primary(), "taskDefinition"), before);
  EXPECT_EQ(text_at(cloud.primary(), "rolloutStateReason"),
            "ECS deployment circuit breaker: rolling back to deploymentId " + text_at(cloud.primary(), "id") + ".");
  EXPECT_EQ(text_at(view["deployments"][1], "rolloutState"), "FAILED");
  EXPECT_EQ(text_at(view["deployments"][1], "rolloutStateReason"), "ECS deployment circuit breaker: tasks failed to start.");
  ASSERT_GE(cloud.until([&] { return cloud.stable() && text_at(cloud.primary(), "rolloutState") == "COMPLETED"; }), 0);
  const auto record = cloud.record();
  EXPECT_EQ(text_at(record, "status"), "ROLLBACK_SUCCESSFUL");
  EXPECT_EQ(text_at(record["deploymentCircuitBreaker"], "status"), "TRIGGERED");
  EXPECT_EQ(record["deploymentCircuitBreaker"]["failureCount"], 3);
  Json stopped = Json::array();
  for (const auto& task : cloud.tasks("STOPPED"))
    if (text_at(task, "startedBy") == failed && text_at(task, "stopCode") != "ServiceSchedulerInitiated") stopped.push_back(task);
  ASSERT_GE(stopped.size(), 3u);
  EXPECT_EQ(text_at(stopped[0], "stopCode"), "TaskFailedToStart");
  EXPECT_EQ(text_at(stopped[0], "stoppedReason"),
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref sim/web:bad: sim/web:bad: not "
            "found");
  EXPECT_FALSE(stopped[0]["containers"][0].contains("exitCode"));
}

TEST(Rollout, WithoutTheBreakerItTriesForEver) {
  Cloud cloud;
  cloud.create();
  cloud.world.set_faults(Json::array({{{"fault", "image-missing"}, {"image", "*:bad"}}}));
  cloud.deploy("sim/web:bad");
  cloud.pass(std::chrono::minutes(20));
  EXPECT_EQ(text_at(cloud.primary(), "rolloutState"), "IN_PROGRESS");
  EXPECT_EQ(cloud.describe()["runningCount"], 4);
  EXPECT_TRUE(cloud.said("is unable to consistently start tasks successfully"));
}

TEST(Rollout, CrashBeforeItWasHealthyCounts) {
  Cloud cloud;
  cloud.balance(30);
  cloud.create(breaker);
  cloud.world.set_faults(Json::array({{{"fault", "crash-after-running"}, {"after", "15s"}, {"image", "*:bad"}, {"exit", 3}}}));
  const auto failed = text_at(cloud.deploy("sim/web:bad")["deployments"][0], "id");
  ASSERT_GE(cloud.until([&] { return text_at(cloud.primary(), "id") != failed; }, 300), 0);
  const auto stopped = cloud.tasks("STOPPED");
  EXPECT_EQ(text_at(stopped[0], "stoppedReason"), "Essential container in task exited");
  EXPECT_EQ(text_at(stopped[0], "stopCode"), "EssentialContainerExited");
  EXPECT_EQ(stopped[0]["containers"][0]["exitCode"], 3);
}

TEST(Rollout, CrashAfterItWasHealthyIsNeverSeenByTheBreaker) {
  Cloud cloud;
  cloud.balance(30);
  cloud.create(breaker);
  cloud.world.set_faults(Json::array({{{"fault", "crash-after-running"}, {"after", "30s"}, {"image", "*:bad"}}}));
  cloud.deploy("sim/web:bad");
  cloud.pass(std::chrono::minutes(30));
  EXPECT_EQ(cloud.primary()["failedTasks"], 0);
  EXPECT_NE(text_at(cloud.primary(), "rolloutState"), "FAILED");
}

TEST(Rollout, FailingHealthChecksEndTasksWithTheirReason) {
  Cloud cloud;
  cloud.balance(30);
  cloud.create(breaker);
  cloud.world.set_faults(Json::array({{{"fault", "failing-health"}, {"image", "*:bad"}}}));
  const auto failed = text_at(cloud.deploy("sim/web:bad")["deployments"][0], "id");
  ASSERT_GE(cloud.until([&] { return text_at(cloud.primary(), "id") != failed; }, 600), 0);
  EXPECT_TRUE(cloud.said("(port 8080) is unhealthy in (target-group " + cloud.group +
                         ") due to (reason Health checks failed with these codes: [502])"));
  bool seen = false;
  for (const auto& task : cloud.tasks("STOPPED"))
    seen = seen || text_at(task, "stoppedReason") == "Task failed ELB health checks in (target-group " + cloud.group + ")";
  EXPECT_TRUE(seen);
}

TEST(Rollout, StopServiceDeploymentRollsBackOnce) {
  Cloud cloud;
  cloud.create();
  const auto before = text_at(cloud.primary(), "taskDefinition");
  cloud.deploy("sim/web:2");
  const auto arn = text_at(cloud.describe(), "currentServiceDeployment");
  cloud.must("StopServiceDeployment", {{"serviceDeploymentArn", arn}, {"stopType", "ROLLBACK"}});
  EXPECT_EQ(text_at(cloud.record(), "status"), "ROLLBACK_REQUESTED");
  cloud.must("StopServiceDeployment", {{"serviceDeploymentArn", arn}, {"stopType", "ROLLBACK"}});
  ASSERT_GE(cloud.until([&] { return text_at(cloud.record(), "status") == "ROLLBACK_SUCCESSFUL"; }), 0);
  EXPECT_EQ(text_at(cloud.describe(), "taskDefinition"), before);
  EXPECT_EQ(cloud.ask("StopServiceDeployment", {{"serviceDeploymentArn", arn}}).error, "ConflictException");
  int effects = 0;
  for (const auto& entry : cloud.world.ledger()["entries"])
    effects += text_at(entry, "operation") == "ecs.StopServiceDeployment" && !entry["repeated"].get<bool>();
  EXPECT_EQ(effects, 1);
}

TEST(Rollout, SameTaskDefinitionIsNoDeploymentUnlessForced) {
  Cloud cloud;
  cloud.create();
  const auto id = text_at(cloud.primary(), "id");
  cloud.update({{"taskDefinition", text_at(cloud.primary(), "taskDefinition")}});
  EXPECT_EQ(text_at(cloud.primary(), "id"), id);
  cloud.update({{"desiredCount", 5}});
  EXPECT_EQ(text_at(cloud.primary(), "id"), id);
  cloud.update({{"forceNewDeployment", true}});
  EXPECT_NE(text_at(cloud.primary(), "id"), id);
}

TEST(Rollout, NewerUpdateSupersedesAnOlderOne) {
  Cloud cloud;
  cloud.create();
  cloud.deploy("sim/web:2");
  const auto first = text_at(cloud.describe(), "currentServiceDeployment");
  cloud.pass(std::chrono::seconds(20));
  cloud.deploy("sim/web:3");
  const auto old = cloud.must("DescribeServiceDeployments", {{"serviceDeploymentArns", {first}}})["serviceDeployments"][0];
  EXPECT_EQ(text_at(old, "status"), "STOPPED");
  ASSERT_GE(cloud.until([&] { return cloud.stable() && text_at(cloud.primary(), "rolloutState") == "COMPLETED"; }), 0);
  EXPECT_TRUE(text_at(cloud.describe(), "taskDefinition").ends_with(":3"));
}

TEST(Rollout, FirstDeploymentThatFailsHasNothingToRollBackTo) {
  Cloud cloud;
  cloud.world.set_faults(Json::array({{{"fault", "crash-on-start"}, {"exit", 1}}}));
  cloud.must("CreateCluster", Json::object());
  cloud.must(
      "CreateService",
      {{"serviceName", "web"}, {"taskDefinition", cloud.define("sim/web:1")}, {"desiredCount", 2}, {"deploymentConfiguration", breaker}});
  ASSERT_GE(cloud.until([&] { return text_at(cloud.record(), "status") == "ROLLBACK_FAILED"; }), 0);
  const auto count = cloud.tasks("STOPPED").size();
  cloud.pass(std::chrono::minutes(10));
  EXPECT_EQ(cloud.tasks("STOPPED").size(), count);
}

TEST(Rollout, AlarmRollsBackAndOneThatRingsAlreadyIsIgnored) {
  Cloud cloud;
  cloud.create({{"alarms", {{"alarmNames", {"errors"}}, {"enable", true}, {"rollback", true}}}});
  cloud.must("PutMetricAlarm", {{"AlarmName", "errors"}}, "monitoring");
  cloud.deploy("sim/web:2");
  EXPECT_EQ(text_at(cloud.record()["alarms"], "status"), "MONITORING");
  cloud.pass(std::chrono::seconds(10));
  cloud.must("SetAlarmState", {{"AlarmName", "errors"}, {"StateValue", "ALARM"}, {"StateReason", "test"}}, "monitoring");
  ASSERT_GE(cloud.until([&] { return text_at(cloud.record(), "status") == "ROLLBACK_SUCCESSFUL"; }), 0);
  EXPECT_EQ(cloud.record()["alarms"]["triggeredAlarmNames"], Json({"errors"}));
  cloud.deploy("sim/web:3");
  EXPECT_EQ(text_at(cloud.record()["alarms"], "status"), "DISABLED");
}

TEST(Rollout, NoCapacityStallsWithAnEvent) {
  Cloud cloud;
  cloud.create();
  cloud.world.set_faults(Json::array({{{"fault", "no-capacity"}, {"service", "web"}}}));
  cloud.deploy("sim/web:2");
  cloud.pass(std::chrono::minutes(2));
  EXPECT_TRUE(cloud.said("was unable to place a task. Reason: Capacity is unavailable at this time."));
  EXPECT_EQ(cloud.primary()["runningCount"], 0);
  cloud.world.set_faults(Json::array());
  EXPECT_GE(cloud.until([&] { return text_at(cloud.primary(), "rolloutState") == "COMPLETED"; }), 0);
}

TEST(Rollout, SpotInterruptionIsReplaced) {
  Cloud cloud;
  cloud.create();
  cloud.world.set_faults(Json::array({{{"fault", "spot-stop"}, {"after", "5s"}, {"count", 1}}}));
  cloud.deploy("sim/web:2");
  ASSERT_GE(cloud.until([&] { return text_at(cloud.primary(), "rolloutState") == "COMPLETED"; }), 0);
  int interrupted = 0;
  for (const auto& task : cloud.tasks("STOPPED")) interrupted += text_at(task, "stopCode") == "SpotInterruption";
  EXPECT_EQ(interrupted, 1);
}

}  // namespace
}  // namespace fairlead::sandbox
