// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "unit/sandbox/fleet.hpp"

namespace fairlead::sandbox {

/// A group of simulated instances behind a load balancer, whose template has a second version.
struct Refreshes : Fleet {
  std::string target = balance("instance", 60);
  std::string id = make_template("web", {{"ImageId", "ami-sim-1"}});
  std::string refresh;
  int size = 0;

  void SetUp() override {
    ec2("CreateLaunchTemplateVersion", {{"LaunchTemplateId", id}, {"LaunchTemplateData", {{"ImageId", "ami-sim-2"}}}});
  }
  Json configuration(const std::string& version) const { return {{"LaunchTemplate", {{"LaunchTemplateId", id}, {"Version", version}}}}; }

  void create(int desired, Json more = Json::object()) {
    size = desired;
    more.update(configuration(more.contains("Version") ? text_at(more, "Version") : "1"));
    more["TargetGroupARNs"] = {target};
    more["HealthCheckType"] = "ELB";
    create_group(desired, more);
    cloud.pass(2min);
    ASSERT_EQ(ready(), desired);
  }
  Answer try_start(const Json& preferences, const Json& desired) {
    Json params{{"AutoScalingGroupName", "fleet"}, {"Preferences", preferences}};
    if (!desired.is_null()) params["DesiredConfiguration"] = desired;
    return cloud.ask("StartInstanceRefresh", params, "autoscaling");
  }
  void start(const Json& preferences = Json::object()) {
    const auto answer = try_start(preferences, configuration("2"));
    ASSERT_EQ(answer.error, "") << answer.message;
    refresh = text_at(answer.body, "InstanceRefreshId");
  }
  Json view() {
    return scaling("DescribeInstanceRefreshes",
                   {{"AutoScalingGroupName", "fleet"}, {"InstanceRefreshIds", {refresh}}})["InstanceRefreshes"][0];
  }
  std::string status() { return text_at(view(), "Status"); }
  std::string reason() { return text_at(view(), "StatusReason"); }

  /// Members in service that the load balancer sends requests to.
  int ready() {
    const auto states = target_states(target);
    return static_cast<int>(
        std::ranges::count_if(members("InService"), [&](const auto& one) { return states.contains(one) && states.at(one) == "healthy"; }));
  }
  /// Members in service or pending, of a template version or all.
  int live(const std::string& version = {}) {
    int count = 0;
    for (const auto& one : group()["Instances"]) {
      const auto lifecycle = text_at(one, "LifecycleState");
      const bool fits = version.empty() || text_at(one["LaunchTemplate"], "Version") == version;
      count += fits && (lifecycle == "InService" || lifecycle == "Pending") ? 1 : 0;
    }
    return count;
  }
  /// Lets time pass until `done`, with looks far closer than anything takes; how many seconds, -1 when the limit came first.
  int until(const std::function<bool()>& done, int limit = 4 * 3600) {
    for (int seconds = 0; seconds <= limit; seconds += 5) {
      if (done()) return seconds;
      cloud.pass(5s);
    }
    return -1;
  }
  struct Course {
    int least_ready = 1000, most_live = 0, most_new_at_once = 0;
    int seconds = 0;
  };
  /// Lets it go on until it is over.
  Course run_to(const std::string& wanted, int limit = 4 * 3600) {
    Course course;
    course.seconds = until(
        [&] {
          course.least_ready = std::min(course.least_ready, ready());
          course.most_live = std::max(course.most_live, live());
          course.most_new_at_once = std::max(course.most_new_at_once, static_cast<int>(members("Pending").size()));
          return status() == wanted;
        },
        limit);
    EXPECT_GE(course.seconds, 0) << "never " << wanted << ", but " << dump(view());
    return course;
  }
  std::string version_of_group() { return text_at(group()["LaunchTemplate"], "Version"); }
  int causes(const std::string& words) {
    const Json all = activities();
    return static_cast<int>(
        std::ranges::count_if(all, [&](const Json& one) { return text_at(one, "Cause").find(words) != std::string::npos; }));
  }
  void protect(const std::vector<std::string>& ids, bool on = true) {
    scaling("SetInstanceProtection", {{"AutoScalingGroupName", "fleet"}, {"InstanceIds", ids}, {"ProtectedFromScaleIn", on}});
  }
  void standby(const std::string& one) {
    scaling("EnterStandby", {{"AutoScalingGroupName", "fleet"}, {"InstanceIds", {one}}, {"ShouldDecrementDesiredCapacity", true}});
  }
  void alarm(const std::string& state) {
    cloud.must("PutMetricAlarm", {{"AlarmName", "errors"}}, "monitoring");
    cloud.must("SetAlarmState", {{"AlarmName", "errors"}, {"StateValue", state}}, "monitoring");
  }
};

inline const Json watches_errors{{"Alarms", {"errors"}}};

}  // namespace fairlead::sandbox
