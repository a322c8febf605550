// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fairlead/base/crypto.hpp"
#include "fairlead/chat/cards.hpp"
#include "fairlead/chat/grants.hpp"
#include "fairlead/chat/links.hpp"
#include "fairlead/chat/message.hpp"
#include "fairlead/chat/people.hpp"
#include "fairlead/chat/slack.hpp"
#include "fairlead/pipeline/definition.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "unit/chat/card_inputs.hpp"
#include "unit/chat/card_samples.hpp"
#include "unit/chat/fake_directory.hpp"
#include "unit/chat/store_harness.hpp"
#include "unit/engine/run_driver.hpp"

/// What somebody may try in chat to have something approved that should not be, one test each. docs/approvals.md has the same list.
namespace fairlead::chat::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using Judged = Judgement::Kind;
using Voted = engine::VoteResult::Kind;

/// Every text of a message that Slack reads for markup.
std::string marked_up(const Json& json) {
  std::string texts;
  if (json.is_object() && text_at(json, "type") == "mrkdwn") return text_at(json, "text") + "\n";
  if (json.is_structured())
    for (const auto& part : json) texts += marked_up(part);
  return texts;
}

Awaitable<ApiAnswer> nothing() { co_return ApiAnswer{.status = 200}; }

/// A run of user:dev@example.com that waits for one of @deployers; its card is C1/1.0. Slack knows U1 (lead@example.com, a deployer)
/// and U2 (dev@example.com).
class AttackList : public testing::Test {
 protected:
  AttackList() {
    using namespace engine::test;
    run_.emplace(created({{"actor", "user:dev@example.com"}, {"excluded", {"github:dev"}}}));
    run_->post(engine::events::run_planned, {{"sha", std::string(40, 'a')},
                                             {"branch", "main"},
                                             {"digest", "digest-1"},
                                             {"plan", to_json(plan({stage("production", {job("a")}, "production")}))},
                                             {"excluded", {"dev@example.com"}}});
    policy_.require = {{.from = {"slack:@deployers"}, .count = 1}};
    policy_.exclude = {"requester", "pusher", "commit-authors"};
    policy_.expires = std::chrono::hours(4);
    policy_.break_glass = {"slack:@leads"};
    auto& facts = run_->environment("production");
    facts.known = true;
    facts.approval = policy_;
    run_->settle();

    slack_.handles = {{"deployers", "S0DEPLOY"}};
    slack_.members["S0DEPLOY"] = {"U1"};
    slack_.add("U1", "lead@example.com");
    slack_.add("U2", "dev@example.com");
    auto config = std::make_shared<pipeline::ServerConfig>();
    pipeline::EnvironmentConfig production{.name = "production"};
    production.approval.emplace().require = {{.from = {"slack:@deployers"}, .count = 1}};
    config->environments["production"] = production;
    SlackPeopleParts parts;
    parts.links = &links_;
    parts.config = config;
    parts.api = [this](const std::string&) { return &slack_; };
    parts.act_as = [](const engine::Person&, const std::string&) { return [](const ApiCall&) { return nothing(); }; };
    people_ = slack_people(std::move(parts));

    harness_.write([this](store::Tx& tx) {
      Granter granter(Grants::key(tx));
      handle_ = granter(approve());
      Grants::put(tx, Grants::key(tx), granter.granted(), 1);
    });
  }

