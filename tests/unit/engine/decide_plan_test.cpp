// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "run_driver.hpp"

namespace fairlead::engine {
namespace {

using namespace test;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

/// A stage with an approval whose step can say what it would do.
class PlanGate : public testing::Test {
 protected:
  PlanGate() : run(plan({stage("deploy", {job("a")}, "prod")})) {
    run.world.planning = {"run"};
    run.environment("prod").approval.emplace().require = {{{"slack:@deployers"}, 2}};
    run.settle();
  }

  void answer(const std::string& what) {
    PlanFact fact{.known = true, .digest = "of " + what, .at = run.world.now};
    fact.steps = std::make_shared<const Json>(
        Json::array({{{"job", "a"}, {"step", 0}, {"lines", Json::array({what})}, {"problems", Json::array()}, {"details", {{"x", 1}}}}}));
    run.world.plans["deploy"] = std::move(fact);
    run.settle();
  }
  void answer_nothing() {
    run.world.plans["deploy"] = {.known = false, .why = "ecs was throttled", .at = run.world.now};
    run.settle();
  }
  VoteResult vote(const std::string& who, const std::string& digest = {}, bool break_glass = false) {
    auto result = engine::vote(
        run.state, "deploy", *run.environment("prod").approval,
        {.person = {who, {}, {"slack:@deployers"}}, .break_glass = break_glass, .reason = "why", .plan_digest = digest}, run.world.now);
    for (const auto& event : result.events) run.append(event);
    run.settle();
    return result;
  }
  const GateState& gate() { return *run.state.stage("deploy")->gate("approval"); }

