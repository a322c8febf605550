// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "run_driver.hpp"

namespace fairlead::engine {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST(Decide, a_new_run_wants_its_plan) {
  RunDriver run;
  run.settle();
  EXPECT_EQ(run.wants<WantPlan>().size(), 1u);
  EXPECT_EQ(run.state.state, State::queued);
}

TEST(Decide, a_one_step_run_goes_through) {
  RunDriver run(plan({stage("main", {job("test")})}));
  run.settle();
  EXPECT_THAT(run.wanted_jobs<WantSlot>(), ElementsAre("test"));
  EXPECT_EQ(run.state.state, State::queued);
  run.start_all();
  EXPECT_THAT(run.wanted_jobs<WantRunning>(), ElementsAre("test"));
  EXPECT_EQ(run.state.state, State::running);
  run.end("test", State::succeeded, {{"outputs", {{"uri", "x"}}}});
  EXPECT_EQ(run.state.state, State::succeeded);
  EXPECT_EQ(run.state.job("test")->outputs.at("uri"), "x");
  EXPECT_THAT(run.last.wants, IsEmpty());
}

TEST(Decide, jobs_wait_for_those_they_need) {
  RunDriver run(plan({stage("main", {job("a"), job("b", {"a"}), job("c")})}));
  run.settle();
  EXPECT_THAT(run.wanted_jobs<WantSlot>(), ElementsAre("a", "c"));
  run.start_all().end("a");
  EXPECT_THAT(run.wanted_jobs<WantSlot>(), ElementsAre("b"));
}

TEST(Decide, stages_follow_one_another) {
  RunDriver run(plan({stage("build", {job("a")}), stage("deploy", {job("b")})}));
  run.start_all();
  EXPECT_EQ(run.stage("deploy"), State::queued);
  run.end("a");
  EXPECT_EQ(run.stage("build"), State::succeeded);
  EXPECT_THAT(run.wanted_jobs<WantSlot>(), ElementsAre("b"));
}

TEST(Decide, a_failed_job_takes_with_it_what_needs_it_and_later_stages) {
  RunDriver run(plan({stage("build", {job("a"), job("b", {"a"}), job("c", {"b"}), job("d")}), stage("deploy", {job("e")})}));
  run.start_all().end("a", State::failed, {{"reason", "exit 3"}});
  EXPECT_EQ(run.job("b"), State::skipped);
  EXPECT_EQ(run.job("c"), State::skipped);
  EXPECT_THAT(run.state.job("c")->reason, HasSubstr("a, which failed"));
  EXPECT_EQ(run.job("d"), State::running) << "what does not need it goes on";
  run.end("d");
  EXPECT_EQ(run.stage("build"), State::failed);
  EXPECT_EQ(run.stage("deploy"), State::skipped);
  EXPECT_EQ(run.state.stage("deploy")->reason, "stage build failed");
  EXPECT_EQ(run.state.state, State::failed);
  EXPECT_EQ(run.state.reason, "stage build: a: exit 3");
}

TEST(Decide, conditions_of_jobs) {
  struct Row {
    std::string condition;
    State need;
    State expected;
  };
  for (const auto& row : std::vector<Row>{{"", State::succeeded, State::queued},
                                          {"", State::failed, State::skipped},
                                          {"", State::skipped, State::skipped},
                                          {"always()", State::failed, State::queued},
                                          {"always()", State::skipped, State::running},
                                          {"failure()", State::failed, State::queued},
                                          {"failure()", State::succeeded, State::skipped},
                                          {"success()", State::succeeded, State::queued},
                                          {"jobs.need.outputs.go == 'yes'", State::succeeded, State::queued},
                                          {"jobs.need.outputs.go == 'no'", State::succeeded, State::skipped},
                                          {"jobs.need.outputs.go == 'yes'", State::failed, State::skipped},
                                          {"jobs.need.result == 'failed' && always()", State::failed, State::queued},
                                          {"git.branch == 'main'", State::skipped, State::skipped}}) {
    auto need = job("need");
    if (row.need == State::skipped) need.skip = "left out";
    RunDriver run(plan({stage("main", {need, job("then", {"need"}, row.condition), job("other")})}));
    run.start_all();
    if (row.need != State::skipped) run.end("need", row.need, {{"outputs", {{"go", "yes"}}}});
    EXPECT_EQ(run.job("then"), row.expected) << row.condition << " after " << to_string(row.need) << ": " << run.state.job("then")->reason;
  }
}

TEST(Decide, a_condition_that_cannot_be_evaluated_fails_the_job) {
  RunDriver run(plan({stage("main", {job("a", {}, "fromJSON('{') == 1")})}));
  run.settle();
  EXPECT_EQ(run.job("a"), State::failed);
  EXPECT_THAT(run.state.reason, HasSubstr("cannot evaluate"));
}

TEST(Decide, conditions_of_stages) {
  struct Row {
    std::string condition;
    State first;
    State expected;
  };
  for (const auto& row : std::vector<Row>{{"", State::succeeded, State::running},
                                          {"", State::failed, State::skipped},
                                          {"", State::lost, State::skipped},
                                          {"failure()", State::failed, State::running},
                                          {"failure()", State::lost, State::running},
                                          {"failure()", State::succeeded, State::skipped},
                                          {"always()", State::failed, State::running},
                                          {"git.branch == 'dev'", State::succeeded, State::skipped}}) {
    auto second = stage("second", {job("b")});
    second.condition = row.condition;
    RunDriver run(plan({stage("first", {job("a")}), second}));
    run.start_all().end("a", row.first);
    EXPECT_EQ(run.stage("second"), row.expected) << row.condition << " after " << to_string(row.first);
    if (row.expected == State::running) {
      EXPECT_THAT(run.wanted_jobs<WantSlot>(), ElementsAre("b"));
    }
  }
}

TEST(Decide, a_handler_stage_does_not_hide_the_failure) {
  auto handler = stage("handler", {job("b")});
  handler.condition = "failure()";
  RunDriver run(plan({stage("first", {job("a")}), handler, stage("last", {job("c")})}));
  run.start_all().end("a", State::failed).start_all().end("b");
  EXPECT_EQ(run.stage("handler"), State::succeeded);
  EXPECT_EQ(run.stage("last"), State::skipped);
  EXPECT_EQ(run.state.state, State::failed);
}

TEST(Decide, a_skipped_stage_does_not_stop_the_next) {
  auto skipped = stage("skipped", {job("a")});
  skipped.skip = "not on this branch";
  RunDriver run(plan({skipped, stage("next", {job("b")})}));
  run.settle();
  EXPECT_EQ(run.stage("skipped"), State::skipped);
  EXPECT_EQ(run.job("a"), State::skipped);
  EXPECT_EQ(run.stage("next"), State::running);
}

TEST(Decide, a_run_with_nothing_to_do_is_skipped_and_says_why) {
  auto skipped = stage("only", {job("a")});
  skipped.skip = "not on this branch";
  RunDriver run(plan({skipped}));
  run.settle();
  EXPECT_EQ(run.state.state, State::skipped);
  EXPECT_THAT(run.state.reason, HasSubstr("not on this branch"));
  RunDriver empty(plan({}));
  empty.settle();
  EXPECT_EQ(empty.state.state, State::skipped);
}

TEST(Matrix, max_parallel_limits_active_members) {
  std::vector<pipeline::PlanJob> jobs;
  for (int i = 1; i <= 4; ++i) {
    jobs.push_back(matrix_job("unit", i));
    jobs.back().max_parallel = 2;
  }
  RunDriver run(plan({stage("main", jobs)}));
  run.start_all();
  EXPECT_THAT(run.wanted_jobs<WantRunning>(), ElementsAre("unit (1)", "unit (2)"));
  run.end("unit (2)").start_all();
  EXPECT_THAT(run.wanted_jobs<WantRunning>(), ElementsAre("unit (1)", "unit (3)"));
}

TEST(Matrix, fail_fast_stops_the_siblings_only) {
  std::vector<pipeline::PlanJob> jobs;
  for (int i = 1; i <= 3; ++i) {
    jobs.push_back(matrix_job("unit", i));
    jobs.back().max_parallel = 2;
  }
  jobs.push_back(job("lint"));
  RunDriver run(plan({stage("main", jobs)}));
  run.start_all().end("unit (1)", State::failed);
  EXPECT_EQ(run.job("unit (3)"), State::canceled);
  EXPECT_THAT(run.wanted_jobs<WantCancel>(), ElementsAre("unit (2)"));
  EXPECT_EQ(run.job("unit (2)"), State::running) << "until it has said so itself";
  run.end("unit (2)", State::canceled).end("lint");
  EXPECT_EQ(run.state.state, State::failed);
}

TEST(Matrix, without_fail_fast_the_others_go_on) {
  std::vector<pipeline::PlanJob> jobs{matrix_job("unit", 1), matrix_job("unit", 2)};
  for (auto& one : jobs) one.fail_fast = false;
  RunDriver run(plan({stage("main", jobs)}));
  run.start_all().end("unit (1)", State::failed);
  EXPECT_THAT(run.wanted_jobs<WantCancel>(), IsEmpty());
  run.end("unit (2)");
  EXPECT_EQ(run.state.state, State::failed);
}

TEST(Retry, policy_decides_by_how_the_attempt_ended) {
  pipeline::Retry policy;
  policy.attempts = 2;
  policy.on_lost = true;
  policy.on_timeout = true;
  policy.on_exit = {75};
  struct Row {
    AttemptEnd end;
    std::string environment;
    bool again;
  };
  for (const auto& row : std::vector<Row>{{{State::lost, {}, false}, "", true},
                                          {{State::lost, {}, false}, "prod", false},
                                          {{State::failed, 75, false}, "", true},
                                          {{State::failed, 75, false}, "prod", true},
                                          {{State::failed, 1, false}, "", false},
                                          {{State::failed, {}, true}, "", true},
                                          {{State::canceled, {}, false}, "", false},
                                          {{State::succeeded, 0, false}, "", false}}) {
    auto one = job("a");
    one.retry = policy;
    RunDriver run(plan({stage("main", {one}, row.environment)}));
    run.start_all();
    EXPECT_EQ(retry_at(run.state, "a", row.end, run.world.now).has_value(), row.again)
        << to_string(row.end.state) << " " << row.end.exit_code.value_or(-1) << " " << row.environment;
  }
}

TEST(Retry, an_attempt_that_failed_starts_again_after_its_back_off) {
  auto one = job("a");
  one.retry = {.attempts = 2, .on_failure = true, .on_lost = false, .on_timeout = false, .on_exit = {}};
  RunDriver run(plan({stage("main", {one})}));
  run.start_all();
  const auto again = retry_at(run.state, "a", {State::failed, 1, false}, run.world.now);
  ASSERT_TRUE(again);
  run.end("a", State::failed, {{"retry_at", to_micros(*again)}});
  EXPECT_EQ(run.job("a"), State::waiting);
  EXPECT_EQ(run.last.wake_at, again);
  EXPECT_EQ(run.state.state, State::running);
  run.pass(std::chrono::minutes(1)).start_all();
  EXPECT_EQ(run.state.job("a")->attempt, 2);
  EXPECT_EQ(retry_at(run.state, "a", {State::failed, 1, false}, run.world.now), std::nullopt) << "two attempts in total";
  run.end("a");
  EXPECT_EQ(run.state.state, State::succeeded);
}

TEST(Retry, a_person_gets_the_failed_jobs_again_and_the_rest_is_kept) {
  RunDriver run(plan({stage("build", {job("a"), job("b"), job("c", {"b"})}), stage("deploy", {job("d")})}));
  run.start_all().end("a", State::succeeded, {{"outputs", {{"uri", "kept"}}}}).end("b", State::failed);
  ASSERT_EQ(run.state.state, State::failed);
  run.retry().start_all();
  EXPECT_THAT(run.wanted_jobs<WantRunning>(), ElementsAre("b"));
  EXPECT_EQ(run.state.job("b")->attempt, 2);
  EXPECT_EQ(run.state.job("a")->outputs.at("uri"), "kept");
  run.end("b").start_all().end("c").start_all().end("d");
  EXPECT_EQ(run.state.state, State::succeeded);
  EXPECT_EQ(run.state.job("a")->attempt, 1);
}

TEST(Retry, all_means_every_job_of_the_failed_stage) {
  RunDriver run(plan({stage("build", {job("a"), job("b")}), stage("deploy", {job("d")})}));
  run.start_all().end("a").end("b", State::failed);
  run.retry(true).start_all();
  EXPECT_THAT(run.wanted_jobs<WantRunning>(), ElementsAre("a", "b"));
}

TEST(Retry, there_must_be_something_to_retry) {
  RunDriver run(plan({stage("build", {job("a")})}));
  run.start_all();
  EXPECT_THROW(retry_event(run.state, "user:ops", false), Error) << "still running";
  run.end("a");
  EXPECT_THROW(retry_event(run.state, "user:ops", false), Error) << "nothing failed";
}

TEST(Retry, a_run_that_was_never_planned_is_planned_again) {
  RunDriver run;
  run.post(events::run_finished, {{"state", "failed"}, {"reason", "cannot bring main"}, {"errors", {"no route to host"}}});
  EXPECT_EQ(run.state.errors.size(), 1u);
  run.retry();
  EXPECT_EQ(run.wants<WantPlan>().size(), 1u);
  EXPECT_TRUE(run.state.errors.empty());
}

TEST(OnFailure, retry_starts_the_failed_jobs_in_the_same_stage) {
  auto one = stage("deploy", {job("a"), job("b")}, "prod");
  one.on_failure = {pipeline::OnFailure::Kind::retry, 1};
  RunDriver run(plan({one}));
  run.start_all().end("a").end("b", State::failed);
  EXPECT_EQ(run.stage("deploy"), State::running);
  EXPECT_TRUE(run.claims.contains("prod")) << "the environment is kept";
  EXPECT_THAT(run.wanted_jobs<WantSlot>(), ElementsAre("b"));
  run.start_all().end("b", State::failed);
  EXPECT_EQ(run.state.state, State::failed) << "once";
  EXPECT_FALSE(run.claims.contains("prod"));
}

TEST(OnFailure, rollback_is_wanted_until_it_is_recorded) {
  auto one = stage("deploy", {job("a")}, "prod");
  one.on_failure.kind = pipeline::OnFailure::Kind::rollback;
  RunDriver run(plan({one}));
  run.start_all().end("a", State::failed);
  ASSERT_EQ(run.wants<WantRollback>().size(), 1u);
  EXPECT_EQ(run.wants<WantRollback>().front().environment, "prod");
  EXPECT_FALSE(is_terminal(run.state.state));
  EXPECT_FALSE(run.claims.contains("prod")) << "the rollback needs the environment";
  run.post(events::stage_rolled_back, {{"stage", "deploy"}, {"run", "0191"}, {"label", "shop#43"}});
  run.settle();
  EXPECT_EQ(run.state.state, State::failed);
  EXPECT_EQ(run.state.stage("deploy")->rollback, "shop#43");
}

TEST(OnFailure, rollback_is_not_wanted_when_nothing_had_begun_or_after_a_rollback) {
  auto one = stage("deploy", {job("a")}, "prod");
  one.on_failure.kind = pipeline::OnFailure::Kind::rollback;
  RunDriver refused(plan({one}));
  refused.environment("prod").branches = {"release/*"};
  refused.settle();
  EXPECT_EQ(refused.state.state, State::failed);
  EXPECT_THAT(refused.wants<WantRollback>(), IsEmpty());
  RunDriver rollback(plan({one}), created({{"trigger", "rollback"}}));
  rollback.start_all().end("a", State::failed);
  EXPECT_EQ(rollback.state.state, State::failed);
}

TEST(Cancel, before_the_plan_ends_the_run_at_once) {
  RunDriver run;
  run.cancel("user:ops", "wrong branch");
  EXPECT_EQ(run.state.state, State::canceled);
  EXPECT_EQ(run.state.reason, "canceled by user:ops: wrong branch");
}

TEST(Slots, a_job_that_only_asks_others_needs_none) {
  auto deploy = job("api");
  deploy.steps[0].action = "ecs-deploy";
  RunDriver run(plan({stage("deploy", {deploy, job("unit")}, "prod")}));
  run.settle();
  EXPECT_EQ(run.job("api"), State::running);
  EXPECT_THAT(run.wanted_jobs<WantSlot>(), ElementsAre("unit"));
}

TEST(Cancel, what_has_not_started_ends_at_once_and_running_jobs_are_stopped) {
  RunDriver run(plan({stage("build", {job("a"), job("b", {"a"})}), stage("deploy", {job("c")}, "prod")}));
  run.start_all().cancel();
  EXPECT_EQ(run.job("b"), State::canceled);
  EXPECT_EQ(run.job("a"), State::running);
  EXPECT_THAT(run.wanted_jobs<WantCancel>(), ElementsAre("a"));
  EXPECT_THAT(run.wanted_jobs<WantRunning>(), ElementsAre("a")) << "its coroutine reports the end";
  const auto before = run.state.version;
  run.cancel("user:other");
  EXPECT_EQ(run.state.cancel->by, "user:ops") << "a second cancel changes nothing";
  EXPECT_EQ(run.state.version, before + 1);
  run.end("a", State::canceled);
  EXPECT_EQ(run.state.state, State::canceled);
  EXPECT_EQ(run.stage("deploy"), State::canceled);
}

TEST(Cancel, always_jobs_and_stages_still_run_and_nothing_touches_an_environment) {
  auto cleanup = stage("cleanup", {job("c")});
  cleanup.condition = "always()";
  auto deploy = stage("deploy", {job("d")}, "prod");
  deploy.condition = "always()";
  RunDriver run(plan({stage("build", {job("a"), job("b", {"a"}, "always()")}), cleanup, deploy}));
  run.start_all().cancel().end("a", State::canceled).start_all();
  EXPECT_EQ(run.job("b"), State::running);
  EXPECT_THAT(run.wanted_jobs<WantCancel>(), IsEmpty());
  run.end("b").start_all();
  EXPECT_EQ(run.job("c"), State::running) << run.state.stage("cleanup")->reason;
  run.end("c");
  EXPECT_EQ(run.stage("cleanup"), State::succeeded);
  EXPECT_EQ(run.stage("deploy"), State::canceled);
  EXPECT_EQ(run.state.state, State::canceled);
}

TEST(Cancel, after_the_last_job_has_succeeded_the_run_has_succeeded) {
  RunDriver run(plan({stage("build", {job("a")})}));
  run.start_all();
  run.cancel().end("a", State::succeeded);
  EXPECT_EQ(run.state.state, State::succeeded);
}

TEST(Cancel, of_an_ended_run_changes_nothing) {
  RunDriver run(plan({stage("build", {job("a")})}));
  run.start_all().end("a").cancel();
  EXPECT_EQ(run.state.state, State::succeeded);
  EXPECT_FALSE(run.state.cancel);
}

TEST(Concurrency, latest_ends_a_run_that_has_not_begun) {
  RunDriver run(plan({stage("build", {job("a")})}));
  run.settle();
  run.world.superseded_by = "shop#43";
  run.settle();
  EXPECT_EQ(run.state.state, State::superseded);
  EXPECT_EQ(run.state.reason, "superseded by shop#43");
  EXPECT_EQ(run.job("a"), State::superseded);
}

TEST(Concurrency, latest_leaves_alone_what_has_begun_or_was_asked_for) {
  RunDriver begun(plan({stage("build", {job("a")})}));
  begun.start_all();
  begun.world.superseded_by = "shop#43";
  begun.settle();
  EXPECT_EQ(begun.state.state, State::running);
  auto free = plan({stage("build", {job("a")})});
  free.concurrency = pipeline::Concurrency::parallel;
  RunDriver parallel(free);
  parallel.world.superseded_by = "shop#43";
  parallel.settle();
  EXPECT_FALSE(is_terminal(parallel.state.state));
  RunDriver asked(plan({stage("build", {job("a")}), stage("deploy", {job("b")}, "prod")}), created({{"environment", "prod"}}));
  asked.world.superseded_by = "shop#43";
  asked.settle();
  EXPECT_FALSE(is_terminal(asked.state.state));
}

TEST(Concurrency, a_superseded_run_gives_back_its_environment) {
  RunDriver run(plan({stage("deploy", {job("a")}, "prod")}));
  run.settle();
  EXPECT_TRUE(run.claims.contains("prod"));
  run.world.superseded_by = "shop#43";
  run.settle();
  EXPECT_EQ(run.state.state, State::superseded);
  EXPECT_TRUE(run.claims.empty());
}

TEST(Concurrency, queue_waits_and_says_for_what) {
  auto queued = plan({stage("build", {job("a")})});
  queued.concurrency = pipeline::Concurrency::queue;
  RunDriver run(queued);
  run.world.behind = "shop#41";
  run.settle();
  EXPECT_EQ(run.state.state, State::waiting);
  EXPECT_EQ(run_json(run.state)["explain"][0]["reason"], "waits for shop#41 (concurrency: queue)");
  run.world.behind.reset();
  run.start_all();
  EXPECT_EQ(run.state.state, State::running);
}

TEST(Parked, waits_for_a_person) {
  RunDriver run(plan({stage("build", {job("a")})}));
  run.start_all();
  run.post(events::run_parked, {{"reason", "handling it ended the server three times"}});
  run.settle();
  EXPECT_THAT(run.last.wants, IsEmpty());
  EXPECT_THAT(run_json(run.state)["explain"][0]["reason"].get<std::string>(), HasSubstr("parked"));
  run.retry();
  EXPECT_THAT(run.wanted_jobs<WantRunning>(), ElementsAre("a"));
}

TEST(Target, a_deploy_leaves_out_other_environments_and_what_comes_after) {
  RunDriver run(plan({stage("build", {job("a")}), stage("staging", {job("b")}, "staging"), stage("production", {job("c")}, "production"),
                      stage("after", {job("d")})}),
                created({{"environment", "production"}, {"trigger", "command"}}));
  run.start_all().end("a");
  EXPECT_EQ(run.stage("staging"), State::skipped);
  EXPECT_EQ(run.state.stage("staging")->reason, "only production was asked for");
  run.start_all().end("c");
  EXPECT_EQ(run.stage("after"), State::skipped);
  EXPECT_EQ(run.state.state, State::succeeded);
}

TEST(Target, runs_of_pull_requests_touch_no_environment) {
  RunDriver run(plan({stage("build", {job("a")}), stage("staging", {job("b")}, "staging")}), created({{"trigger", "pull-request"}}));
  run.start_all().end("a");
  EXPECT_EQ(run.stage("staging"), State::skipped);
  EXPECT_EQ(run.state.state, State::succeeded);
}

TEST(Bands, follow_the_trigger_and_the_stage) {
  struct Row {
    std::string trigger, environment;
    int band;
  };
  for (const auto& row :
       std::vector<Row>{{"push", "", 2}, {"push", "prod", 1}, {"rollback", "prod", 0}, {"pull-request", "", 3}, {"schedule", "", 4}}) {
    RunDriver run(plan({stage("main", {job("a")}, row.environment)}), created({{"trigger", row.trigger}}));
    run.settle();
    ASSERT_EQ(run.wants<WantSlot>().size(), 1u) << row.trigger;
    EXPECT_EQ(run.wants<WantSlot>().front().band, row.band) << row.trigger << row.environment;
  }
}

}  // namespace
}  // namespace fairlead::engine
