// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "deploy/ec2/refresh.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::deploy::ec2::test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr Time start{std::chrono::hours(24 * 365 * 50)};
constexpr auto boot = seconds(40);
constexpr auto warm = seconds(60);

/// An auto-scaling group that replaces one instance after the other, as AWS does it with a min-healthy of all but one.
class Group {
 public:
  explicit Group(int count, RefreshSettings settings = {}) : settings_(std::move(settings)) {
    settings_.version = "2";
    settings_.baseline = "1";
    settings_.grace = minutes(3);
    for (int i = 0; i < count; ++i) launch("1", start - std::chrono::hours(1));
  }

  std::string people = "continue";
  bool never_good = false;       ///< what runs version 2 in the target group
  bool group_asks = true;        ///< the group asks its load balancer
  bool cannot_launch = false;
  bool irreversible = false;
  bool counts_matching = true;   ///< whether AWS's percentage of a later round includes what was replaced before
  std::optional<seconds> falls_ill;
  seconds bakes{0};
  bool ends_before_undo = false;  ///< AWS has replaced all when it is told to roll back
  Time cancel_at{}, canceled_by_hand_at{};
  double restart_chance = 0;
  std::vector<std::string> log;
  std::vector<std::pair<std::string, int>> asked;

  Verdict run() {
    std::mt19937 random(7);
    machine_.emplace(settings_, look(), start);
    for (now_ = start; now_ < start + std::chrono::hours(8); now_ += seconds(1)) {
      tick();
      if (now_ == cancel_at) machine_->cancel("user:lead canceled it", now_);
      if (now_ == canceled_by_hand_at) status_ = "Cancelled";
      if (std::uniform_real_distribution<double>(0, 1)(random) < restart_chance) restart();
      if (machine_->asked()) ask();
      const auto command = machine_->next(now_);
      if (command.what == RefreshDo::finish) return *machine_->verdict();
      if (command.what != RefreshDo::wait) perform(command);
    }
    ADD_FAILURE() << "it never ended: " << dump(machine_->memory());
    return {};
  }
  int of(const std::string& version) const {
    return static_cast<int>(std::ranges::count_if(members_, [&](const auto& one) { return one.version == version && !one.gone; }));
  }
  Time now() const { return now_; }

 private:
  struct One {
    std::string id, version;
    Time launched{};
    bool gone = false;
  };

  void launch(const std::string& version, Time at) { members_.push_back({"i-" + std::to_string(members_.size()), version, at}); }
  bool in_service(const One& one) const { return !one.gone && now_ >= one.launched + boot; }
  std::string traffic(const One& one) const {
    if (!in_service(one)) return "initial";
    if (one.version == "2" && never_good) return "unhealthy";
    if (one.version == "2" && falls_ill && now_ >= one.launched + boot + *falls_ill) return "unhealthy";
    return "healthy";
  }

  /// Replaces one at a time: the next when the last is warm.
  void tick() {
    const bool undoing = status_ == "RollbackInProgress";
    if (status_ == "Pending") status_ = "InProgress";
    if (status_ == "Baking" && now_ >= baked_at_) status_ = "Successful";
    if (status_ == "Cancelling" && now_ >= cancels_at_) status_ = "Cancelled";
    if (status_ != "InProgress" && !undoing) return;
    const auto wanted = undoing ? "1" : target_;
    for (const auto& one : members_)
      if (!one.gone && one.version == wanted && now_ < one.launched + boot + warm) return;
    if (group_asks && !undoing)
      for (const auto& one : members_)
        if (!one.gone && one.version == wanted && traffic(one) == "unhealthy") return;
    const auto counted = counts_matching ? of(wanted) : of(wanted) - matching_;
    if (!undoing && counted * 100 >= percent_ * desired()) {
      if (percent_ < 100) return;  // the checkpoint's delay is two days
      status_ = "Successful";
      if (bakes > seconds(0)) {
        status_ = "Baking";
        baked_at_ = now_ + bakes;
      }
      return;
    }
    const auto old = std::ranges::find_if(members_, [&](const One& one) { return !one.gone && one.version != wanted; });
    if (old == members_.end()) {
      status_ = undoing ? "RollbackSuccessful" : "Successful";
      return;
    }
    if (cannot_launch && wanted == "2") {
      if (now_ - failed_at_ < seconds(30)) return;
      failed_at_ = now_;
      failures_["a" + std::to_string(failures_.size())] = "The image id 'ami-2' does not exist. Launching EC2 instance failed.";
      return;
    }
    old->gone = true;
    launch(wanted, now_);
  }

  RefreshLook look() const {
    RefreshLook seen;
    seen.status = status_;
    seen.desired = desired();
    seen.percent = seen.desired == 0 ? 0 : (counts_matching ? of(target_) : of(target_) - matching_) * 100 / seen.desired;
    seen.failed_launches = failures_;
    for (const auto& one : members_) {
      if (one.gone) continue;
      seen.members.push_back({.id = one.id,
                              .zone = "a",
                              .version = one.version,
                              .lifecycle = in_service(one) ? "InService" : "Pending",
                              .healthy = true,
                              .traffic = traffic(one),
                              .reason = traffic(one) == "unhealthy" ? "Health checks failed with these codes: [502]" : ""});
    }
    return seen;
  }
  int desired() const { return static_cast<int>(std::ranges::count(members_, false, &One::gone)); }

