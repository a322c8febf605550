// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>

#include "rollout_driver.hpp"

// Random histories: whatever the service, the version, the platform, other people and the clock of the reads do, the verdict
// is never wrong and always comes.
namespace fairlead::deploy::ecs::test {
namespace {

using namespace std::chrono_literals;
using Kind = Behaviour::Kind;

struct History {
  World world;
  Behaviour behaviour;
  Settings settings;
  int scale_at = -1, scale_to = 0;
  int foreign_at = -1;
  int stop_at = -1;
  int cancel_at = -1;
  double restarts = 0;  ///< chance per command that the server dies
};

bool is_bad(Kind kind, bool load_balancer) { return kind != Kind::good && (kind != Kind::unhealthy || load_balancer); }

class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}
  int below(int n) { return std::uniform_int_distribution<>(0, n - 1)(random_); }
  bool chance(int percent) { return below(100) < percent; }
  double unit() { return std::uniform_real_distribution<>(0, 1)(random_); }

  History make(unsigned seed) {
    History it;
    it.world.seed = seed;
    it.world.desired = 1 + below(chance(10) ? 60 : 8);
    static constexpr int percents[][2] = {{100, 200}, {50, 200}, {50, 150}, {0, 100}, {100, 200}};
    const auto& [low, high] = percents[below(5)];
    it.world.min_percent = low;
    it.world.max_percent = high;
    if (it.world.desired == 1) it.world.min_percent = 100, it.world.max_percent = 200;
    it.world.load_balancer = chance(60);
    it.world.drain = 5 + below(300);
    it.world.circuit_breaker = chance(50);
    it.world.breaker_threshold = 1 + below(6);
    it.world.lag = chance(50) ? below(6) : 0;
    it.behaviour.kind = chance(50) ? Kind::good : static_cast<Kind>(below(9));
    it.behaviour.start = 1 + below(90);
    it.behaviour.healthy = 1 + below(60);
    it.behaviour.crash_after = 1 + below(20);  // shorter than the stability window
    it.settings.wait_for_completed = chance(20);
    it.settings.bake = chance(10) ? Duration(2min) : Duration(0);
    it.settings.roll_back = chance(85);
    if (chance(15)) it.world.spot = 0.001 / it.world.desired;  // a task every quarter of an hour
    if (chance(15)) it.scale_at = below(150), it.scale_to = 2 + below(9);
    if (chance(10)) it.foreign_at = 5 + below(80);
    if (chance(15)) it.stop_at = 20 + below(100);
    if (chance(8)) it.cancel_at = below(120);
    if (chance(30)) it.restarts = 0.03;
    return it;
  }

 private:
  std::mt19937 random_;
};

void run(Driver& driver, const History& it, Maker& dice) {
  bool scaled = false, updated = false, stopped = false;
  driver.run([&](Driver& d, int second) {
    if (it.scale_at >= 0 && second >= it.scale_at && !std::exchange(scaled, true)) d.ecs.scale(it.scale_to);
    const bool ours = !d.updated_deployment.empty() && d.ecs.truth().primary()->id == d.updated_deployment;
    if (it.foreign_at >= 0 && second >= it.foreign_at && ours && d.rollout.phase() < Phase::rollback && !std::exchange(updated, true))
      d.ecs.update(foreign);
    if (it.stop_at >= 0 && second >= it.stop_at && !std::exchange(stopped, true)) d.ecs.stop_one();
    if (it.cancel_at >= 0 && second >= it.cancel_at) d.rollout.cancel("canceled", d.now);
    if (it.restarts > 0 && d.rollout.phase() != Phase::done && dice.unit() < it.restarts) d.restart();
  });
}

std::string describe(unsigned seed, const Driver& driver) {
  Maker dice(seed);
  const History it = dice.make(seed);
  std::string text = "seed " + std::to_string(seed) + ", kind " + std::to_string(static_cast<int>(it.behaviour.kind)) + ", start " +
                     std::to_string(it.behaviour.start) + ", crash after " + std::to_string(it.behaviour.crash_after) + ", lag " +
                     std::to_string(it.world.lag) + ", foreign at " + std::to_string(it.foreign_at) + ", cancel at " +
                     std::to_string(it.cancel_at) + ", scale at " + std::to_string(it.scale_at) + ", verdict " +
                     std::string(to_string(driver.rollout.verdict()->outcome)) + " (" + driver.rollout.verdict()->reason + ") at " +
                     std::to_string(driver.verdict_second) + " s\n";
  for (const auto& note : driver.notes) text += note + "\n";
  return text;
}

