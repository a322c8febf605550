// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/rollout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rollout_driver.hpp"

namespace fairlead::deploy::ecs::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Kind = Behaviour::Kind;

std::string text(const std::vector<std::string>& notes) {
  std::string all;
  for (const auto& note : notes) all += note + "\n";
  return all;
}

TEST(Rollout, wave_arithmetic_rounds_as_ecs_does) {
  EXPECT_EQ(wave_of(4, 100, 200), 4);
  EXPECT_EQ(wave_of(2, 75, 149), 1);  // nothing could move: 1 is the least a threshold is made of
  EXPECT_EQ(wave_of(3, 100, 125), 1);
  EXPECT_EQ(wave_of(10, 50, 150), 10);
  EXPECT_EQ(strikes_allowed(1), 2);
  EXPECT_EQ(strikes_allowed(4), 2);
  EXPECT_EQ(strikes_allowed(5), 3);
}

TEST(Rollout, a_good_deploy_is_serving_at_once_after_the_stability_window) {
  Driver it(World{});
  EXPECT_EQ(it.run().outcome, Outcome::serving) << text(it.notes);
  EXPECT_GE(it.verdict_second, 90) << "40 s to run, 20 s to be healthy, 30 s of stability";
  EXPECT_LE(it.verdict_second, 100) << text(it.notes);
  EXPECT_LE(it.calls + 5, 35) << "with the reads of the plan";
}

TEST(Rollout, sil_102_does_not_wait_for_300_seconds_of_drain_nor_roll_back_because_of_them) {
  Driver it(World{.drain = 300});
  EXPECT_EQ(it.run().outcome, Outcome::serving);
  EXPECT_LT(it.verdict_second, 110);
}

/// The service runs `revision` now, tasks of the baseline drain still; then it is rolled back to the baseline's very revision.
Driver rolls_back_to_a_revision(Behaviour behaviour) {
  Driver it(World{.drain = 300});
  it.ecs.update(revision);
  it.now += 200s;
  it.ecs.advance_to(it.now);
  it.ecs.behave(FakeEcs::baseline, behaviour);
  it.baseline.task_definition = revision;
  it.baseline.deployment = it.ecs.truth().deployments.front().id;
  it.baseline.revision = FakeEcs::baseline;
  for (const auto& deployment : it.ecs.truth().deployments) it.baseline.deployments.insert(deployment.id);
  it.rollout = Rollout(it.settings, it.baseline, it.now);
  return it;
}

TEST(Rollout, a_rollback_sets_the_service_to_the_recorded_revision_and_watches_its_own_deployment) {
  Driver it = rolls_back_to_a_revision({});
  EXPECT_EQ(it.run().outcome, Outcome::serving) << text(it.notes);
  EXPECT_FALSE(it.registered);
  EXPECT_EQ(it.rollout.task_definition(), FakeEcs::baseline);
  EXPECT_EQ(it.rollout.deployment(), it.updated_deployment) << "not the one that drains";
  EXPECT_EQ(it.ecs.healthy(FakeEcs::baseline), 4);
}

TEST(Rollout, a_rollback_whose_revision_does_not_start_any_more_fails_and_goes_back) {
  Driver it = rolls_back_to_a_revision({.kind = Kind::pull_error});
  EXPECT_EQ(it.run().outcome, Outcome::failed) << text(it.notes);
  EXPECT_EQ(it.rollout.verdict()->rolled_back, RolledBack::done);
  EXPECT_EQ(it.ecs.truth().task_definition, revision);
}

TEST(Rollout, tasks_of_the_earlier_life_of_a_recorded_revision_do_not_count) {
  Driver it = rolls_back_to_a_revision({});
  it.run([](Driver& now, int) {
    if (now.rollout.phase() != Phase::monitor || now.rollout.verdict()) return;
    std::vector<Task> old(4);
    for (std::size_t i = 0; i < old.size(); ++i) {
      old[i].arn = "arn:aws:ecs:eu-west-1:111122223333:task/web/old" + std::to_string(i);
      old[i].deployment = "ecs-svc/0";
      old[i].task_definition = FakeEcs::baseline;
      old[i].status = "STOPPED";
      old[i].stop_code = "EssentialContainerExited";
      old[i].containers = {{"app", 1, "", "UNKNOWN"}};
    }
    now.rollout.saw_stopped(old, now.now);
  });
  EXPECT_EQ(it.rollout.verdict()->outcome, Outcome::serving) << text(it.notes);
  EXPECT_TRUE(it.rollout.strikes().empty());
}