  static Grant approve() {
    return {.verb = "approve",
            .args = {{"run", "shop#42"}, {"stage", "production"}, {"plan_digest", "digest-1"}},
            .card = "approval:shop#42@slack/#deploys",
            .audience = "",
            .expires = {},
            .once = false};
  }
  Click click(const std::string& id = "t1") const {
    return {.handle = handle_, .verb = "approve", .id = id, .workspace = "slack", .channel = "C1", .ts = "1.0", .user = "U1"};
  }
  Judgement judged(const Click& pressed) {
    auto found = harness_.run(harness_.store().read([&](store::View& view) { return find_grant(view, pressed.handle); }));
    if (found.grant) found.card = CardState{.hash = "", .revision = 1, .sent_revision = 1, .channel = "C1", .ts = "1.0"};
    return judge(pressed, found, harness_.time);
  }
  engine::Person identify(const std::string& user, const std::string& home = "T1") {
    return harness_.run(people_->identify({.workspace = "slack", .home = home, .user = user, .name = "@lead"})).person;
  }
  std::string refused(const std::string& user, const std::string& home = "T1") {
    try {
      identify(user, home);
    } catch (const Error& error) {
      return error.message();
    }
    return "";
  }
  engine::VoteResult vote(const engine::Person& person, const std::string& digest = "digest-1", const std::string& via = "slack") {
    const engine::Ballot ballot{.person = person, .approve = true, .break_glass = false, .reason = "", .plan_digest = digest, .via = via};
    auto result = engine::vote(run_->state, "production", policy_, ballot, run_->world.now);
    for (const auto& event : result.events) run_->append(event);
    run_->settle();
    return result;
  }
  std::string gate() const { return run_->gate("production", "approval"); }

  StoreHarness harness_;
  FakeDirectory slack_;
  Links links_{harness_.store(), harness_.clock()};
  std::unique_ptr<People> people_;
  std::optional<engine::test::RunDriver> run_;
  engine::ApprovalPolicy policy_;
  std::string handle_;
};

TEST_F(AttackList, ForgedInteractionOverHttp) {
  const std::vector<Secret> secrets{Secret("s3"), Secret("")};
  const std::string body = "payload=%7B%7D";
  const auto stamp = std::to_string(to_micros(harness_.time) / 1'000'000);
  const auto headers = [&](const std::string& key) {
    net::Headers made;
    made.add("X-Slack-Request-Timestamp", stamp);
    made.add("X-Slack-Signature", "v0=" + hmac_sha256_hex(key, "v0:" + stamp + ":" + body));
    return made;
  };
  EXPECT_EQ(slack::refuse_signature(secrets, headers("s3"), body, harness_.time), "");
  EXPECT_NE(slack::refuse_signature(secrets, headers("guess"), body, harness_.time), "");
  EXPECT_NE(slack::refuse_signature(secrets, headers(""), body, harness_.time), "");
  EXPECT_NE(slack::refuse_signature(secrets, {}, body, harness_.time), "");
}

TEST_F(AttackList, ReplayInTheWindow) {
  Grants grants(harness_.store(), harness_.clock());
  const Grant retry{.verb = "retry", .args = {{"run", "shop#42"}}, .card = "", .audience = "U1", .expires = {}, .once = true};
  Granter granter(harness_.run(grants.key()));
  Click pressed{.handle = granter(retry), .verb = "retry", .id = "t1", .workspace = "slack", .channel = "", .ts = "", .user = "U1"};
  harness_.run(grants.put(granter.granted()));
  EXPECT_EQ(harness_.run(grants.take(pressed)).judgement.kind, Judged::act);
  harness_.run(grants.settle(pressed, true, "done"));
  EXPECT_EQ(harness_.run(grants.take(pressed)).judgement.kind, Judged::repeated);
  pressed.id = "t2";
  EXPECT_EQ(harness_.run(grants.take(pressed)).judgement.kind, Judged::repeated);
}

/// The handle says nothing about who presses: the person comes from the signed payload alone.
TEST_F(AttackList, AnotherUserIdInTheBody) {
  const auto person = identify("U2");
  EXPECT_EQ(person.id, "user:dev@example.com");
  EXPECT_NE(vote(person).kind, Voted::accepted);
  EXPECT_EQ(handle_.find("U1"), std::string::npos);
  auto claimed = approve();
  claimed.args["user"] = "U1";
  Click guessed = click();
  guessed.handle = handle_of("another key", claimed);
  EXPECT_EQ(judged(guessed).why, Judgement::Why::unknown);
}

