// SPDX-License-Identifier: Apache-2.0
#include "unit/sandbox/refresh.hpp"

namespace fairlead::sandbox {
namespace {

struct FailingRefreshes : Refreshes {
  void strike(const std::string& fault, Json more = Json::object()) {
    more["fault"] = fault, more["image"] = "ami-sim-2";
    cloud.world.set_faults(Json::array({more}));
  }
  std::string error(const std::string& operation) { return cloud.ask(operation, {{"AutoScalingGroupName", "fleet"}}, "autoscaling").error; }
  void roll_back() { scaling("RollbackInstanceRefresh", {{"AutoScalingGroupName", "fleet"}}); }
};

TEST_F(FailingRefreshes, UnhealthyReplacementIsWaitedForAnHour) {
  strike("failing-health");
  create(4, {{"HealthCheckGracePeriod", 100000}});
  start({{"InstanceWarmup", 0}});
  cloud.pass(59min);
  EXPECT_EQ(status(), "InProgress");
  EXPECT_TRUE(reason().ends_with("is unavailable.")) << reason();
  EXPECT_EQ(live("2"), 1);
  EXPECT_EQ(ready(), 3);
  EXPECT_LT(run_to("Failed").seconds, 600);
  EXPECT_TRUE(reason().starts_with("No instance was replaced for 1h. Waiting for remaining instances to be available.")) << reason();
  EXPECT_TRUE(view().contains("EndTime"));
  EXPECT_EQ(version_of_group(), "1");
  EXPECT_EQ(live("2"), 1);
}

TEST_F(FailingRefreshes, UnhealthyReplacementIsReplacedMeanwhile) {
  strike("failing-health", {{"count", 1}});
  create(2);
  start();
  run_to("Successful");
  EXPECT_EQ(causes("ELB system health check failure"), 1);
  EXPECT_EQ(live("2"), 2);
}

TEST_F(FailingRefreshes, AutoRollbackBringsBackWhatWasThere) {
  create(4);
  strike("failing-health");
  start({{"AutoRollback", true}, {"MinHealthyPercentage", 50}});
  run_to("RollbackInProgress");
  EXPECT_EQ(view()["RollbackDetails"]["PercentageCompleteOnRollback"], 0);
  EXPECT_EQ(view()["RollbackDetails"]["InstancesToUpdateOnRollback"], 4);
  EXPECT_TRUE(text_at(view()["RollbackDetails"], "RollbackReason").starts_with("No instance was replaced for 1h.")) << dump(view());
  const auto course = run_to("RollbackSuccessful");
  EXPECT_EQ(course.least_ready, 2);
  EXPECT_EQ(live("1"), 4);
  EXPECT_EQ(live("2"), 0);
  EXPECT_EQ(ready(), 4);
  EXPECT_EQ(version_of_group(), "1");
}

TEST_F(FailingRefreshes, LaunchThatFailsEndsInARollback) {
  create(2);
  strike("launch-fails");
  start({{"AutoRollback", true}});
  cloud.pass(10min);
  EXPECT_EQ(live(), 1);
  EXPECT_EQ(reason(),
            "Waiting for instances to be launched. The last launch failed: The image id '[ami-sim-2]' does not exist. Launching "
            "EC2 instance failed.");
  run_to("RollbackSuccessful");
  EXPECT_EQ(live("1"), 2);
  EXPECT_EQ(ready(), 2);
}

TEST_F(FailingRefreshes, RollbackThatGetsNowhereFails) {
  cloud.world.set_times({{"patience", "20m"}});
  create(2);
  strike("launch-fails");
  start({{"AutoRollback", true}});
  cloud.pass(10min);
  cloud.world.set_faults(Json::array({{{"fault", "launch-fails"}}}));
  run_to("RollbackFailed");
}

TEST_F(FailingRefreshes, AlarmFailsARefreshAlsoWhileItBakes) {
  create(2);
  alarm("OK");
  start({{"BakeTime", 600}, {"AlarmSpecification", watches_errors}});
  run_to("Baking");
  alarm("ALARM");
  run_to("Failed", 20);
  EXPECT_EQ(reason(), "The CloudWatch alarm errors is in the ALARM state.");
  EXPECT_EQ(version_of_group(), "1");
}

TEST_F(FailingRefreshes, AlarmRollsBackWhatIsReplacedSoFar) {
  create(4);
  alarm("OK");
  start({{"AlarmSpecification", watches_errors}, {"AutoRollback", true}});
  ASSERT_GE(until([&] { return view()["PercentageComplete"] == 50; }), 0);
  alarm("ALARM");
  run_to("RollbackInProgress", 20);
  EXPECT_EQ(view()["RollbackDetails"]["PercentageCompleteOnRollback"], 50);
  EXPECT_EQ(view()["PercentageComplete"], 50);
  ASSERT_GE(until([&] { return view()["PercentageComplete"] == 25; }), 0) << "it goes back down";
  run_to("RollbackSuccessful");
  EXPECT_EQ(view()["PercentageComplete"], 0);
  EXPECT_EQ(view()["InstancesToUpdate"], 4);
  EXPECT_EQ(live("1"), 4);
}

TEST_F(FailingRefreshes, CancellationWaitsForWhatHasBegun) {
  create(4);
  start({{"MinHealthyPercentage", 100}, {"MaxHealthyPercentage", 125}});
  cloud.pass(10s);
  ASSERT_EQ(members("Pending").size(), 1u);
  EXPECT_TRUE(members("Terminating").empty());
  scaling("CancelInstanceRefresh", {{"AutoScalingGroupName", "fleet"}});
  EXPECT_EQ(status(), "Cancelling");
  EXPECT_EQ(error("RollbackInstanceRefresh"), "ActiveInstanceRefreshNotFound");
  cloud.pass(20s);
  EXPECT_EQ(status(), "Cancelling");
  run_to("Cancelled");
  EXPECT_TRUE(members("Pending").empty());
  EXPECT_TRUE(members("Terminating").empty());
  cloud.pass(1h);
  EXPECT_EQ(live("2"), 1);
  EXPECT_EQ(live("1"), 3);
  EXPECT_EQ(version_of_group(), "1");
  EXPECT_EQ(error("CancelInstanceRefresh"), "ActiveInstanceRefreshNotFound");
}

TEST_F(FailingRefreshes, CancellationNeedNotWait) {
  create(4);
  start();
  cloud.pass(10s);
  scaling("CancelInstanceRefresh", {{"AutoScalingGroupName", "fleet"}, {"WaitForTransitioningInstances", false}});
  EXPECT_EQ(status(), "Cancelled");
  EXPECT_EQ(members("Pending").size(), 1u);
}

TEST_F(FailingRefreshes, RollbackIsAskedForInTheMiddle) {
  create(4);
  start({{"MinHealthyPercentage", 100}, {"MaxHealthyPercentage", 150}});
  ASSERT_GE(until([&] { return view()["PercentageComplete"] == 50; }), 0);
  roll_back();
  EXPECT_EQ(status(), "RollbackInProgress");
  const auto course = run_to("RollbackSuccessful");
  EXPECT_GE(course.least_ready, 4);
  EXPECT_EQ(live("1"), 4);
  EXPECT_EQ(members().size(), 4u);
  EXPECT_EQ(version_of_group(), "1");
  EXPECT_EQ(error("RollbackInstanceRefresh"), "ActiveInstanceRefreshNotFound");
}

TEST_F(FailingRefreshes, WithoutSomethingToGoBackToThereIsNoRollback) {
  create(1);
  EXPECT_EQ(try_start({{"AutoRollback", true}}, nullptr).error, "ValidationError");
  refresh = text_at(try_start(Json::object(), nullptr).body, "InstanceRefreshId");
  EXPECT_EQ(error("RollbackInstanceRefresh"), "IrreversibleInstanceRefresh");
}

TEST_F(FailingRefreshes, MovingVersionCannotBeGoneBackTo) {
  create(1, {{"Version", "$Default"}});
  EXPECT_EQ(try_start({{"AutoRollback", true}}, configuration("2")).error, "ValidationError");
  start();
  EXPECT_EQ(error("RollbackInstanceRefresh"), "IrreversibleInstanceRefresh");
}

TEST_F(FailingRefreshes, ProtectedMembersAreWaitedFor) {
  create(3);
  const auto kept = members()[1];
  protect({kept});
  start();
  ASSERT_GE(until([&] { return view()["PercentageComplete"] == 66; }), 0);
  cloud.pass(30min);
  EXPECT_EQ(status(), "InProgress");
  EXPECT_EQ(reason(), "Waiting for instances that are protected from scale in. For example: " + kept + ".");
  EXPECT_EQ(live("2"), 2);
  protect({kept}, false);
  run_to("Successful", 600);
  start();
  protect(members());
  run_to("Failed");
}

TEST_F(FailingRefreshes, ProtectedMembersAreIgnoredOrReplacedWhenThatIsPreferred) {
  create(3);
  protect(members());
  const auto kept = members();
  start({{"ScaleInProtectedInstances", "Ignore"}});
  run_to("Successful", 60);
  EXPECT_EQ(members(), kept);
  start({{"ScaleInProtectedInstances", "Refresh"}});
  run_to("Successful");
  EXPECT_EQ(live("2"), 3);
}

TEST_F(FailingRefreshes, StandbyMembersAreWaitedForIgnoredOrTerminated) {
  create(3);
  const auto resting = members()[0];
  standby(resting);
  start();
  ASSERT_GE(until([&] { return reason() == "Waiting for instances that are in Standby. For example: " + resting + "."; }), 0);
  EXPECT_EQ(live("2"), 2);
  run_to("Failed");
  start({{"StandbyInstances", "Ignore"}});
  run_to("Successful");
  EXPECT_EQ(members("Standby"), std::vector{resting});
  start({{"StandbyInstances", "Terminate"}});
  run_to("Successful");
  EXPECT_TRUE(members("Standby").empty());
  EXPECT_EQ(members().size(), 2u);
  EXPECT_EQ(view()["PercentageComplete"], 100);
}

TEST_F(FailingRefreshes, DeletionOfTheGroupEndsIt) {
  create(1);
  start();
  cloud.pass(5s);
  scaling("DeleteAutoScalingGroup", {{"AutoScalingGroupName", "fleet"}, {"ForceDelete", true}});
  EXPECT_EQ(status(), "Cancelled");
  cloud.pass(5min);
  EXPECT_TRUE(scaling("DescribeAutoScalingGroups", Json::object())["AutoScalingGroups"].empty());
}

}  // namespace
}  // namespace fairlead::sandbox