TEST(Rollout, waits_for_completed_when_asked) {
  Driver it(World{.drain = 300}, {}, {.wait_for_completed = true});
  EXPECT_EQ(it.run().outcome, Outcome::completed) << text(it.notes);
  EXPECT_GT(it.verdict_second, 350);
  EXPECT_LT(it.verdict_second, 400);
}

TEST(Rollout, without_health_checks_running_since_counts) {
  Driver it(World{.load_balancer = false});
  EXPECT_EQ(it.run().outcome, Outcome::serving);
  EXPECT_LE(it.verdict_second, 80) << text(it.notes);
}

TEST(Rollout, ecspresso_2_a_clock_that_is_off_by_minutes_changes_nothing) {
  for (const auto off : {-10min, 10min}) {
    Driver it(World{.load_balancer = false});
    it.skew = off;
    EXPECT_EQ(it.run().outcome, Outcome::serving) << text(it.notes);
    EXPECT_GE(it.verdict_second, 70) << "30 s after all have run\n" << text(it.notes);
    EXPECT_LE(it.verdict_second, 80) << text(it.notes);
  }
}

TEST(Rollout, action_191_a_deploy_that_the_circuit_breaker_rolled_back_is_never_green) {
  Driver it(World{.circuit_breaker = true, .breaker_threshold = 1}, {.kind = Kind::pull_error});
  const auto& verdict = it.run();
  EXPECT_EQ(verdict.outcome, Outcome::failed) << text(it.notes);
  EXPECT_EQ(verdict.rolled_back, RolledBack::by_ecs);
  EXPECT_THAT(verdict.reason, HasSubstr("circuit breaker"));
}

TEST(Rollout, fabfuel_185_nothing_that_runs_is_touched_after_a_rollback_by_ecs) {
  Driver it(World{.circuit_breaker = true, .breaker_threshold = 1}, {.kind = Kind::pull_error});
  it.run();
  EXPECT_EQ(it.count[Do::restore], 0);
  EXPECT_EQ(it.count[Do::stop_deployment], 0);
  EXPECT_EQ(it.ecs.truth().primary()->task_definition, FakeEcs::baseline);
}

TEST(Rollout, action_447_a_missing_image_is_reported_within_15_seconds_of_the_second_task) {
  Driver it(World{}, {.kind = Kind::pull_error});
  const auto& verdict = it.run();
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_LE(it.verdict_second, 5 + 25 + 15) << text(it.notes);
  EXPECT_THAT(verdict.reason, HasSubstr("CannotPullContainerError"));
  EXPECT_THAT(verdict.reason, HasSubstr("check the tag"));
  EXPECT_EQ(verdict.rolled_back, RolledBack::done) << text(it.notes);
  EXPECT_EQ(it.count[Do::stop_deployment], 1);
}

TEST(Rollout, roadmap_1206_a_crash_loop_after_running_is_counted_though_failed_tasks_goes_back_to_0) {
  Driver it(World{}, {.kind = Kind::crash, .crash_after = 15});
  const auto& verdict = it.run();
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_LE(it.verdict_second, 5 + 40 + 15 + 20) << text(it.notes);
  EXPECT_THAT(verdict.reason, HasSubstr("exited with 1"));
}

TEST(Rollout, roadmap_1399_a_failed_rollout_ends_when_it_has_failed_not_an_hour_later) {
  Driver it(World{.desired = 10, .circuit_breaker = true, .breaker_threshold = 10}, {.kind = Kind::unhealthy});
  EXPECT_EQ(it.run().outcome, Outcome::failed);
  EXPECT_LT(it.verdict_second, 180) << text(it.notes);
}

TEST(Rollout, a_service_of_one_task_that_never_gets_healthy_fails_at_the_second_task) {
  Driver it(World{.desired = 1}, {.kind = Kind::unhealthy});
  const auto& verdict = it.run();
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_LE(it.verdict_second, 230);
  EXPECT_THAT(verdict.reason, HasSubstr("health checks"));
}

TEST(Rollout, ecspresso_945_a_service_that_shows_the_old_deployment_after_the_update_is_not_taken_for_the_new_one) {
  Driver it(World{.load_balancer = false, .lag = 7, .seed = 5}, {}, {.stability = 0s});
  const auto& verdict = it.run();
  EXPECT_EQ(verdict.outcome, Outcome::serving);
  EXPECT_GE(it.verdict_second, 40) << "no verdict before the tasks ran\n" << text(it.notes);
}

TEST(Rollout, genova_W1_a_failed_rollout_is_a_failure) {
  Driver it(World{}, {.kind = Kind::exec_error});
  EXPECT_FALSE(is_good(it.run().outcome));
}

