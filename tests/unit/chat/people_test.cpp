// SPDX-License-Identifier: Apache-2.0
#include "fairlead/chat/people.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fairlead/chat/links.hpp"
#include "fairlead/net/client.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "unit/chat/fake_directory.hpp"
#include "unit/chat/store_harness.hpp"

namespace fairlead::chat::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::shared_ptr<const pipeline::ServerConfig> config() {
  auto made = std::make_shared<pipeline::ServerConfig>();
  pipeline::EnvironmentConfig production{.name = "production"};
  production.approval.emplace();
  production.approval->require = {{.from = {"slack:@deployers", "github:team:acme/sre"}, .count = 1}};
  production.approval->break_glass = pipeline::BreakGlass{.who = {"slack:S0LEADS"}, .notify = {}};
  made->environments["production"] = production;
  made->roles[pipeline::Role::deployer] = {"slack:@engineers"};
  return made;
}

Awaitable<ApiAnswer> refuse_all() {
  co_return ApiAnswer{.status = 403, .body = {}, .detail = "may not decide", .hint = "it needs slack:@deployers"};
}

class PeopleTest : public testing::Test {
 protected:
  PeopleTest() {
    slack_.handles = {{"deployers", "S0DEPLOY"}, {"engineers", "S0ENG"}, {"others", "S0OTHER"}};
    slack_.members["S0DEPLOY"] = {"U1"};
    slack_.members["S0OTHER"] = {"U1"};
    slack_.add("U1", "Lead@example.com");
    SlackPeopleParts parts;
    parts.links = &links_;
    parts.config = config();
    parts.api = [this](const std::string& workspace) -> WebApi* { return workspace == "slack" ? &slack_ : nullptr; };
    parts.act_as = [](const engine::Person&, const std::string&) { return [](const ApiCall&) { return refuse_all(); }; };
    parts.http = [this](net::HttpRequest request, Deadline) { return github(std::move(request)); };
    parts.github_token = [] { return token(); };
    people_ = slack_people(std::move(parts));
  }
  static Awaitable<Secret> token() { co_return Secret("t"); }
  Awaitable<net::HttpReply> github(net::HttpRequest request) {
    asked_.push_back(request.url);
    co_return net::HttpReply{.status = github_status_, .headers = {}, .body = R"({"state":"active","role":"member"})"};
  }

  static Account account(const std::string& user, const std::string& home = "T1", const std::string& workspace = "slack") {
    return {.workspace = workspace, .home = home, .user = user, .name = "Name of " + user};
  }
  Speaker identify(const Account& who) { return harness_.run(people_->identify(who)); }
  std::string refusal(const Account& who) {
    try {
      identify(who);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::refused);
      return error.message();
    }
    return "(nobody was refused)";
  }

  StoreHarness harness_;
  FakeDirectory slack_;
  Links links_{harness_.store(), harness_.clock()};
  std::unique_ptr<People> people_;
  std::vector<std::string> asked_;
  int github_status_ = 200;
};

TEST_F(PeopleTest, AreKnownByTheAddressThatSlackConfirmed) {
  const auto speaker = identify(account("U1"));
  EXPECT_EQ(speaker.person.id, "user:lead@example.com");
  EXPECT_THAT(speaker.person.aliases, ElementsAre("slack:U1"));
  EXPECT_THAT(speaker.person.groups, ElementsAre("slack:@deployers"));
  EXPECT_EQ(speaker.mention, "<@U1>");
  EXPECT_EQ(speaker.via, "slack");
}

TEST_F(PeopleTest, WithoutAnAddressAreTheirAccount) {
  slack_.users["U1"].erase("profile");
  EXPECT_EQ(identify(account("U1")).person.id, "slack:U1");
}

TEST_F(PeopleTest, WhoAreLinkedKeepTheirIdAndTheirAddressToo) {
  harness_.run(links_.link("slack:U1", "user:boss", "admin", "user:ops"));
  const auto person = identify(account("U1")).person;
  EXPECT_EQ(person.id, "user:boss");
  EXPECT_TRUE(person.is("user:lead@example.com"));
}

TEST_F(PeopleTest, WhoAreNoFullMembersOfTheWorkspaceAreRefused) {
  slack_.add("U2", "x@example.com")["is_restricted"] = true;
  EXPECT_THAT(refusal(account("U2")), HasSubstr("guests"));
  slack_.add("U3", "x@example.com")["is_ultra_restricted"] = true;
  EXPECT_THAT(refusal(account("U3")), HasSubstr("guests"));
  slack_.add("U4", "x@example.com")["is_bot"] = true;
  EXPECT_THAT(refusal(account("U4")), HasSubstr("bots"));
  slack_.add("U5", "x@example.com")["deleted"] = true;
  EXPECT_THAT(refusal(account("U5")), HasSubstr("deactivated"));
  slack_.add("U6", "x@example.com")["is_stranger"] = true;
  EXPECT_THAT(refusal(account("U6")), HasSubstr("another Slack workspace"));
  slack_.add("U7", "x@example.com")["team_id"] = "T2";
  EXPECT_THAT(refusal(account("U7", "T2")), HasSubstr("another Slack workspace"));
  slack_.add("U8", "x@example.com")["is_invited_user"] = true;
  EXPECT_THAT(refusal(account("U8")), HasSubstr("invitation"));
  slack_.add("U9", "x@example.com")["is_email_confirmed"] = false;
  EXPECT_THAT(refusal(account("U9")), HasSubstr("not confirmed"));
  EXPECT_THAT(refusal(account("U1", "T2")), HasSubstr("another workspace"));
  EXPECT_THAT(refusal(account("U404")), HasSubstr("user_not_found"));
  EXPECT_THAT(refusal(account("U1", "T1", "T9")), HasSubstr("not connected"));
}

