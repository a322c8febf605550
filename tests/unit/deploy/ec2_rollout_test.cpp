// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "deploy/ec2/rollout.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::deploy::ec2::test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr Time start{std::chrono::hours(24 * 365 * 50)};

/// Hosts behind a load balancer that answer what a machine asks, at once or after a while.
class Fleet {
 public:
  Fleet(int count, Settings settings, unsigned seed = 1) : settings_(std::move(settings)), random_(seed) {
    for (int i = 0; i < count; ++i) {
      Host host;
      host.id = "h" + std::to_string(i);
      host.zone = i % 3 == 0 ? "a" : "b";
      host.release = "old";
      worlds_[host.id] = {};
      hosts_.push_back(host);
    }
  }

  struct World {
    bool registered = true, alive = true;
    std::string release = "old";
    Time healthy_at = start, switched_at = start;
    int connections = 0;
  };
  std::set<std::string> switch_fails, never_healthy, cannot_go_back, verify_fails, hangs;
  std::vector<std::string> log;
  int lowest = 1'000'000;
  int restarts = 0;
  double restart_chance = 0;
  bool balanced = true;
  Time cancel_at{};

  bool serves(const World& world, Time now) const { return world.alive && world.registered && now >= world.healthy_at; }
  int serving(Time now) const {
    return static_cast<int>(std::ranges::count_if(worlds_, [&](const auto& one) { return serves(one.second, now); }));
  }
  World& world(const std::string& id) { return worlds_.at(id); }
  std::vector<Host>& hosts() { return hosts_; }
  std::map<std::string, World>& worlds() { return worlds_; }

  Verdict run() {
    settings_.balanced = balanced;
    settings_.release = "new";
    machine_.emplace(settings_, hosts_, start);
    const auto limit = start + std::chrono::hours(20);
    for (now_ = start; now_ < limit; now_ += seconds(1)) {
      lowest = std::min(lowest, serving(now_));
      if (chance() < restart_chance) restart();
      if (now_ == cancel_at) machine_->cancel("user:lead canceled it", now_);
      answer_due();
      for (const auto& command : machine_->next(now_)) {
        if (command.what == Do::finish) return *machine_->verdict();
        if (command.what != Do::wait) queue(command);
      }
    }
    ADD_FAILURE() << "it never ended: " << dump(machine_->memory());
    return {};
  }
  const Rollout& machine() const { return *machine_; }
  Time now() const { return now_; }
  std::set<std::string> late_hosts;  ///< come when the hosts are listed again

 private:
  struct Pending {
    Command command;
    Time at{};
  };

  double chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }

  void queue(const Command& command) {
    log.push_back(std::string(to_string(command.what)) + (command.hosts.empty() ? "" : " " + command.hosts.front()));
    const auto delay = command.what == Do::look ? 0 : static_cast<int>(chance() * 4);
    pending_.push_back({command, now_ + seconds(delay)});
  }

  /// What was on its way is lost; what the world did is not. Effects are in a journal and are asked for again.
  void restart() {
    ++restarts;
    pending_.clear();
    const auto memory = machine_->memory();
    machine_.emplace(settings_, hosts_, start);
    machine_->recall(memory, now_);
  }

  void answer_due() {
    const auto all = std::exchange(pending_, {});
    for (const auto& one : all) {
      if (one.at > now_)
        pending_.push_back(one);
      else
        answer(one.command);
    }
  }

  std::map<std::string, Traffic> traffic() const {
    std::map<std::string, Traffic> map;
    for (const auto& [id, world] : worlds_) {
      using Kind = Traffic::Kind;
      map[id] = !world.registered     ? Traffic{.kind = Kind::out, .reason = {}}
                : serves(world, now_) ? Traffic{.kind = Kind::serving, .reason = {}}
                                      : Traffic{.kind = Kind::unhealthy, .reason = "Health checks failed with these codes: [502]"};
    }
    return map;
  }

  void answer(const Command& command) {
    const auto host = command.hosts.empty() ? std::string() : command.hosts.front();
    switch (command.what) {
      case Do::protect: return machine_->is_protected(now_);
      case Do::unprotect: return machine_->is_unprotected(now_);
      case Do::look: return machine_->saw(traffic(), now_);
      case Do::leave:
        world(host).registered = false;
        world(host).connections = static_cast<int>(chance() * 10);
        return machine_->left(host, now_);
      case Do::connections:
        world(host).connections = std::max(world(host).connections - 3, 0);
        return machine_->saw_connections(host, world(host).connections, now_);
      case Do::switch_over:
        EXPECT_TRUE(!balanced || !world(host).registered) << host << " was switched in traffic";
        if (hangs.contains(host)) return;
        world(host).switched_at = now_;
        if (switch_fails.contains(host)) return machine_->switched(host, {.ok = false, .reason = "AfterInstall ended with 1"}, now_);
        world(host).release = "new";
        return machine_->switched(host, {.ok = true, .reason = {}}, now_);
      case Do::switch_back:
        EXPECT_TRUE(!balanced || !world(host).registered) << host << " was switched back in traffic";
        if (cannot_go_back.contains(host)) return machine_->switched(host, {.ok = false, .reason = "disk full"}, now_);
        world(host).release = "old";
        return machine_->switched(host, {.ok = true, .reason = {}}, now_);
      case Do::join:
        world(host).registered = true;
        world(host).healthy_at =
            never_healthy.contains(host) && world(host).release == "new" ? start + std::chrono::hours(1000) : now_ + seconds(10);
        return machine_->joined(host, now_);
      case Do::verify:
        return machine_->verified(host, verify_fails.contains(host) && world(host).release == "new" ? "version says old" : "", now_);
      case Do::list: {
        auto list = hosts_;
        for (auto& one : list) one.release = world(one.id).release;
        for (const auto& id : late_hosts) {
          Host late;
          late.id = id;
          late.release = "old";
          worlds_.try_emplace(id);
          late.release = world(id).release;
          list.push_back(late);
        }
        return machine_->listed(list, now_);
      }
      default: return;
    }
  }

  Settings settings_;
  std::mt19937 random_;
  std::vector<Host> hosts_;
  std::map<std::string, World> worlds_;
  std::vector<Pending> pending_;
  std::optional<Rollout> machine_;
  Time now_ = start;
};