TEST(Rollout, genova_W2_success_is_not_said_before_the_service_moved) {
  Driver it(World{}, {.start = 300});
  EXPECT_EQ(it.run().outcome, Outcome::serving);
  EXPECT_GE(it.verdict_second, 300 + 20 + 30);
}

TEST(Rollout, genova_W20_a_desired_count_that_autoscaling_changes_is_followed) {
  Driver it(World{});
  const auto& verdict = it.run([](Driver& driver, int second) {
    if (second >= 50) driver.ecs.scale(6);
  });
  EXPECT_EQ(verdict.outcome, Outcome::serving) << text(it.notes);
  EXPECT_GE(it.ecs.healthy(revision), 6);
}

TEST(Rollout, genova_W20_one_stopped_task_is_not_a_failed_deploy) {
  Driver it(World{});
  bool stopped = false;
  const auto& verdict = it.run([&stopped](Driver& driver, int second) {
    if (second >= 70 && !std::exchange(stopped, true)) driver.ecs.stop_one();
  });
  EXPECT_EQ(verdict.outcome, Outcome::serving) << text(it.notes);
  EXPECT_THAT(text(it.notes), HasSubstr("stability window starts again"));
  EXPECT_GT(it.verdict_second, 130) << "the replaced task must be healthy too";
}

TEST(Rollout, genova_W20_running_is_not_healthy) {
  Driver it(World{}, {.healthy = 200});
  EXPECT_EQ(it.run().outcome, Outcome::serving);
  EXPECT_GE(it.verdict_second, 40 + 200 + 30);
}

TEST(Rollout, genova_W20_more_than_100_tasks) {
  Driver it(World{.desired = 150});
  EXPECT_EQ(it.run().outcome, Outcome::serving) << text(it.notes);
}

TEST(Rollout, someone_elses_update_supersedes_and_is_not_rolled_back) {
  Driver it(World{});
  bool updated = false;
  const auto& verdict = it.run([&updated](Driver& driver, int second) {
    if (second >= 30 && !std::exchange(updated, true)) driver.ecs.update(foreign);
  });
  EXPECT_EQ(verdict.outcome, Outcome::superseded);
  EXPECT_THAT(verdict.reason, HasSubstr("other:9"));
  EXPECT_EQ(it.ecs.truth().primary()->task_definition, foreign);
  EXPECT_EQ(it.count[Do::restore] + it.count[Do::stop_deployment], 0);
}

TEST(Rollout, desired_0_in_the_middle_is_not_started_and_never_green) {
  Driver it(World{});
  EXPECT_EQ(it.run([](Driver& driver, int second) {
                if (second >= 20) driver.ecs.scale(0);
              }).outcome,
            Outcome::not_started);
}

const Settings short_patience{.progress = 5min, .patience = 30min};

TEST(Rollout, no_room_is_stalled_and_asks_instead_of_condemning_the_version) {
  Driver it(World{}, {.kind = Kind::no_capacity}, short_patience);
  int asked_at = -1;
  const auto& verdict = it.run([&](Driver& now, int second) {
    if (!now.rollout.asked()) return;
    if (asked_at < 0) asked_at = second;
    EXPECT_THAT(now.rollout.asked()->text, HasSubstr("unable to place a task"));
    EXPECT_THAT(now.rollout.asked()->text, HasSubstr("Without an answer it is rolled back after 30m"));
    if (second > asked_at + 60) now.rollout.answered("stop", "user:ops", now.now);
  });
  EXPECT_NEAR(asked_at, 300, 30);
  EXPECT_EQ(verdict.outcome, Outcome::stalled);
  EXPECT_EQ(verdict.rolled_back, RolledBack::no);
  EXPECT_THAT(verdict.reason, HasSubstr("unable to place a task"));
  EXPECT_THAT(verdict.reason, HasSubstr("user:ops decided to stop here"));
  EXPECT_EQ(it.ecs.truth().task_definition, revision) << "ECS goes on trying";
}

