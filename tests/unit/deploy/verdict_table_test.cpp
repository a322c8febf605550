// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>

#include "deploy/ecs/rollout.hpp"
#include "unit/sandbox/cloud.hpp"

// The rollout against the local AWS on a virtual clock, row by row beside what `aws ecs wait services-stable` says: whose verdict is
// right, who is first, and how many calls it takes.
namespace fairlead::deploy::ecs {
namespace {

using namespace std::chrono_literals;
using sandbox::Cloud;

struct Scenario {
  const char* name;
  bool good;
  int desired;
  int drain;  ///< seconds; 0: no load balancer
  bool breaker;
  Json faults;
};

struct Seen {
  std::string verdict;
  bool green = false;
  int seconds = 0;
  int calls = 0;
};

const char* const bad = "sim/web:bad";

std::unique_ptr<Cloud> world_of(const Scenario& it) {
  auto cloud = std::make_unique<Cloud>();
  cloud->desired = it.desired;
  if (it.drain > 0) cloud->balance(it.drain);
  cloud->create(it.breaker ? sandbox::breaker : Json::object());
  cloud->pass(5min);  // what earlier deployments left is gone
  cloud->world.set_faults(it.faults);
  return cloud;
}

/// 15 s × 40; success as soon as there is one deployment and as many tasks run as are wanted.
Seen wait_services_stable(const Scenario& it) {
  const auto cloud = world_of(it);
  cloud->deploy(bad);
  Seen seen{"timeout", false, 600, 42};
  for (int look = 0; look < 40; ++look) {
    if (cloud->stable()) return {"stable", true, look * 15, look + 3};
    cloud->pass(15s);
  }
  return seen;
}

class Ours {
 public:
  explicit Ours(const Scenario& it) : cloud_(world_of(it)), baseline_(baseline()), rollout_({}, baseline_, cloud_->now) {}