Settings half() {
  Settings settings;
  settings.pace.min_healthy = {50, true};
  return settings;
}

TEST(Ec2Rollout, AGoodReleaseComesToEveryHostAndHalfServesAllTheTime) {
  Fleet fleet(6, half());
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::succeeded) << verdict.reason;
  EXPECT_EQ(verdict.reason, "6 of 6 hosts serve the new release");
  EXPECT_GE(fleet.lowest, 3);
  for (const auto& [id, world] : fleet.worlds()) EXPECT_EQ(world.release, "new") << id;
  EXPECT_LT(fleet.now() - start, minutes(4));
}

TEST(Ec2Rollout, ABadCanaryTouchesOneHostAndGoesBack) {
  Fleet fleet(6, half());
  for (int i = 0; i < 6; ++i) fleet.switch_fails.insert("h" + std::to_string(i));
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_THAT(verdict.reason, HasSubstr("AfterInstall ended with 1"));
  EXPECT_EQ(std::ranges::count_if(fleet.log, [](const auto& line) { return line.starts_with("switch-over"); }), 1);
  EXPECT_EQ(fleet.serving(fleet.now()), 6);
}

TEST(Ec2Rollout, AHostThatNeverGetsHealthyGoesBackWithTheReasonOfTheLoadBalancer) {
  Fleet fleet(4, half());
  for (const auto* id : {"h0", "h1", "h2", "h3"}) fleet.never_healthy.insert(id);
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_THAT(verdict.reason, HasSubstr("[502]"));
  for (const auto& [id, world] : fleet.worlds()) EXPECT_EQ(world.release, "old") << id;
  EXPECT_EQ(fleet.serving(fleet.now() + seconds(20)), 4);
}

TEST(Ec2Rollout, AFewFailuresAreBorneAfterTheCanary) {
  auto settings = half();
  settings.pace.max_failures = {1, false};
  Fleet fleet(6, settings);
  fleet.verify_fails.insert("h4");
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::succeeded);
  EXPECT_EQ(verdict.reason, "5 of 6 hosts serve the new release; not on h4");
  EXPECT_EQ(fleet.world("h4").release, "old");
}

TEST(Ec2Rollout, TooManyFailuresRollTheFleetBackUnderTheSameRule) {
  auto settings = half();
  settings.pace.max_failures = {1, false};
  Fleet fleet(8, settings);
  fleet.switch_fails = {"h6", "h7"};
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_THAT(verdict.rollback, HasSubstr("the release before serves again on 8 hosts"));
  for (const auto& [id, world] : fleet.worlds()) EXPECT_EQ(world.release, "old") << id;
  EXPECT_GE(fleet.lowest, 4);
}