TEST(Rollout, a_stalled_deploy_that_nobody_answers_for_is_rolled_back_at_its_deadline_also_after_restarts) {
  Driver it(World{}, {.kind = Kind::no_capacity}, short_patience);
  int restarted = 0;
  const auto& verdict = it.run([&](Driver& now, int second) {
    if (!now.rollout.asked() || second < restarted + 120) return;
    restarted = second;
    const auto before = *now.rollout.asked();
    now.restart();
    EXPECT_EQ(now.rollout.asked()->until, before.until);
    EXPECT_EQ(now.rollout.asked()->round, 1) << "the same question";
  });
  EXPECT_GT(restarted, 0);
  EXPECT_EQ(verdict.outcome, Outcome::failed) << text(it.notes);
  EXPECT_EQ(verdict.rolled_back, RolledBack::done);
  EXPECT_THAT(verdict.reason, HasSubstr("nobody answered for 30m"));
  EXPECT_NEAR(it.verdict_second, 300 + 1800, 60);
  EXPECT_EQ(it.ecs.truth().task_definition, FakeEcs::baseline);
}

TEST(Rollout, a_stalled_deploy_goes_back_when_somebody_says_so) {
  Driver it(World{}, {.kind = Kind::no_capacity}, {.progress = 5min, .roll_back = false});
  const auto& verdict = it.run([](Driver& now, int) { now.rollout.answered("rollback", "user:ops", now.now); });
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_EQ(verdict.rolled_back, RolledBack::done) << "a person's word counts more than the step's `rollback: false`";
  EXPECT_THAT(verdict.reason, HasSubstr("user:ops decided to roll back"));
}

TEST(Rollout, a_stalled_deploy_that_is_to_go_on_asks_again_and_withdraws_when_there_is_room) {
  Driver it(World{}, {.kind = Kind::no_capacity}, short_patience);
  const auto& verdict = it.run([](Driver& now, int) {
    if (!now.rollout.asked()) return;
    if (now.rollout.asked()->round == 1) return now.rollout.answered("continue", "user:ops", now.now);
    now.ecs.behave(revision, {});  // somebody has added machines
  });
  EXPECT_EQ(verdict.outcome, Outcome::serving) << text(it.notes);
  EXPECT_THAT(text(it.notes), HasSubstr("no answer is needed any more"));
  EXPECT_FALSE(it.rollout.asked());
}

TEST(Rollout, nomad_12940_a_registry_that_does_not_answer_needs_four_tasks) {
  Driver it(World{.desired = 1}, {.kind = Kind::registry_down});
  const auto& verdict = it.run();
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_GT(it.verdict_second, 3 * 25);
  EXPECT_THAT(verdict.reason, HasSubstr("the registry did not answer"));
}

TEST(Rollout, the_deadline_is_one_of_progress) {
  Driver slow(World{.desired = 8, .min_percent = 100, .max_percent = 125}, {.start = 200}, {.progress = 5min});
  EXPECT_EQ(slow.run().outcome, Outcome::serving) << "each wave takes 220 s, all of them 15 min\n" << text(slow.notes);
  Driver stuck(World{}, {.healthy = 1'000'000}, {.progress = 5min});
  const auto& verdict = stuck.run();
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_THAT(verdict.reason, HasSubstr("nothing has moved for 5m"));
  EXPECT_EQ(verdict.rolled_back, RolledBack::done);
}

TEST(Rollout, cancel_before_the_update_leaves_everything_alone) {
  Driver it(World{});
  it.rollout.cancel("canceled by user:ops", start);
  EXPECT_EQ(it.run().outcome, Outcome::canceled);
  EXPECT_EQ(it.calls, 0);
}

TEST(Rollout, action_507_cancel_in_the_middle_rolls_back) {
  Driver it(World{});
  const auto& verdict = it.run([](Driver& driver, int second) {
    if (second >= 50) driver.rollout.cancel("canceled by user:ops", driver.now);
  });
  EXPECT_EQ(verdict.outcome, Outcome::canceled);
  EXPECT_EQ(verdict.rolled_back, RolledBack::done);
  EXPECT_EQ(it.ecs.truth().primary()->task_definition, FakeEcs::baseline);
}

TEST(Rollout, a_baseline_whose_rollout_had_not_ended_is_restored_by_name) {
  Driver it(World{}, {.kind = Kind::pull_error});
  it.baseline.completed = false;  // ECS would go back further than that
  it.rollout = Rollout(it.settings, it.baseline, start);
  EXPECT_EQ(it.run().rolled_back, RolledBack::done);
  EXPECT_EQ(it.count[Do::stop_deployment], 0);
  EXPECT_EQ(it.count[Do::restore], 1);
}

TEST(Rollout, a_baseline_that_did_not_run_either_is_not_gone_back_to) {
  Driver it(World{}, {.kind = Kind::pull_error});
  it.baseline.serves = false;
  it.rollout = Rollout(it.settings, it.baseline, start);
  const auto& verdict = it.run();
  EXPECT_EQ(verdict.rolled_back, RolledBack::no);
  EXPECT_THAT(verdict.rollback, HasSubstr("did not run before either"));
}

