// SPDX-License-Identifier: Apache-2.0
#include "fairlead/engine/approval.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "run_driver.hpp"

namespace fairlead::engine {
namespace {

using namespace test;
using testing::HasSubstr;
using Kind = VoteResult::Kind;

const Person lead{"user:lead", {}, {"slack:@deployers"}};
const Person sre{"user:sre", {}, {"slack:@deployers", "github:team:acme/sre"}};
const Person dev{"user:dev", {"github:dev"}, {"slack:@deployers"}};
const Person guest{"user:guest", {}, {}};

class Approval : public testing::Test {
 protected:
  Approval() : run(created({{"excluded", {"github:pusher"}}})) {
    const auto frozen = plan({stage("deploy", {job("a")}, "prod")});
    run.post(events::run_planned, {{"digest", "digest-1"}, {"plan", to_json(frozen)}, {"excluded", {"user:author@example.com"}}});
    policy.require = {{{"slack:@deployers"}, 1}};
    policy.expires = std::chrono::hours(4);
    policy.exclude = {"requester", "pusher", "commit-authors"};
  }

  void open() {
    run.environment("prod").known = true;
    run.environment("prod").approval = policy;
    run.settle();
  }

  VoteResult cast(const Person& person, bool approve = true, std::string reason = "", std::string digest = "digest-1") {
    Ballot ballot;
    ballot.person = person;
    ballot.approve = approve;
    ballot.reason = std::move(reason);
    ballot.plan_digest = std::move(digest);
    ballot.via = "cli";
    return take(vote(run.state, "deploy", policy, ballot, run.world.now));
  }

  VoteResult break_glass(const Person& person, std::string reason) {
    Ballot ballot;
    ballot.person = person;
    ballot.break_glass = true;
    ballot.reason = std::move(reason);
    return take(vote(run.state, "deploy", policy, ballot, run.world.now));
  }

  VoteResult take(VoteResult result) {
    for (const auto& event : result.events) run.append(event);
    if (!result.events.empty()) run.settle();
    return result;
  }

  const GateState& gate() { return *run.state.stage("deploy")->gate("approval"); }