  void begin(const std::string& version, int percent) {
    target_ = version;
    percent_ = percent;
    matching_ = of(version);
    status_ = "Pending";
    machine_->started(now_);
  }

  void perform(const RefreshCommand& command) {
    if (command.what != RefreshDo::look) log.push_back(std::string(to_string(command.what)) + " " + std::to_string(command.percent));
    switch (command.what) {
      case RefreshDo::look: return machine_->saw(look(), now_);
      case RefreshDo::start: return begin("2", command.percent);
      case RefreshDo::start_back: return begin("1", 100);
      case RefreshDo::cancel:
        status_ = "Cancelling";
        cancels_at_ = now_ + seconds(5);
        return machine_->done(command.what, now_);
      case RefreshDo::undo:
        if (irreversible) return machine_->refused(command.what, "the group uses $Latest", now_);
        if (ends_before_undo) {
          for (auto& one : members_) one.version = "2";
          status_ = "Successful";
        } else {
          status_ = "RollbackInProgress";
        }
        return machine_->done(command.what, now_);
      default: return;
    }
  }

  void ask() {
    const std::pair question{machine_->asked()->text, of("2")};
    if (asked.empty() || asked.back() != question)
      asked.push_back(question);
    else if (!people.empty())
      machine_->answered(people, "user:lead", now_);
  }

  void restart() {
    const auto memory = machine_->memory();
    machine_.emplace(settings_, look(), start);
    machine_->recall(memory, now_);
  }

  RefreshSettings settings_;
  std::vector<One> members_;
  std::string status_, target_ = "2";
  int percent_ = 100, matching_ = 0;
  Time cancels_at_{}, failed_at_{}, baked_at_{}, now_ = start;
  std::map<std::string, std::string> failures_;
  std::optional<Refresh> machine_;
};

TEST(Ec2Refresh, EveryInstanceIsReplaced) {
  Group group(4);
  const auto verdict = group.run();
  EXPECT_EQ(verdict.outcome, Outcome::succeeded);
  EXPECT_EQ(verdict.reason, "4 of 4 instances run version 2");
  EXPECT_EQ(group.log, std::vector<std::string>{"start 100"});
}

TEST(Ec2Refresh, StopsAtCheckpointsForPeopleWhateverAwsCounts) {
  for (const bool counts : {true, false}) {
    RefreshSettings settings;
    settings.checkpoints = {{1, false}, {50, true}};
    Group group(6, settings);
    group.counts_matching = counts;
    group.restart_chance = 0.01;
    const auto verdict = group.run();
    EXPECT_EQ(verdict.reason, "6 of 6 instances run version 2");
    ASSERT_EQ(group.asked.size(), 2U) << counts;
    EXPECT_EQ(group.asked[0].first, "1 of 6 instances run version 2 of the launch template: go on with the others?");
    EXPECT_EQ(group.asked[0].second, 1);
    EXPECT_EQ(group.asked[1].second, 3);
    EXPECT_EQ(group.log, (std::vector<std::string>{"start 16", "cancel 100", "start 50", "cancel 100", "start 100"}));
  }
}

TEST(Ec2Refresh, ACheckpointMaySendItBack) {
  RefreshSettings settings;
  settings.checkpoints = {{50, true}};
  Group group(4, settings);
  group.people = "rollback";
  const auto verdict = group.run();
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_EQ(verdict.rollback, "version 1 of the launch template runs again on 4 instances");
  EXPECT_EQ(group.of("1"), 4);
  EXPECT_EQ(group.log.back(), "start-back 100");
}

TEST(Ec2Refresh, NobodyAnswersAndItGoesBackOrItStaysWhenSomebodySaysStop) {
  RefreshSettings settings;
  settings.checkpoints = {{1, false}};
  settings.patience = minutes(20);
  Group silent(3, settings);
  silent.people.clear();
  silent.restart_chance = 0.01;
  EXPECT_EQ(silent.run().reason, "nobody answered at the checkpoint within 20m");
  EXPECT_EQ(silent.of("1"), 3);
  Group kept(3, settings);
  kept.people = "stop";
  EXPECT_EQ(kept.run().rollback, "1 instance is still on version 2");
  EXPECT_EQ(kept.of("2"), 1);
}

TEST(Ec2Refresh, AnUnhealthyVersionIsGivenUpLongBeforeAwsDoes) {
  Group group(4);
  group.never_good = true;
  RefreshSettings settings;
  const auto verdict = group.run();
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_LT(group.now() - start, minutes(30));
  EXPECT_EQ(group.of("1"), 4);
  EXPECT_THAT(group.log, testing::ElementsAre("start 100", "undo 100"));
}

TEST(Ec2Refresh, AGroupThatDoesNotAskItsLoadBalancerIsNoFalseGreen) {
  Group group(4);
  group.never_good = true;
  group.group_asks = false;  // AWS itself calls it a success
  const auto verdict = group.run();
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_THAT(verdict.reason, HasSubstr("did not stay healthy: Health checks failed with these codes: [502]"));
  EXPECT_EQ(group.of("1"), 4);
}

