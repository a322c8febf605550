// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "run_driver.hpp"

namespace fairlead::engine {
namespace {

using namespace test;
using std::chrono::minutes;
using testing::HasSubstr;
using testing::IsEmpty;

pipeline::RunPlan deploy_plan() { return plan({stage("deploy", {job("a")}, "prod")}); }

ApprovalPolicy one_approval() {
  ApprovalPolicy policy;
  policy.require = {{{"slack:@deployers"}, 1}};
  return policy;
}

void approve(RunDriver& run) {
  const auto result =
      vote(run.state, "deploy", *run.environment("prod").approval, {.person = {"user:lead", {}, {"slack:@deployers"}}}, run.world.now);
  ASSERT_EQ(result.kind, VoteResult::Kind::accepted) << result.text;
  for (const auto& event : result.events) run.append(event);
  run.settle();
}

TEST(Gates, a_free_environment_is_claimed_with_the_start_and_released_with_the_end) {
  RunDriver run(deploy_plan());
  run.settle();
  EXPECT_EQ(run.stage("deploy"), State::running);
  EXPECT_TRUE(run.claims.contains("prod"));
  EXPECT_THAT(run.state.stage("deploy")->gates, IsEmpty()) << "what does not hold up leaves no trace";
  run.start_all().end("a");
  EXPECT_TRUE(run.claims.empty());
  EXPECT_EQ(run.state.state, State::succeeded);
}

TEST(Gates, an_unknown_environment_fails_the_stage) {
  RunDriver run(deploy_plan());
  run.world.environments.clear();
  run.settle();
  EXPECT_EQ(run.state.state, State::failed);
  EXPECT_THAT(run.state.reason, HasSubstr("no environment prod"));
}

TEST(Gates, branch_policy) {
  struct Row {
    std::vector<std::string> branches;
    Json start;
    State expected;
  };
  const Json tag{{"ref", "refs/tags/v1"}, {"trigger", "tag"}};
  for (const auto& row : std::vector<Row>{{{}, Json::object(), State::running},
                                          {{"main"}, Json::object(), State::running},
                                          {{"release/*"}, Json::object(), State::failed},
                                          {{"v*"}, tag, State::running},
                                          {{"main"}, tag, State::failed}}) {
    RunDriver run(created(row.start));
    run.post(events::run_planned, {{"digest", "d"}, {"plan", to_json(deploy_plan())}});
    run.environment("prod").known = true;
    run.environment("prod").branches = row.branches;
    run.settle();
    EXPECT_EQ(run.stage("deploy"), row.expected) << Json(row.branches).dump() << row.start.dump();
  }
}

TEST(Gates, a_refused_branch_is_told_with_what_is_allowed) {
  RunDriver run(deploy_plan());
  run.environment("prod").branches = {"release/*", "v*"};
  run.settle();
  EXPECT_EQ(run.state.reason, "stage deploy: branch main may not be deployed to prod (allowed: release/*, v*)");
}

TEST(Gates, each_says_why_and_until_when_and_opens_by_itself) {
  struct Row {
    std::string key;
    void (*close)(EnvironmentFacts&);
    void (*open)(EnvironmentFacts&);
    std::string reason;
    bool has_until;
  };
  const std::vector<Row> rows{{"lock",
                               [](EnvironmentFacts& f) {
                                 f.lock = "locked by user:ops: move";
                                 f.lock_until = at_minute(30);
                               },
                               [](EnvironmentFacts& f) { f.lock.reset(); }, "locked by user:ops: move", true},
                              {"calendar",
                               [](EnvironmentFacts& f) {
                                 f.calendar_closed = "outside mon-fri";
                                 f.calendar_changes_at = at_minute(60);
                               },
                               [](EnvironmentFacts& f) { f.calendar_closed.reset(); }, "outside mon-fri", true},
                              {"queue", [](EnvironmentFacts& f) { f.holder = "shop#41"; }, [](EnvironmentFacts& f) { f.holder.reset(); },
                               "shop#41 is being deployed to prod", false},
                              {"queue", [](EnvironmentFacts& f) { f.ahead = 2; }, [](EnvironmentFacts& f) { f.ahead = 0; },
                               "earlier runs of shop go to prod first", false}};
  for (const auto& row : rows) {
    RunDriver run(deploy_plan());
    row.close(run.environment("prod"));
    run.settle();
    EXPECT_EQ(run.state.state, State::waiting) << row.key;
    EXPECT_EQ(run.stage("deploy"), State::waiting);
    EXPECT_EQ(run.gate("deploy", row.key), "open");
    EXPECT_EQ(run.last.wake_at.has_value(), row.has_until) << row.key;
    const Json shown = run_json(run.state);
    EXPECT_EQ(shown["explain"][0]["reason"], row.reason);
    EXPECT_EQ(shown["explain"][0]["until"].is_string(), row.has_until);
    row.open(run.environment("prod"));
    run.settle();
    EXPECT_EQ(run.gate("deploy", row.key), "passed");
    EXPECT_EQ(run.stage("deploy"), State::running) << row.key;
  }
}

TEST(Gates, a_changed_reason_is_recorded_and_the_same_one_is_not) {
  RunDriver run(deploy_plan());
  run.environment("prod").lock = "locked by a";
  run.settle();
  const auto version = run.state.version;
  run.settle();
  EXPECT_EQ(run.state.version, version);
  run.environment("prod").lock = "locked by b";
  run.settle();
  EXPECT_EQ(run.state.version, version + 1);
  EXPECT_EQ(run.state.stage("deploy")->gate("lock")->reason, "locked by b");
}

TEST(Gates, wait_timer_runs_once) {
  RunDriver run(deploy_plan());
  run.environment("prod").wait_timer = minutes(10);
  run.environment("prod").lock = "locked";
  run.settle();
  EXPECT_EQ(run.gate("deploy", "wait"), "open");
  run.pass(minutes(9));
  EXPECT_EQ(run.gate("deploy", "wait"), "open");
  run.pass(minutes(1));
  EXPECT_EQ(run.gate("deploy", "wait"), "passed");
  run.environment("prod").lock.reset();
  run.settle();
  EXPECT_EQ(run.stage("deploy"), State::running) << "it is not started anew";
}

TEST(Gates, queue_latest_supersedes_the_older_and_names_the_newer) {
  RunDriver run(deploy_plan());
  run.environment("prod").queue_latest = true;
  run.environment("prod").holder = "shop#41";
  run.settle();
  run.environment("prod").newer = "shop#43";
  run.settle();
  EXPECT_EQ(run.state.state, State::superseded);
  EXPECT_EQ(run.state.reason, "superseded by shop#43, which goes to prod too");
  EXPECT_EQ(run.gate("deploy", "queue"), "superseded");
}

TEST(Gates, queue_latest_does_not_wait_for_older_waiting_ones) {
  RunDriver run(deploy_plan());
  run.environment("prod").queue_latest = true;
  run.environment("prod").ahead = 3;
  run.settle();
  EXPECT_EQ(run.stage("deploy"), State::running);
}

TEST(Gates, a_rollback_and_a_retried_run_are_not_pushed_aside) {
  RunDriver rollback(deploy_plan(), created({{"trigger", "rollback"}}));
  rollback.environment("prod").queue_latest = true;
  rollback.environment("prod").newer = "shop#43";
  rollback.settle();
  EXPECT_EQ(rollback.stage("deploy"), State::running);
  RunDriver retried(deploy_plan());
  retried.start_all().end("a", State::failed).retry();
  retried.environment("prod").queue_latest = true;
  retried.environment("prod").newer = "shop#43";
  retried.settle();
  EXPECT_FALSE(is_terminal(retried.state.state));
}

TEST(Gates, an_automatic_rollback_waits_for_the_environment_alone) {
  RunDriver run(deploy_plan(), created({{"trigger", "rollback"}, {"actor", "fairlead"}, {"ref", std::string(40, 'a')}}));
  auto& facts = run.environment("prod");
  facts.approval = one_approval();
  facts.branches = {"release/*"};
  facts.lock = "locked after a rollback by fairlead";
  facts.calendar_closed = "outside mon-fri";
  facts.wait_timer = minutes(10);
  facts.ahead = 2;
  facts.holder = "shop#41";
  run.settle();
  EXPECT_EQ(run.state.stage("deploy")->gates.size(), 1u);
  EXPECT_EQ(run.gate("deploy", "queue"), "open");
  facts.holder.reset();
  run.settle();
  EXPECT_EQ(run.stage("deploy"), State::running);
}

TEST(Gates, a_rollback_by_a_person_still_asks_people) {
  RunDriver run(deploy_plan(), created({{"trigger", "rollback"}}));
  run.environment("prod").approval = one_approval();
  run.environment("prod").branches = {"release/*"};
  run.environment("prod").ahead = 2;
  run.settle();
  EXPECT_EQ(run.gate("deploy", "approval"), "open");
  EXPECT_EQ(run.gate("deploy", "queue"), "none");
}

TEST(Gates, an_approval_can_be_given_while_the_calendar_is_closed) {
  RunDriver run(deploy_plan());
  run.environment("prod").approval = one_approval();
  run.environment("prod").calendar_closed = "outside mon-fri";
  run.settle();
  EXPECT_EQ(run.gate("deploy", "approval"), "open");
  EXPECT_EQ(run.gate("deploy", "calendar"), "open");
  approve(run);
  EXPECT_EQ(run.gate("deploy", "approval"), "passed");
  EXPECT_EQ(run.state.state, State::waiting);
  run.environment("prod").calendar_closed.reset();
  run.settle();
  EXPECT_EQ(run.stage("deploy"), State::running);
}

TEST(Gates, a_lock_taken_after_the_approval_still_holds) {
  RunDriver run(deploy_plan());
  run.environment("prod").approval = one_approval();
  run.settle();
  run.environment("prod").lock = "locked by user:ops";
  approve(run);
  EXPECT_EQ(run.state.state, State::waiting);
  EXPECT_EQ(run.gate("deploy", "lock"), "open");
}

TEST(Gates, an_approval_expires) {
  RunDriver run(deploy_plan());
  run.environment("prod").approval = one_approval();
  run.environment("prod").approval->expires = std::chrono::hours(4);
  run.settle();
  EXPECT_EQ(run.last.wake_at, at_minute(240));
  run.pass(minutes(240));
  EXPECT_EQ(run.gate("deploy", "approval"), "expired");
  EXPECT_EQ(run.state.state, State::failed);
  EXPECT_THAT(run.state.reason, HasSubstr("approval expired"));
  EXPECT_THAT(run.state.reason, HasSubstr("4h"));
}

TEST(Gates, a_rejection_fails_the_stage_with_its_reason) {
  RunDriver run(deploy_plan());
  run.environment("prod").approval = one_approval();
  run.environment("prod").lock = "locked";
  run.settle();
  const auto result = vote(run.state, "", *run.environment("prod").approval,
                           {.person = {"user:lead", {}, {"slack:@deployers"}}, .approve = false, .reason = "not today"}, run.world.now);
  ASSERT_EQ(result.kind, VoteResult::Kind::accepted) << result.text;
  for (const auto& event : result.events) run.append(event);
  run.settle();
  EXPECT_EQ(run.state.state, State::failed);
  EXPECT_EQ(run.state.reason, "stage deploy: rejected by user:lead: not today");
}

TEST(Gates, reminders_are_wanted_when_due) {
  RunDriver run(deploy_plan());
  run.environment("prod").approval = one_approval();
  run.environment("prod").approval->remind = {minutes(30), minutes(120)};
  run.settle();
  EXPECT_EQ(run.last.wake_at, at_minute(30));
  EXPECT_THAT(run.wants<WantReminder>(), IsEmpty());
  run.pass(minutes(30));
  ASSERT_EQ(run.wants<WantReminder>().size(), 1u);
  run.post(events::gate_reminded, {{"stage", "deploy"}, {"times", 1}});
  run.settle();
  EXPECT_THAT(run.wants<WantReminder>(), IsEmpty());
  EXPECT_EQ(run.last.wake_at, at_minute(120));
  run.pass(minutes(90));
  EXPECT_EQ(run.wants<WantReminder>().front().times, 2);
}

TEST(Gates, an_approval_that_is_no_longer_required_opens) {
  RunDriver run(deploy_plan());
  run.environment("prod").approval = one_approval();
  run.settle();
  run.environment("prod").approval.reset();
  run.settle();
  EXPECT_EQ(run.stage("deploy"), State::running);
}

TEST(Gates, a_retried_stage_asks_for_approval_again) {
  RunDriver run(deploy_plan());
  run.environment("prod").approval = one_approval();
  run.settle();
  approve(run);
  run.start_all().end("a", State::failed).retry();
  EXPECT_EQ(run.state.state, State::waiting);
  EXPECT_THAT(run.state.stage("deploy")->gate("approval")->votes, IsEmpty());
}

TEST(Gates, a_cancel_while_waiting_ends_the_run_at_once) {
  RunDriver run(deploy_plan());
  run.environment("prod").approval = one_approval();
  run.settle();
  run.cancel();
  EXPECT_EQ(run.state.state, State::canceled);
  EXPECT_EQ(run.gate("deploy", "approval"), "canceled");
}

class Checks : public testing::Test {
 protected:
  Checks() : run(with_check()) {}