TEST(Ec2Rollout, AHostThatCannotGoBackStaysOut) {
  Fleet fleet(4, half());
  fleet.switch_fails = {"h0", "h1", "h2", "h3"};
  fleet.cannot_go_back = {"h0", "h1", "h2", "h3"};
  const auto verdict = fleet.run();
  EXPECT_THAT(verdict.rollback + verdict.reason, HasSubstr("quarantined"));
  EXPECT_EQ(std::ranges::count_if(fleet.worlds(), [](const auto& one) { return !one.second.registered; }), 1);
}

TEST(Ec2Rollout, AHangingHostIsGivenUpAfterTheDeadlineOfProgress) {
  Fleet fleet(4, half());
  fleet.hangs = {"h0", "h1"};
  auto settings = half();
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::failed);
}

TEST(Ec2Rollout, NewcomersAreBroughtUpToDate) {
  Fleet fleet(3, half());
  fleet.late_hosts = {"late"};
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::succeeded) << verdict.reason;
  EXPECT_EQ(fleet.world("late").release, "new");
}

TEST(Ec2Rollout, CancelingEndsWhatWasBegunAndGoesBack) {
  Fleet fleet(8, half());
  fleet.cancel_at = start + minutes(1);
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::canceled);
  EXPECT_EQ(verdict.reason, "user:lead canceled it");
  EXPECT_THAT(verdict.rollback, HasSubstr("the release before serves again"));
  for (const auto& [id, world] : fleet.worlds()) EXPECT_EQ(world.release, "old") << id;
  EXPECT_GE(fleet.lowest, 4);
}

TEST(Ec2Rollout, WithoutALoadBalancerNobodyLeavesAndTheArithmeticHolds) {
  Fleet fleet(5, half());
  fleet.balanced = false;
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::succeeded);
  EXPECT_EQ(std::ranges::count(fleet.log, "look"), 0);
  for (const auto& [id, world] : fleet.worlds()) EXPECT_EQ(world.release, "new") << id;
}

/// Fleets, paces, faults and restarts by lot: it always ends, never goes below what must serve by its own doing, and never leaves a
/// serving host on the wrong release.
TEST(Ec2Rollout, RandomFleetsKeepTheInvariant) {
  std::mt19937 random(11);
  const auto dice = [&random](int sides) { return static_cast<int>(random() % static_cast<unsigned>(sides)); };
  std::map<int, int> outcomes;
  for (int round = 0; round < 400; ++round) {
    Settings settings;
    settings.pace.min_healthy = {25 * dice(4), true};
    if (dice(2) == 0) settings.pace.batch = Share{1 + dice(4), false};
    settings.pace.max_failures = {dice(4), false};
    settings.pace.zonal = dice(4) == 0;
    settings.pace.canary = dice(3) != 0;
    settings.drain = seconds(30);
    const int count = 1 + dice(12);
    Fleet fleet(count, settings, static_cast<unsigned>(round));
    for (int i = 0; i < count; ++i) {
      const auto id = "h" + std::to_string(i);
      if (dice(8) == 0) fleet.switch_fails.insert(id);
      if (dice(10) == 0) fleet.never_healthy.insert(id);
      if (dice(20) == 0) fleet.cannot_go_back.insert(id);
      if (dice(12) == 0) fleet.verify_fails.insert(id);
    }
    fleet.restart_chance = dice(3) == 0 ? 0.05 : 0;
    if (!impossible(settings.pace, fleet.hosts()).empty()) continue;
    const auto verdict = fleet.run();
    ++outcomes[static_cast<int>(verdict.outcome)];
    const int lost = static_cast<int>(std::ranges::count_if(fleet.machine().rows(), [](const auto& row) { return row.failed; }));
    EXPECT_GE(fleet.lowest, needed(settings.pace, count) - lost) << "round " << round << ": " << verdict.reason;
    for (const auto& row : fleet.machine().rows()) {
      const auto& world = fleet.world(row.host.id);
      if (row.at == At::done) {
        EXPECT_EQ(world.release, "new") << "round " << round;
      }
      if (row.at == At::restored || row.at == At::waiting) {
        EXPECT_EQ(world.release, "old") << "round " << round;
      }
      EXPECT_EQ(world.registered, row.at != At::quarantined) << "round " << round << " " << row.host.id << " " << to_string(row.at);
    }
  }
  EXPECT_GT(outcomes[0], 50);
  EXPECT_GT(outcomes[1], 50);
}

}  // namespace
}  // namespace fairlead::deploy::ec2::test