TEST_F(AttackList, ADisplayNameLikeSomebodyElses) {
  slack_.add("U3", "mallory@example.com")["profile"]["display_name"] = "lead@example.com";
  const auto speaker = harness_.run(people_->identify({.workspace = "slack", .home = "T1", .user = "U3", .name = "lead"}));
  EXPECT_EQ(speaker.mention, "<@U3>");
  EXPECT_EQ(speaker.person.id, "user:mallory@example.com");
  EXPECT_THAT(vote(speaker.person).text, HasSubstr("may not decide"));
}

TEST_F(AttackList, MarkupInABranchACommitOrAReason) {
  const std::string hostile = "<!channel> <https://evil.example|Approve> <@U1>\u202e\u200b";
  EXPECT_THAT(escape(hostile), Not(HasSubstr("<")));
  EXPECT_THAT(escape(hostile), Not(HasSubstr("\u202e")));
  auto run = run_waiting_for_approval();
  run["message"] = run["branch"] = run["start_reason"] = hostile;
  const auto drawn = marked_up(approval_card(run, "production", sample_context()).blocks);
  EXPECT_THAT(drawn, HasSubstr("&lt;!channel&gt;"));
  EXPECT_THAT(drawn, Not(HasSubstr("<!channel>")));
  EXPECT_THAT(drawn, Not(HasSubstr("<https://evil.example|Approve>")));
}

TEST_F(AttackList, TheBranchMovesAfterTheApproval) {
  const auto lead = identify("U1");
  EXPECT_EQ(vote(lead, "digest-0").kind, Voted::stale);
  EXPECT_EQ(gate(), "open");
  EXPECT_EQ(vote(lead).kind, Voted::accepted);
  EXPECT_EQ(run_->state.sha.str(), std::string(40, 'a'));  // deployed is this commit, whatever the branch is now
  EXPECT_EQ(run_->state.stage("production")->gate("approval")->plan_digest, run_->state.plan_digest);
}

TEST_F(AttackList, APipelineFileWithoutTheGate) {
  const auto tried = pipeline::parse_pipeline(
      "stages: [{name: production, environment: production, approval: {require: []}, jobs: {a: {steps: [make]}}}]\n", ".fairlead.yml");
  ASSERT_FALSE(tried.has_value());
  EXPECT_THAT(format(tried.error()), HasSubstr("approval"));
  // Nothing of the plan has an approval; the gate comes from the server's environment.
  EXPECT_EQ(gate(), "open");
}

TEST_F(AttackList, AnApproverRemovedBetweenCardAndClick) {
  EXPECT_TRUE(identify("U1").groups.contains("slack:@deployers"));
  slack_.members["S0DEPLOY"].clear();
  EXPECT_NE(vote(identify("U1")).kind, Voted::accepted);
  EXPECT_EQ(gate(), "open");
}

/// Slack may let every member edit groups: a rule of people or teams is out of their reach, and a group cannot be made to fit by its name.
TEST_F(AttackList, AUserGroupThatMembersEdit) {
  policy_.require = {{.from = {"user:qa@example.com", "github:team:acme/sre"}, .count = 1}};
  slack_.members["S0DEPLOY"].insert("U2");
  slack_.handles["qa@example.com"] = "S0FAKE";
  slack_.members["S0FAKE"] = {"U1"};
  EXPECT_THAT(vote(identify("U1")).text, HasSubstr("may not decide"));
}

TEST_F(AttackList, AGuestAnOutsiderADeactivatedAccountABot) {
  slack_.members["S0DEPLOY"] = {"U3", "U4", "U5", "U6"};
  slack_.add("U3", "g@example.com")["is_ultra_restricted"] = true;
  slack_.add("U4", "o@example.com")["team_id"] = "T2";
  slack_.add("U5", "d@example.com")["deleted"] = true;
  slack_.add("U6", "b@example.com")["is_bot"] = true;
  EXPECT_THAT(refused("U3"), HasSubstr("guests"));
  EXPECT_THAT(refused("U4", "T2"), HasSubstr("another Slack workspace"));
  EXPECT_THAT(refused("U5"), HasSubstr("deactivated"));
  EXPECT_THAT(refused("U6"), HasSubstr("bots"));
}