  static pipeline::RunPlan with_check() {
    auto frozen = deploy_plan();
    frozen.stages[0].checks = Json::array({Json{{"kind", "http"}, {"with", {{"url", "https://status.example.com/ok"}}}}});
    return frozen;
  }

  void answer(bool ok) { run.world.checks["deploy/check:0"] = {ok, ok ? "answered 200" : "answered 503, expected 200", run.world.now}; }

  RunDriver run;
};

TEST_F(Checks, a_stage_waits_until_they_hold_and_they_are_asked_every_ten_seconds) {
  run.settle();
  ASSERT_EQ(run.wants<WantCheck>().size(), 1u);
  EXPECT_EQ(run.stage("deploy"), State::waiting);
  answer(false);
  run.settle();
  EXPECT_THAT(run.wants<WantCheck>(), IsEmpty()) << "just asked";
  EXPECT_EQ(run.last.wake_at, run.world.now + std::chrono::seconds(10) + Duration(1));
  EXPECT_EQ(run_json(run.state)["explain"][0]["reason"], "check http https://status.example.com/ok: answered 503, expected 200");
  run.pass(minutes(1));
  EXPECT_EQ(run.wants<WantCheck>().size(), 1u);
  answer(true);
  run.settle();
  EXPECT_EQ(run.stage("deploy"), State::running);
}

TEST_F(Checks, they_are_asked_again_after_the_approval) {
  run.environment("prod").approval = one_approval();
  run.settle();
  answer(true);
  run.settle();
  EXPECT_EQ(run.gate("deploy", "check:0"), "passed");
  run.pass(minutes(30));
  EXPECT_THAT(run.wants<WantCheck>(), IsEmpty()) << "nobody asks while people think";
  approve(run);
  EXPECT_NE(run.stage("deploy"), State::running);
  ASSERT_EQ(run.wants<WantCheck>().size(), 1u) << "the old answer counts no more";
  run.world.now += minutes(1);
  answer(false);
  run.settle();
  EXPECT_EQ(run.gate("deploy", "check:0"), "open");
  EXPECT_EQ(run.state.state, State::waiting);
  run.world.now += minutes(1);
  answer(true);
  run.settle();
  EXPECT_EQ(run.stage("deploy"), State::running);
}

TEST_F(Checks, an_answer_from_before_the_approval_does_not_count) {
  run.environment("prod").approval = one_approval();
  run.settle();
  answer(true);
  run.settle();
  run.world.now += std::chrono::seconds(1);
  approve(run);
  EXPECT_EQ(run.wants<WantCheck>().size(), 1u);
  EXPECT_NE(run.stage("deploy"), State::running);
}

}  // namespace
}  // namespace fairlead::engine