  RunDriver run;
};

TEST_F(PlanGate, people_are_asked_when_it_is_known_what_they_are_asked_about) {
  EXPECT_THAT(run.wants<WantStagePlan>(), SizeIs(1));
  EXPECT_EQ(run.gate("deploy", "approval"), "none");
  answer("api:1 becomes api:2");
  ASSERT_EQ(run.gate("deploy", "approval"), "open");
  const Json shown = run_json(run.state)["stages"][0]["gates"][0];
  EXPECT_EQ(shown["plan"][0]["lines"][0], "api:1 becomes api:2");
  EXPECT_FALSE(shown["plan"][0].contains("details"));
  EXPECT_NE(shown["plan_digest"], run.state.plan_digest) << "it covers what the steps said";
  EXPECT_THAT(run.wants<WantStagePlan>(), IsEmpty()) << "AWS is not asked for as long as people think";
}

TEST_F(PlanGate, a_stage_whose_steps_cannot_tell_asks_at_once) {
  RunDriver other(plan({stage("deploy", {job("a")}, "prod")}));
  other.world.planning = {"ecs-deploy"};
  other.environment("prod").approval.emplace().require = {{{"*"}, 1}};
  other.settle();
  EXPECT_EQ(other.gate("deploy", "approval"), "open");
  EXPECT_EQ(other.state.stage("deploy")->gate("approval")->plan_digest, other.state.plan_digest);
}

TEST_F(PlanGate, it_is_asked_again_before_an_approved_stage_starts) {
  answer("api:1 becomes api:2");
  vote("user:ann");
  run.world.now += minutes(1);
  vote("user:bob");
  EXPECT_EQ(run.gate("deploy", "approval"), "passed");
  EXPECT_EQ(run.stage("deploy"), State::queued) << "what was known is a minute old";
  EXPECT_THAT(run.wants<WantStagePlan>(), SizeIs(1));
  answer("api:1 becomes api:2");
  EXPECT_EQ(run.stage("deploy"), State::running);
}

TEST_F(PlanGate, another_plan_makes_an_approval_void_and_says_what_is_new) {
  answer("api:1 becomes api:2");
  vote("user:ann");
  run.world.now += minutes(1);
  vote("user:bob");
  answer("api:3 becomes api:2");
  ASSERT_EQ(run.gate("deploy", "approval"), "open");
  EXPECT_EQ(run.stage("deploy"), State::waiting);
  EXPECT_THAT(gate().votes, IsEmpty());
  EXPECT_EQ(gate().needs, 2);
  EXPECT_THAT(gate().reason, HasSubstr("has changed since user:ann, user:bob approved it, now: api:3 becomes api:2"));
  EXPECT_THAT(gate().reason, HasSubstr("needs approval by"));
  vote("user:ann");
  vote("user:bob");
  EXPECT_EQ(run.stage("deploy"), State::running);
}

TEST_F(PlanGate, a_change_that_is_found_while_people_are_asked_voids_the_votes_so_far) {
  answer("api:1 becomes api:2");
  const std::string seen = gate().plan_digest;
  vote("user:ann", seen);
  answer("api:3 becomes api:2");
  EXPECT_THAT(gate().votes, IsEmpty());
  EXPECT_THAT(gate().reason, HasSubstr("now: api:3 becomes api:2"));
  EXPECT_EQ(vote("user:bob", seen).kind, VoteResult::Kind::stale);
  EXPECT_EQ(vote("user:bob", gate().plan_digest).kind, VoteResult::Kind::accepted);
}

TEST_F(PlanGate, what_cannot_be_asked_is_said_and_asked_again_and_not_approved) {
  answer_nothing();
  ASSERT_EQ(run.gate("deploy", "approval"), "open");
  EXPECT_THAT(gate().reason, HasSubstr("ecs was throttled"));
  EXPECT_EQ(run_json(run.state)["stages"][0]["gates"][0]["plan_error"], "ecs was throttled");
  EXPECT_EQ(vote("user:ann").kind, VoteResult::Kind::stale);
  EXPECT_THAT(run.wants<WantStagePlan>(), IsEmpty());
  ASSERT_TRUE(run.last.wake_at);
  const auto events = run.log.size();
  run.world.now = *run.last.wake_at;
  run.settle();
  EXPECT_THAT(run.wants<WantStagePlan>(), SizeIs(1));
  answer_nothing();
  EXPECT_EQ(run.log.size(), events) << "the same trouble is said once";
  answer("api:1 becomes api:2");
  EXPECT_THAT(gate().reason, Not(HasSubstr("throttled")));
  EXPECT_EQ(gate().plan_error, "");
  EXPECT_EQ(vote("user:ann").kind, VoteResult::Kind::accepted);
}

TEST_F(PlanGate, an_approved_stage_waits_for_an_aws_that_does_not_answer) {
  answer("api:1 becomes api:2");
  vote("user:ann");
  vote("user:bob");
  ASSERT_EQ(run.stage("deploy"), State::running) << "asked within the same moment";

  RunDriver later(plan({stage("deploy", {job("a")}, "prod")}));
  std::swap(run, later);
  run.world.planning = {"run"};
  run.environment("prod").approval.emplace().require = {{{"slack:@deployers"}, 1}};
  answer("api:1 becomes api:2");
  run.world.now += minutes(1);
  vote("user:ann");
  answer_nothing();
  EXPECT_EQ(run.gate("deploy", "plan"), "open");
  EXPECT_THAT(run.state.stage("deploy")->gate("plan")->reason, HasSubstr("ecs was throttled"));
  run.world.now += seconds(20);
  answer("api:1 becomes api:2");
  EXPECT_EQ(run.gate("deploy", "plan"), "passed");
  EXPECT_EQ(run.stage("deploy"), State::running);
}

TEST_F(PlanGate, broken_glass_waits_for_no_plan) {
  run.environment("prod").approval->break_glass = {"user:ann"};
  answer_nothing();
  EXPECT_EQ(vote("user:ann", {}, true).kind, VoteResult::Kind::accepted);
  EXPECT_EQ(run.stage("deploy"), State::running);
}

TEST_F(PlanGate, nobody_is_asked_what_it_would_do_while_a_lock_holds_the_stage) {
  answer("api:1 becomes api:2");
  run.environment("prod").lock = "locked by user:ops";
  vote("user:ann");
  vote("user:bob");
  run.pass(minutes(5));
  EXPECT_THAT(run.wants<WantStagePlan>(), IsEmpty());
  run.environment("prod").lock.reset();
  run.settle();
  EXPECT_THAT(run.wants<WantStagePlan>(), SizeIs(1));
}

}  // namespace
}  // namespace fairlead::engine