TEST_F(PeopleTest, OfTheSameOrganisationAreMembersWhereTheOrganisationSaysSo) {
  slack_.enterprise = "E1";
  auto& user = slack_.add("W1", "x@example.com");
  user["team_id"] = "T2";
  user["enterprise_user"] = {{"enterprise_id", "E1"}, {"teams", {"T1", "T2"}}};
  EXPECT_EQ(identify(account("W1", "T2")).person.id, "user:x@example.com");
  user["enterprise_user"]["teams"] = {"T2"};
  EXPECT_THAT(refusal(account("W1", "T2")), HasSubstr("another Slack workspace"));
}

TEST_F(PeopleTest, AreNobodyWhenSlackCannotBeAsked) {
  slack_.failing = {"auth.test"};
  EXPECT_THAT(refusal(account("U1")), HasSubstr("could not be asked who you are"));
  slack_.failing = {"users.info"};
  EXPECT_THAT(refusal(account("U1")), HasSubstr("could not be asked who you are"));
}

TEST_F(PeopleTest, AreInAGroupAsLongAsTheyAreInItAtTheMomentOfTheAct) {
  EXPECT_TRUE(identify(account("U1")).person.groups.contains("slack:@deployers"));
  slack_.members["S0DEPLOY"].clear();
  EXPECT_FALSE(identify(account("U1")).person.groups.contains("slack:@deployers"));
  EXPECT_EQ(slack_.calls["usergroups.list"], 1);  // the id behind a name may be a minute old
}

TEST_F(PeopleTest, WhoOnlyLookMayBeAMinuteOld) {
  harness_.run(people_->identify_reader(account("U1")));
  harness_.run(people_->identify_reader(account("U1")));
  EXPECT_EQ(slack_.calls["users.info"], 1);
}

TEST_F(PeopleTest, AreInNoGroupThatCouldNotBeAskedAndHearWhy) {
  slack_.failing = {"usergroups.users.list"};
  const auto speaker = identify(account("U1"));
  EXPECT_THAT(speaker.person.groups, IsEmpty());
  const auto answer = harness_.run(speaker.api(ApiCall{.method = "POST"}));
  EXPECT_THAT(answer.hint, HasSubstr("it needs slack:@deployers"));
  EXPECT_THAT(answer.hint, HasSubstr("slack:@deployers could not be asked"));
  EXPECT_THAT(answer.hint, HasSubstr("ratelimited"));
}

TEST_F(PeopleTest, AreAskedOnlyAboutGroupsThatTheFileNames) {
  EXPECT_FALSE(identify(account("U1")).person.groups.contains("slack:@others"));
  EXPECT_EQ(slack_.calls["usergroups.users.list"], 3);
}

TEST_F(PeopleTest, AreInATeamOfGithubByALinkedLogin) {
  EXPECT_FALSE(identify(account("U1")).person.groups.contains("github:team:acme/sre"));
  EXPECT_THAT(asked_, IsEmpty());
  harness_.run(links_.link("github:octocat", "user:lead@example.com", "admin", "user:ops"));
  EXPECT_TRUE(identify(account("U1")).person.groups.contains("github:team:acme/sre"));
  EXPECT_THAT(asked_, ElementsAre("https://api.github.com/orgs/acme/teams/sre/memberships/octocat"));
  github_status_ = 404;
  EXPECT_FALSE(identify(account("U1")).person.groups.contains("github:team:acme/sre"));
  github_status_ = 500;
  const auto speaker = identify(account("U1"));
  EXPECT_FALSE(speaker.person.groups.contains("github:team:acme/sre"));
  EXPECT_THAT(harness_.run(speaker.api(ApiCall{})).hint, HasSubstr("GitHub answered 500"));
}

TEST_F(PeopleTest, WhoCouldBeCountedAreFoundOnceEach) {
  slack_.add("U2", "qa@example.com");
  slack_.members["S0DEPLOY"] = {"U1", "U2"};
  identify(account("U1"));
  const auto found = harness_.run(people_->eligible_people("slack", {"slack:@deployers", "user:qa@example.com", "user:gone@example.com"}));
  std::vector<std::string> users, persons;
  for (const auto& one : found) users.push_back(one.user), persons.push_back(one.person);
  EXPECT_THAT(users, UnorderedElementsAre("U1", "U2"));
  EXPECT_THAT(persons, UnorderedElementsAre("user:lead@example.com", "slack:U2"));
}

TEST(ConfirmedEmail, IsNoOtherKindOfIdentity) {
  const auto of = [](const std::string& email) {
    return confirmed_email({{"id", "U1"}, {"is_email_confirmed", true}, {"profile", {{"email", email}}}});
  };
  EXPECT_EQ(of("a@example.com"), "a@example.com");
  EXPECT_EQ(of("token:ci@x"), "");
  EXPECT_EQ(of("ops"), "");
  EXPECT_EQ(of("a@example.com\nb"), "");
}

}  // namespace
}  // namespace fairlead::chat::test