  Seen run() {
    const Time start = cloud_->now;
    Seen seen;
    for (int guard = 0; guard < 10'000 && !rollout_.verdict(); ++guard) perform(rollout_.next(cloud_->now));
    seen.seconds = static_cast<int>(std::chrono::duration_cast<std::chrono::seconds>(cloud_->now - start).count());
    seen.calls = calls_ + 5;  // the plan's
    for (int guard = 0; guard < 10'000 && rollout_.phase() != Phase::done; ++guard) {
      if (rollout_.next(cloud_->now).what == Do::finish) break;
      perform(rollout_.next(cloud_->now));
    }
    seen.verdict = rollout_.verdict() ? std::string(to_string(rollout_.verdict()->outcome)) : "none";
    seen.green = rollout_.verdict() && is_good(rollout_.verdict()->outcome);
    return seen;
  }
  std::string runs_now() { return text_at(cloud_->primary(), "taskDefinition"); }
  const Baseline& before() const { return baseline_; }
  const Rollout& rollout() const { return rollout_; }

 private:
  Baseline baseline() {
    const Service service = service_from(cloud_->describe());
    Baseline it;
    it.task_definition = service.task_definition;
    it.deployment = service.primary()->id;
    it.desired = service.desired;
    it.target_groups = service.target_groups;
    return it;
  }

  std::vector<Task> tasks(const Json& filter, bool fresh_only) {
    ++calls_;
    Json arns = Json::array();
    for (const Json& arn : cloud_->must("ListTasks", filter)["taskArns"]) {
      if (!fresh_only || told_.insert(arn.get<std::string>()).second) arns.push_back(arn);
    }
    std::vector<Task> found;
    if (arns.empty()) return found;
    ++calls_;
    for (const Json& task : cloud_->must("DescribeTasks", {{"tasks", arns}})["tasks"]) found.push_back(task_from(task));
    return found;
  }

  std::vector<Target> targets() {
    std::vector<Target> found;
    const Json answer = cloud_->must("DescribeTargetHealth", {{"TargetGroupArn", cloud_->group}}, "elasticloadbalancing");
    for (const Json& it : answer["TargetHealthDescriptions"]) {
      found.push_back({text_at(it["Target"], "Id"), 0, text_at(it["TargetHealth"], "State"), "", ""});
    }
    return found;
  }

  bool stop() {
    const Json listed = cloud_->must("ListServiceDeployments", {{"service", cloud_->service}});
    for (const Json& it : listed["serviceDeployments"]) {
      if (text_at(it, "status") != "IN_PROGRESS" && text_at(it, "status") != "PENDING") continue;
      const Json params{{"serviceDeploymentArn", text_at(it, "serviceDeploymentArn")}, {"stopType", "ROLLBACK"}};
      return cloud_->ask("StopServiceDeployment", params).ok();
    }
    return false;
  }

  void perform(Command command) {
    const Time now = cloud_->now;
    switch (command.what) {
      case Do::register_revision: ++calls_; return rollout_.registered(cloud_->define(bad), now);
      case Do::update_service: {
        ++calls_;
        const Json answer = cloud_->update({{"taskDefinition", rollout_.task_definition()}});
        return rollout_.updated(text_at(answer["deployments"][0], "id"), now);
      }
      case Do::read_service: ++calls_; return rollout_.saw(service_from(cloud_->describe()), now);
      case Do::read_stopped:
        return rollout_.saw_stopped(tasks({{"serviceName", cloud_->service}, {"desiredStatus", "STOPPED"}}, true), now);
      case Do::read_tasks: {
        calls_ -= all_known_;  // tasks that were listed once are described only, as Watch does it
        auto found = tasks({{"startedBy", rollout_.deployment()}}, false);
        all_known_ = static_cast<int>(found.size()) >= rollout_.desired();
        return rollout_.saw_tasks(found, now);
      }
      case Do::read_targets: ++calls_; return rollout_.saw_targets(targets(), now);
      case Do::stop_deployment: return stop() ? rollout_.stopped(now) : rollout_.stop_refused("nothing is active", now);
      case Do::restore: cloud_->update({{"taskDefinition", baseline_.task_definition}}); return rollout_.restored(now);
      case Do::diagnose: return rollout_.diagnosed(now);
      case Do::wait: return cloud_->pass(std::max<Duration>(command.until - now, 100ms));
      default: return;
    }
  }

  std::unique_ptr<Cloud> cloud_;
  Baseline baseline_;
  Rollout rollout_;
  std::set<std::string> told_;
  bool all_known_ = false;
  int calls_ = 0;
};

std::vector<Scenario> scenarios() {
  const Json image = Json::array({{{"fault", "image-missing"}, {"image", "*:bad"}}});
  const Json crash = Json::array({{{"fault", "crash-after-running"}, {"after", "15s"}, {"image", "*:bad"}}});
  const Json health = Json::array({{{"fault", "failing-health"}, {"image", "*:bad"}}});
  const Json none = Json::array();
  return {{"good, drain 300 s", true, 4, 300, true, none},
          {"good, drain 30 s", true, 4, 30, true, none},
          {"bad image, breaker", false, 4, 30, true, image},
          {"bad image, no breaker", false, 4, 30, false, image},
          {"crash 15 s after RUNNING, breaker", false, 4, 30, true, crash},
          {"crash 15 s after RUNNING, no breaker", false, 4, 30, false, crash},
          {"failing health check, 4 tasks", false, 4, 30, true, health},
          {"failing health check, 1 task", false, 1, 30, true, health}};
}

TEST(VerdictTable, ours_is_right_and_first_in_each_row) {
  for (const auto& it : scenarios()) {
    const Seen waiter = wait_services_stable(it);
    Ours deploy(it);
    const Seen ours = deploy.run();
    if (std::getenv("TABLE") != nullptr) {
      std::printf("%-38s %-8s%-7s %4d s %3d calls   %-8s %4d s %3d calls\n", it.name, waiter.verdict.c_str(),
                  waiter.green == it.good ? "" : " FALSE", waiter.seconds, waiter.calls, ours.verdict.c_str(), ours.seconds, ours.calls);
    }
    EXPECT_EQ(ours.green, it.good) << it.name << ": " << ours.verdict;
    EXPECT_LE(ours.seconds, waiter.seconds) << it.name;
    if (it.good) {
      EXPECT_LE(ours.calls, 35) << it.name;
      EXPECT_EQ(deploy.runs_now(), deploy.rollout().task_definition()) << it.name;
    } else {
      EXPECT_EQ(deploy.runs_now(), deploy.before().task_definition) << it.name;
      EXPECT_NE(deploy.rollout().verdict()->rolled_back, RolledBack::failed) << it.name << ": " << deploy.rollout().verdict()->rollback;
    }
  }
}

}  // namespace
}  // namespace fairlead::deploy::ecs