TEST(Ec2Refresh, InstancesThatFallIllCondemnTheVersion) {
  Group group(6);
  group.group_asks = false;
  group.falls_ill = seconds(70);
  const auto verdict = group.run();
  EXPECT_THAT(verdict.reason, HasSubstr("it was healthy and is not any more"));
  EXPECT_EQ(group.of("1"), 6);
}

TEST(Ec2Refresh, LaunchesThatFailAreToldInAwssWords) {
  Group group(4);
  group.cannot_launch = true;
  const auto verdict = group.run();
  EXPECT_EQ(verdict.reason, "launching fails: The image id 'ami-2' does not exist. Launching EC2 instance failed.");
  EXPECT_LT(group.now() - start, minutes(3));
}

TEST(Ec2Refresh, WhatAwsCannotRollBackIsCanceledAndRefreshedBack) {
  Group group(4);
  group.cancel_at = start + minutes(3);
  group.irreversible = true;
  const auto verdict = group.run();
  EXPECT_EQ(verdict.outcome, Outcome::canceled);
  EXPECT_EQ(verdict.rollback, "version 1 of the launch template runs again on 4 instances");
  EXPECT_THAT(group.log, testing::ElementsAre("start 100", "undo 100", "cancel 100", "start-back 100"));
}

TEST(Ec2Refresh, SomebodyElsesCancelIsRespected) {
  Group group(4);
  group.canceled_by_hand_at = start + minutes(3);
  const auto verdict = group.run();
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_THAT(verdict.reason, HasSubstr("somebody canceled the instance refresh"));
  EXPECT_EQ(group.log, std::vector<std::string>{"start 100"});
}

TEST(Ec2Refresh, AwssBakeTimeMayBeLongerThanTheDeadlineOfProgress) {
  Group group(2);
  group.bakes = minutes(40);
  EXPECT_EQ(group.run().reason, "2 of 2 instances run version 2");
}

TEST(Ec2Refresh, ARefreshThatEndsBeforeItIsUndoneIsRefreshedBack) {
  Group group(3);
  group.ends_before_undo = true;
  group.cancel_at = start + minutes(4);
  const auto verdict = group.run();
  EXPECT_EQ(verdict.rollback, "version 1 of the launch template runs again on 3 instances");
  EXPECT_EQ(group.of("1"), 3);
  EXPECT_THAT(group.log, testing::ElementsAre("start 100", "undo 100", "start-back 100"));
}

TEST(Ec2Refresh, WhoCancelsAfterARestartMeansWhatWasStartedBeforeIt) {
  RefreshSettings settings;
  settings.version = "2";
  settings.baseline = "1";
  const auto memory = Refresh(settings, {}, start).memory();  // the server died before it could note that AWS had started
  RefreshLook look;
  look.status = "InProgress";
  Refresh machine(settings, look, start);
  machine.recall(memory, start + seconds(30));
  machine.condemn("alarm shop-5xx rang", start + seconds(30));
  EXPECT_FALSE(machine.verdict());
  EXPECT_EQ(machine.next(start + seconds(30)).what, RefreshDo::undo);
}

/// Groups, checkpoints, faults and restarts by lot: it always ends, and never calls a group good that is not all new.
TEST(Ec2Refresh, RandomGroupsEnd) {
  std::mt19937 random(5);
  const auto dice = [&random](int sides) { return static_cast<int>(random() % static_cast<unsigned>(sides)); };
  int good = 0, bad = 0;
  for (int round = 0; round < 150; ++round) {
    RefreshSettings settings;
    if (dice(2) == 0) settings.checkpoints = {{1 + dice(3), false}, {60 + dice(60), true}};
    settings.roll_back = dice(6) != 0;
    settings.reversible = dice(3) != 0;
    const int count = 1 + dice(6);
    Group group(count, settings);
    group.never_good = dice(5) == 0;
    group.cannot_launch = dice(8) == 0;
    group.group_asks = dice(2) == 0;
    group.irreversible = dice(3) == 0;
    group.counts_matching = dice(2) == 0;
    if (dice(6) == 0) group.falls_ill = seconds(dice(200));
    if (dice(6) == 0) group.cancel_at = start + seconds(dice(1000));
    group.people = dice(4) == 0 ? "rollback" : dice(6) == 0 ? "" : "continue";
    group.restart_chance = dice(2) == 0 ? 0.02 : 0;
    const auto verdict = group.run();
    if (verdict.outcome == Outcome::succeeded) {
      ++good;
      EXPECT_EQ(group.of("2"), count) << round;
      EXPECT_FALSE(group.never_good) << round;
    } else {
      ++bad;
      if (settings.roll_back) {
        EXPECT_EQ(group.of("1"), count) << round << ": " << verdict.reason << "; " << verdict.rollback;
      }
    }
  }
  EXPECT_GT(good, 30);
  EXPECT_GT(bad, 30);
}

}  // namespace
}  // namespace fairlead::deploy::ec2::test