/// What one account can do alone is bounded: two people where the rule says so, the bypass for its list and with a reason only.
TEST_F(AttackList, ACompromisedAccount) {
  policy_.require = {{.from = {"slack:@deployers"}, .count = 2}};
  const auto lead = identify("U1");
  EXPECT_EQ(vote(lead).kind, Voted::accepted);
  EXPECT_EQ(vote(lead).kind, Voted::idempotent);
  EXPECT_EQ(gate(), "open");
  engine::Ballot bypass{.person = lead, .approve = true, .break_glass = true, .reason = "now", .plan_digest = "", .via = "slack"};
  EXPECT_THAT(engine::vote(run_->state, "production", policy_, bypass, run_->world.now).text, HasSubstr("may not bypass"));
  bypass.person.groups.insert("slack:@leads");
  bypass.reason.clear();
  EXPECT_THAT(engine::vote(run_->state, "production", policy_, bypass, run_->world.now).text, HasSubstr("needs a reason"));
}

TEST_F(AttackList, TheBotIsRemovedOrTheCardDeleted) {
  Click nowhere = click();
  nowhere.ts = "";
  EXPECT_EQ(judged(nowhere).kind, Judged::refused);
  // The approval does not live in the card: it can be given by command.
  EXPECT_EQ(vote(identify("U1"), "", "cli").kind, Voted::accepted);
  EXPECT_EQ(gate(), "passed");
}

TEST_F(AttackList, SlackDeliversTwice) {
  Grants grants(harness_.store(), harness_.clock());
  const auto found = harness_.run(harness_.store().read([&](store::View& view) { return find_grant(view, handle_); }));
  ASSERT_TRUE(found.grant);
  const auto used = settled(begun(*found.grant, click(), harness_.time), click(), true, "approved production");
  Found again = found;
  again.grant = used;
  again.card = CardState{.hash = "", .revision = 1, .sent_revision = 1, .channel = "C1", .ts = "1.0"};
  const auto second = judge(click(), again, harness_.time);
  EXPECT_EQ(second.kind, Judged::repeated);
  EXPECT_EQ(second.text, "approved production");
}

TEST_F(AttackList, AClickFromAnotherChannel) {
  auto elsewhere = click();
  elsewhere.channel = "C666";
  EXPECT_EQ(judged(elsewhere).why, Judgement::Why::moved);
  EXPECT_EQ(judged(click()).kind, Judged::act);
}

TEST_F(AttackList, SecretsInALogTail) {
  const std::string tail = std::string(100'000, 'x') + "\n<!channel>";
  const Message reply = within_limits({.text = tail, .blocks = {{{"type", "section"}, {"text", {{"type", "mrkdwn"}, {"text", tail}}}}}});
  EXPECT_LT(dump(reply.blocks).size(), 20'000U);
  EXPECT_TRUE(over_limits(reply).empty());
}

TEST_F(AttackList, AResponseUrlOfSomebodyElse) {
  EXPECT_TRUE(slack::may_respond_to("https://hooks.slack.com/actions/T1/2/3", slack::default_base_url));
  for (const char* other : {"http://hooks.slack.com/x", "https://hooks.slack.com.evil.example/x", "https://169.254.169.254/latest",
                            "https://hooks.slack.com@evil.example/", "https://evil.example/?hooks.slack.com"})
    EXPECT_FALSE(slack::may_respond_to(other, slack::default_base_url)) << other;
}

/// A click that another server's card was pressed for, or that a restored database has never seen, is nobody's here.
TEST_F(AttackList, TwoServersWithOneAppToken) {
  auto foreign = click();
  foreign.handle = handle_of("key of the other server", approve());
  EXPECT_EQ(judged(foreign).why, Judgement::Why::unknown);
}

}  // namespace
}  // namespace fairlead::chat::test