  RunDriver run;
  ApprovalPolicy policy;
};

TEST_F(Approval, opens_the_stage) {
  open();
  EXPECT_EQ(gate().needs, 1);
  EXPECT_EQ(gate().plan_digest, "digest-1");
  EXPECT_EQ(cast(lead).kind, Kind::accepted);
  EXPECT_EQ(gate().state, "passed");
  EXPECT_EQ(gate().votes.front().via, "cli");
  EXPECT_EQ(run.stage("deploy"), State::running);
}

TEST_F(Approval, refusals_name_who_can) {
  open();
  const auto result = cast(guest);
  EXPECT_EQ(result.kind, Kind::refused);
  EXPECT_EQ(result.text, "user:guest may not decide about deploy; it needs slack:@deployers (1 of 1 missing)");
  EXPECT_TRUE(result.events.empty());
}

TEST_F(Approval, excluded_people_by_any_of_their_identities) {
  open();
  EXPECT_THAT(cast(dev).text, HasSubstr("asked for this run"));
  EXPECT_THAT(cast({"user:x", {"GitHub:Pusher"}, {"slack:@deployers"}}).text, HasSubstr("pushed this commit"));
  EXPECT_THAT(cast({"user:Author@example.com", {}, {"slack:@deployers"}}).text, HasSubstr("author of this commit"));
  EXPECT_THAT(cast({"token:other", {"user:dev"}, {"slack:@deployers"}}).text, HasSubstr("asked for this run")) << "a linked identity";
}

TEST_F(Approval, what_a_person_once_was_excludes_and_gives_no_right) {
  policy.require = {{{"slack:@deployers", "user:old@example.com"}, 1}};
  open();
  const Person moved{"user:new@example.com", {}, {"slack:@deployers"}, {"user:author@example.com"}};
  EXPECT_THAT(cast(moved).text, HasSubstr("you are an author"));
  const Person stranger{"user:new@example.com", {}, {}, {"user:old@example.com"}};
  EXPECT_THAT(cast(stranger).text, HasSubstr("may not decide"));
}

TEST_F(Approval, a_second_account_is_no_second_vote) {
  policy.require = {{{"slack:@deployers"}, 2}};
  open();
  EXPECT_EQ(cast(lead).kind, Kind::accepted);
  const Person again{"slack:U1", {}, {"slack:@deployers"}, {"user:lead"}};
  EXPECT_EQ(cast(again).kind, Kind::idempotent);
}

TEST_F(Approval, self_allow_lets_the_requester) {
  policy.self_allowed = true;
  policy.exclude = {};
  open();
  EXPECT_EQ(cast(dev).kind, Kind::accepted);
}

TEST_F(Approval, self_deny_needs_no_exclude) {
  policy.exclude = {};
  open();
  EXPECT_EQ(cast(dev).kind, Kind::refused);
}

TEST_F(Approval, twice_by_one_person_is_once) {
  policy.require[0].count = 2;
  open();
  EXPECT_EQ(cast(lead).kind, Kind::accepted);
  EXPECT_EQ(cast(lead).kind, Kind::idempotent);
  EXPECT_EQ(cast({"slack:U1", {"user:lead"}, {"slack:@deployers"}}).kind, Kind::idempotent) << "the same person under another name";
  EXPECT_EQ(gate().needs, 1);
  EXPECT_EQ(cast(sre).kind, Kind::accepted);
  EXPECT_EQ(cast(sre).kind, Kind::idempotent) << "after the gate has opened";
}

TEST_F(Approval, a_changed_plan_is_stale) {
  open();
  EXPECT_EQ(cast(lead, true, "", "digest-0").kind, Kind::stale);
  EXPECT_EQ(cast(lead, true, "", "").kind, Kind::accepted) << "not bound";
}

TEST_F(Approval, an_expired_gate_never_opens) {
  open();
  run.world.now += std::chrono::hours(4);
  const auto result = cast(lead);
  EXPECT_EQ(result.kind, Kind::refused);
  EXPECT_THAT(result.text, HasSubstr("expired"));
}

TEST_F(Approval, any_eligible_person_rejects_with_a_reason) {
  policy.require[0].count = 2;
  open();
  EXPECT_THAT(cast(lead, false).text, HasSubstr("needs a reason"));
  EXPECT_EQ(cast(guest, false, "no").kind, Kind::refused);
  EXPECT_EQ(cast(lead, false, "bad moment").kind, Kind::accepted);
  EXPECT_EQ(run.state.state, State::failed);
  EXPECT_THAT(cast(sre).text, HasSubstr("already rejected by user:lead"));
}

TEST_F(Approval, who_approved_may_still_reject) {
  policy.require[0].count = 2;
  open();
  cast(lead);
  EXPECT_EQ(cast(lead, false, "changed my mind").kind, Kind::accepted);
  EXPECT_EQ(gate().state, "rejected");
}

TEST_F(Approval, a_reason_can_be_required_for_approving) {
  policy.approve_reason_required = true;
  open();
  EXPECT_EQ(cast(lead, true, "  ").kind, Kind::refused);
  EXPECT_EQ(cast(lead, true, "checked").kind, Kind::accepted);
}

TEST_F(Approval, break_glass_is_for_its_list_and_with_a_reason) {
  open();
  EXPECT_THAT(break_glass(lead, "fire").text, HasSubstr("nobody may bypass"));
  policy.break_glass = {"slack:@leads"};
  const auto refused = break_glass(lead, "fire");
  EXPECT_EQ(refused.kind, Kind::refused);
  EXPECT_THAT(refused.text, HasSubstr("slack:@leads may"));
  const Person boss{"user:dev", {}, {"slack:@leads"}};
  EXPECT_THAT(break_glass(boss, "").text, HasSubstr("needs a reason"));
  EXPECT_EQ(break_glass(boss, "fire").kind, Kind::accepted);
  EXPECT_EQ(gate().state, "bypassed");
  EXPECT_EQ(gate().by, "user:dev");
  EXPECT_EQ(run.stage("deploy"), State::running);
}

TEST_F(Approval, one_person_counts_once_over_all_rules) {
  policy.require = {{{"slack:@deployers"}, 1}, {{"github:team:acme/sre"}, 1}};
  open();
  EXPECT_EQ(cast(sre).kind, Kind::accepted);
  EXPECT_EQ(gate().state, "open");
  EXPECT_EQ(gate().needs, 1);
}

TEST_F(Approval, votes_move_between_rules_so_that_as_many_as_possible_count) {
  policy.require = {{{"slack:@deployers"}, 1}, {{"github:team:acme/sre"}, 1}};
  open();
  cast(sre);  // counted for the first rule that fits; has to make room
  EXPECT_THAT(gate().reason, HasSubstr("github:team:acme/sre"));
  const auto result = cast(lead);
  EXPECT_EQ(gate().state, "passed") << result.text;
}

TEST_F(Approval, a_chain_of_moves_is_found) {
  policy.require = {{{"slack:@a", "slack:@b", "slack:@c"}, 1}, {{"slack:@a", "slack:@b"}, 1}, {{"slack:@a"}, 1}};
  open();
  EXPECT_EQ(cast({"user:a", {}, {"slack:@a"}}).kind, Kind::accepted);
  EXPECT_EQ(cast({"user:b", {}, {"slack:@b"}}).kind, Kind::accepted);
  EXPECT_EQ(cast({"user:c", {}, {"slack:@c"}}).kind, Kind::accepted);
  EXPECT_EQ(gate().state, "passed");
}

TEST_F(Approval, a_vote_that_helps_no_rule_is_recorded_and_opens_nothing) {
  policy.require = {{{"slack:@deployers"}, 1}, {{"user:qa@example.com"}, 1}};
  open();
  cast(lead);
  cast(sre);
  EXPECT_EQ(gate().state, "open");
  EXPECT_EQ(gate().needs, 1);
  EXPECT_EQ(missing_text(gate(), policy), "user:qa@example.com (1 of 1 missing)");
  cast({"user:qa@example.com", {}, {}});
  EXPECT_EQ(gate().state, "passed");
}

TEST_F(Approval, anyone_is_a_star) {
  policy.require = {{{"*"}, 1}};
  open();
  EXPECT_EQ(cast(guest).kind, Kind::accepted);
}

TEST_F(Approval, can_be_taken_back_until_the_stage_starts) {
  run.environment("prod").calendar_closed = "outside mon-fri";
  open();
  cast(lead);
  EXPECT_EQ(gate().state, "passed");
  EXPECT_EQ(take(revoke(run.state, "", policy, sre, run.world.now)).kind, Kind::refused);
  EXPECT_EQ(take(revoke(run.state, "", policy, lead, run.world.now)).kind, Kind::accepted);
  EXPECT_EQ(gate().state, "open");
  EXPECT_EQ(gate().needs, 1);
  cast(lead);
  run.environment("prod").calendar_closed.reset();
  run.settle();
  const auto late = revoke(run.state, "deploy", policy, lead, run.world.now);
  EXPECT_EQ(late.kind, Kind::refused);
  EXPECT_THAT(late.text, HasSubstr("already started"));
}

TEST_F(Approval, of_what_does_not_wait_is_refused) {
  EXPECT_THAT(vote(run.state, "", policy, {.person = lead}, run.world.now).text, HasSubstr("does not wait for an approval"));
  EXPECT_THAT(vote(run.state, "nowhere", policy, {.person = lead}, run.world.now).text, HasSubstr("no stage nowhere"));
}

TEST_F(Approval, who_comes_late_hears_who_decided) {
  run.environment("prod").calendar_closed = "outside mon-fri";
  open();
  cast(lead);
  EXPECT_EQ(approval_stage(run.state, "").name, "deploy");
  EXPECT_THAT(vote(run.state, "", policy, {.person = sre}, run.world.now).text, HasSubstr("already approved by user:lead"));
  EXPECT_THROW(approval_stage(run.state, "nowhere"), Error);
  EXPECT_THROW(approval_stage(RunDriver().state, ""), Error);
}

TEST_F(Approval, without_a_stage_the_only_waiting_one_is_meant) {
  open();
  const auto result = vote(run.state, "", policy, {.person = lead}, run.world.now);
  EXPECT_EQ(result.kind, Kind::accepted) << result.text;
}

}  // namespace
}  // namespace fairlead::engine