TEST(Rollout, a_rollback_that_fails_is_loud) {
  Driver it(World{}, {.kind = Kind::pull_error}, {.progress = 2min});
  const auto& verdict = it.run([](Driver& driver, int second) {
    if (second < 20) return;
    driver.ecs.behave(FakeEcs::baseline, {.kind = Kind::no_capacity});
    if (driver.ecs.truth().primary()->task_definition == FakeEcs::baseline) driver.ecs.scale(8);
  });
  EXPECT_EQ(verdict.rolled_back, RolledBack::failed) << text(it.notes);
  EXPECT_THAT(verdict.rollback, HasSubstr("FAILED"));
}

TEST(Rollout, without_rollback_the_failure_is_reported_and_nothing_undone) {
  Driver it(World{}, {.kind = Kind::pull_error}, {.roll_back = false});
  const auto& verdict = it.run();
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_EQ(verdict.rolled_back, RolledBack::no);
  EXPECT_EQ(it.count[Do::diagnose], 1);
  EXPECT_EQ(it.ecs.truth().primary()->task_definition, revision);
}

TEST(Rollout, the_rollback_is_asked_for_before_the_diagnosis) {
  Driver it(World{}, {.kind = Kind::pull_error});
  int stop_at = -1, diagnosed_at = -1, command = 0;
  it.run([&](Driver& driver, int) {
    ++command;
    const Do what = driver.rollout.next(driver.now).what;
    if (what == Do::stop_deployment) stop_at = command;
    if (what == Do::diagnose) diagnosed_at = command;
  });
  EXPECT_GT(stop_at, 0);
  EXPECT_GT(diagnosed_at, stop_at);
}

TEST(Rollout, an_alarm_rolls_back_also_while_baking) {
  Driver it(World{}, {}, {.bake = 5min, .alarms = {"api-5xx"}});
  const auto& verdict = it.run([](Driver& driver, int second) {
    if (second >= 200 && driver.rollout.phase() == Phase::bake)
      driver.rollout.saw_alarms({{"api-5xx", "ALARM", "Threshold Crossed"}}, driver.now);
  });
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_THAT(verdict.reason, HasSubstr("api-5xx"));
  EXPECT_EQ(verdict.rolled_back, RolledBack::done);
}

TEST(Rollout, baking_lasts_as_long_as_asked) {
  Driver it(World{}, {}, {.bake = 5min});
  EXPECT_EQ(it.run().outcome, Outcome::serving);
  EXPECT_GE(it.verdict_second, 90 + 300);
  EXPECT_LE(it.verdict_second, 105 + 300);
}

TEST(Rollout, without_the_right_to_read_targets_success_is_what_ecs_calls_completed) {
  Driver it(World{.drain = 60});
  it.run([](Driver& driver, int) {
    if (driver.rollout.next(driver.now).what == Do::read_targets) driver.rollout.unread(Do::read_targets, "AccessDenied", true, driver.now);
  });
  EXPECT_EQ(it.rollout.verdict()->outcome, Outcome::serving) << text(it.notes);
  EXPECT_GE(it.verdict_second, 120) << "not before the old tasks are gone";
}

TEST(Rollout, a_service_that_cannot_be_read_gives_no_verdict_on_the_version) {
  Driver it(World{}, {}, {.progress = 3min});
  it.run([](Driver& driver, int second) {
    const auto command = driver.rollout.next(driver.now);
    if (second > 30 && command.what == Do::read_service) driver.rollout.unread(Do::read_service, "ExpiredToken", false, driver.now);
  });
  EXPECT_EQ(it.rollout.verdict()->outcome, Outcome::unreadable);
  EXPECT_THAT(it.rollout.verdict()->reason, HasSubstr("ExpiredToken"));
}

TEST(Rollout, a_service_that_runs_this_already_is_watched_not_changed) {
  Driver it(World{});
  it.baseline.reuse = true;
  it.ecs.behave(FakeEcs::baseline, {});
  it.rollout = Rollout(it.settings, it.baseline, start);
  it.run([](Driver& driver, int) {
    if (driver.rollout.next(driver.now).what != Do::read_tasks) return;
    driver.rollout.saw_tasks(driver.ecs.tasks(FakeEcs::baseline), driver.now);
  });
  EXPECT_EQ(it.rollout.verdict()->outcome, Outcome::serving) << text(it.notes);
  EXPECT_FALSE(it.registered);
  EXPECT_LE(it.verdict_second, 35);
}

}  // namespace
}  // namespace fairlead::deploy::ecs::test