void check(unsigned seed, const History& it, Driver& driver) {
  const Verdict& verdict = *driver.rollout.verdict();
  const Deployment& primary = *driver.ecs.truth().primary();
  if (is_good(verdict.outcome)) {
    const bool unseen = primary.created_at + std::chrono::seconds(it.world.lag + 1) >= driver.now;  // later than any read
    EXPECT_TRUE(primary.task_definition == revision || unseen) << "false green: something else is deployed, " << describe(seed, driver);
    if (unseen) return;
    const int allowed = it.world.spot > 0 || it.stop_at >= 0 || it.scale_at >= 0 ? 2 + it.world.lag : 0;
    if (it.scale_at >= 0 && it.settings.bake > Duration(0)) return;  // scaled after it served
    const int wanted = it.scale_at >= 0 ? std::min(driver.ecs.desired(), driver.rollout.desired()) : driver.ecs.desired();
    EXPECT_GE(driver.ecs.healthy(revision) + allowed, wanted) << "false green: too few healthy tasks, " << describe(seed, driver);
    EXPECT_FALSE(is_bad(it.behaviour.kind, it.world.load_balancer))
        << "false green: a version that cannot work, " << describe(seed, driver);
  }
  const bool disturbed = it.foreign_at >= 0 || it.cancel_at >= 0;
  if (it.behaviour.kind == Kind::good && !disturbed) {
    EXPECT_TRUE(is_good(verdict.outcome)) << "false red, " << describe(seed, driver);
  }
  if (verdict.outcome == Outcome::failed && verdict.rolled_back == RolledBack::done) {
    EXPECT_EQ(primary.task_definition, FakeEcs::baseline) << describe(seed, driver);
  }
  if (verdict.outcome == Outcome::superseded) {
    EXPECT_EQ(primary.task_definition, foreign) << "somebody else's version was undone, " << describe(seed, driver);
  }
  if (is_bad(it.behaviour.kind, it.world.load_balancer) && it.settings.roll_back && verdict.outcome == Outcome::failed) {
    EXPECT_NE(verdict.rolled_back, RolledBack::failed) << describe(seed, driver);
  }
}

TEST(RandomRollouts, no_verdict_is_false_and_every_deploy_gets_one) {
  const char* more = std::getenv("HISTORIES");
  const unsigned last = more != nullptr ? static_cast<unsigned>(std::atoi(more)) : 2000;
  for (unsigned seed = 1; seed <= last && !testing::Test::HasFailure(); ++seed) {
    Maker dice(seed);
    const History history = dice.make(seed);
    Driver driver(history.world, history.behaviour, history.settings);
    try {
      run(driver, history, dice);
    } catch (const std::exception& error) {
      std::string text;
      for (const auto& note : driver.notes) text += note + "\n";
      FAIL() << "seed " << seed << ": " << error.what() << "\n" << text;
    }
    check(seed, history, driver);
  }
}

TEST(RandomRollouts, good_deploys_of_four_tasks_take_at_most_35_calls) {
  int most = 0;
  for (unsigned seed = 1; seed <= 300; ++seed) {
    Maker dice(seed);
    World world{.load_balancer = dice.chance(70), .drain = dice.below(300), .lag = dice.below(3), .seed = seed};
    Driver driver(world, {.start = 5 + dice.below(34), .healthy = 1 + dice.below(20)});
    EXPECT_EQ(driver.run().outcome, Outcome::serving) << describe(seed, driver);
    most = std::max(most, driver.calls + 5);  // the plan reads five times: service, definition, image, target group, its health
    EXPECT_LE(driver.calls + 5, 35) << describe(seed, driver);
  }
  RecordProperty("most_calls", most);
}

}  // namespace
}  // namespace fairlead::deploy::ecs::test
