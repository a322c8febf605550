// SPDX-License-Identifier: Apache-2.0
#include "unit/sandbox/refresh.hpp"

namespace fairlead::sandbox {
namespace {

TEST_F(Refreshes, ReplacesEveryMemberAndChangesTheGroupAtTheEnd) {
  create(4);
  start();
  EXPECT_EQ(status(), "Pending");
  EXPECT_FALSE(view().contains("StartTime"));
  cloud.pass(3s);
  EXPECT_EQ(status(), "InProgress");
  EXPECT_EQ(view()["PercentageComplete"], 0);
  EXPECT_EQ(view()["InstancesToUpdate"], 4);
  EXPECT_EQ(version_of_group(), "1");
  ASSERT_GE(until([&] { return view()["PercentageComplete"] == 25; }), 0);
  EXPECT_EQ(view()["InstancesToUpdate"], 3);
  EXPECT_EQ(version_of_group(), "1");
  run_to("Successful");
  EXPECT_EQ(view()["PercentageComplete"], 100);
  EXPECT_EQ(view()["InstancesToUpdate"], 0);
  EXPECT_TRUE(view().contains("EndTime"));
  EXPECT_EQ(version_of_group(), "2");
  EXPECT_EQ(live("2"), 4);
  EXPECT_EQ(members().size(), 4u);
  EXPECT_EQ(causes("an instance was launched in response to an instance refresh."), 4);
  EXPECT_EQ(causes("an instance was taken out of service in response to an instance refresh.  At"), 4);
}

TEST_F(Refreshes, DefaultsAreThoseOfAws) {
  create(1, {{"HealthCheckGracePeriod", 7}});
  start();
  EXPECT_EQ(view()["Preferences"], (Json{{"MinHealthyPercentage", 90},
                                         {"MaxHealthyPercentage", 100},
                                         {"InstanceWarmup", 7},
                                         {"SkipMatching", false},
                                         {"AutoRollback", false},
                                         {"ScaleInProtectedInstances", "Wait"},
                                         {"StandbyInstances", "Wait"}}));
}

TEST_F(Refreshes, MinHealthy90OfTenMissesOneAtATime) {
  create(10);
  start({{"MinHealthyPercentage", 90}});
  const auto course = run_to("Successful");
  EXPECT_EQ(course.least_ready, 9);
  EXPECT_EQ(course.most_live, 10);
  EXPECT_EQ(course.most_new_at_once, 1);
}

TEST_F(Refreshes, MinHealthy50MissesHalf) {
  create(4);
  start({{"MinHealthyPercentage", 50}});
  const auto course = run_to("Successful");
  EXPECT_EQ(course.least_ready, 2);
  EXPECT_EQ(course.most_live, 4);
  EXPECT_EQ(course.most_new_at_once, 2);
}

TEST_F(Refreshes, MinHealthy100WithoutRoomTerminatesOneFirst) {
  create(4);
  start({{"MinHealthyPercentage", 100}});
  const auto course = run_to("Successful");
  EXPECT_EQ(course.least_ready, 3);
  EXPECT_EQ(course.most_live, 4);
  EXPECT_EQ(course.most_new_at_once, 1);
}

TEST_F(Refreshes, MaxHealthy110LaunchesOneFirst) {
  create(10);
  start({{"MinHealthyPercentage", 100}, {"MaxHealthyPercentage", 110}});
  const auto course = run_to("Successful");
  EXPECT_EQ(course.least_ready, 10);
  EXPECT_EQ(course.most_live, 11);
  EXPECT_EQ(course.most_new_at_once, 1);
  EXPECT_EQ(members().size(), 10u);
}

TEST_F(Refreshes, WiderBoundsAreFaster) {
  create(4);
  start({{"MinHealthyPercentage", 100}, {"MaxHealthyPercentage", 125}});
  const auto narrow = run_to("Successful");
  EXPECT_EQ(narrow.most_live, 5);
  start({{"MinHealthyPercentage", 100}, {"MaxHealthyPercentage", 200}});
  const auto wide = run_to("Successful");
  EXPECT_EQ(wide.most_live, 8);
  EXPECT_EQ(wide.least_ready, 4);
  EXPECT_LT(wide.seconds * 2, narrow.seconds);
}

TEST_F(Refreshes, PolicyOfTheGroupIsTheDefaultOfTheBounds) {
  create(4, {{"InstanceMaintenancePolicy", {{"MinHealthyPercentage", "100"}, {"MaxHealthyPercentage", "150"}}}});
  start();
  EXPECT_EQ(run_to("Successful").most_live, 6);
}

TEST_F(Refreshes, WaitsForTheWarmupOfEach) {
  create(2);
  start({{"InstanceWarmup", 900}});
  ASSERT_GE(until([&] { return ready() == 2 && live("2") == 1; }), 0);
  cloud.pass(800s);
  EXPECT_EQ(live("1"), 1);
  EXPECT_TRUE(reason().starts_with("Waiting for instances to warm up before continuing. For example: i-")) << reason();
  EXPECT_GT(run_to("Successful").seconds, 900);
}

TEST_F(Refreshes, PausesAtEachCheckpointButTheLast) {
  create(4);
  start({{"CheckpointPercentages", {"25", "50", "100"}}, {"CheckpointDelay", 5400}, {"MinHealthyPercentage", 0}});
  for (const int percent : {25, 50}) {
    ASSERT_GE(until([&] { return reason().starts_with("Reached the checkpoint of " + std::to_string(percent)); }), 0) << percent;
    EXPECT_EQ(live("2"), percent * 4 / 100);
    EXPECT_EQ(view()["PercentageComplete"], percent);
    cloud.pass(5390s);
    EXPECT_EQ(live("2"), percent * 4 / 100);
    EXPECT_EQ(status(), "InProgress");
  }
  EXPECT_LT(run_to("Successful").seconds, 300);
  EXPECT_EQ(live("2"), 4);
}

TEST_F(Refreshes, CheckpointsThatEndEarlyReplaceOnlyThatPart) {
  create(4);
  start({{"CheckpointPercentages", {50}}, {"MinHealthyPercentage", 50}});
  EXPECT_LT(run_to("Successful").seconds, 600);
  EXPECT_EQ(live("2"), 2);
  EXPECT_EQ(live("1"), 2);
  EXPECT_EQ(view()["PercentageComplete"], 50);
  EXPECT_EQ(view()["InstancesToUpdate"], 2);
  EXPECT_EQ(version_of_group(), "2");
}

TEST_F(Refreshes, MatchingMembersAreSkipped) {
  create(4);
  start({{"CheckpointPercentages", {50}}, {"MinHealthyPercentage", 50}});
  run_to("Successful");
  const auto done = members("InService");
  start({{"SkipMatching", true}, {"MinHealthyPercentage", 0}});
  cloud.pass(3s);
  EXPECT_EQ(view()["InstancesToUpdate"], 2);
  run_to("Successful");
  EXPECT_EQ(live("2"), 4);
  int kept = 0;
  for (const auto& one : members()) kept += static_cast<int>(std::ranges::count(done, one));
  EXPECT_EQ(kept, 2);
  const auto before = members();
  start({{"SkipMatching", true}});
  run_to("Successful", 60);
  EXPECT_EQ(members(), before);
  EXPECT_EQ(view()["PercentageComplete"], 100);
}

TEST_F(Refreshes, MatchingMembersCountForACheckpoint) {
  create(4);
  start({{"CheckpointPercentages", {50}}, {"MinHealthyPercentage", 50}});
  run_to("Successful");
  start({{"SkipMatching", true}, {"CheckpointPercentages", {75}}, {"MinHealthyPercentage", 0}});
  run_to("Successful");
  EXPECT_EQ(live("2"), 3);
}

TEST_F(Refreshes, WithoutADesiredConfigurationTheGroupsOwnIsUsed) {
  create(2);
  const auto before = members();
  refresh = text_at(try_start(Json::object(), nullptr).body, "InstanceRefreshId");
  run_to("Successful");
  EXPECT_EQ(live("1"), 2);
  for (const auto& one : members()) EXPECT_EQ(std::ranges::count(before, one), 0);
}

TEST_F(Refreshes, ScalingOutLaunchesTheDesiredConfiguration) {
  create(2);
  start({{"InstanceWarmup", 600}});
  cloud.pass(1min);
  scaling("SetDesiredCapacity", {{"AutoScalingGroupName", "fleet"}, {"DesiredCapacity", 4}});
  cloud.pass(1min);
  EXPECT_EQ(live("2"), 3);
  run_to("Successful");
  EXPECT_EQ(live("2"), 4);
}

TEST_F(Refreshes, BakesBeforeItSucceeds) {
  create(2);
  start({{"BakeTime", 600}, {"AlarmSpecification", watches_errors}});
  run_to("Baking");
  EXPECT_EQ(live("2"), 2);
  EXPECT_EQ(version_of_group(), "1");
  cloud.pass(590s);
  EXPECT_EQ(status(), "Baking");
  cloud.pass(20s);
  EXPECT_EQ(status(), "Successful");
}

TEST_F(Refreshes, PreferencesAreChecked) {
  create(1);
  const std::vector<Json> bad{{{"MinHealthyPercentage", 101}},
                              {{"MaxHealthyPercentage", 110}},
                              {{"MinHealthyPercentage", 50}, {"MaxHealthyPercentage", 160}},
                              {{"CheckpointPercentages", {50, 20}}},
                              {{"CheckpointPercentages", {50, 50}}},
                              {{"CheckpointDelay", 60}},
                              {{"BakeTime", 172801}},
                              {{"StandbyInstances", "Refresh"}}};
  for (const auto& one : bad) EXPECT_EQ(try_start(one, configuration("2")).error, "ValidationError") << dump(one);
  EXPECT_EQ(try_start(Json::object(), configuration("9")).error, "ValidationError");
  start();
  EXPECT_EQ(try_start(Json::object(), configuration("2")).error, "InstanceRefreshInProgress");
  EXPECT_EQ(
      cloud.ask("AttachLoadBalancerTargetGroups", {{"AutoScalingGroupName", "fleet"}, {"TargetGroupARNs", {target}}}, "autoscaling").error,
      "InstanceRefreshInProgress");
}

}  // namespace
}  // namespace fairlead::sandbox
