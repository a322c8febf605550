// SPDX-License-Identifier: Apache-2.0
#include "unit/web/api_fixture.hpp"

namespace fairlead::web {
namespace {

using testing::HasSubstr;

class Users : public ApiTest {
 protected:
  Reply approve(const std::string& run, const net::Headers& who) {
    return call("POST", "/api/v1/runs/" + run + "/approve", {{"stage", "production"}, {"reason", "fine"}}, who);
  }
};

TEST_F(Users, AreLinkedByAnAdminAndListedByPerson) {
  const Json link{{"identity", "slack:U1"}, {"person", "user:lead@x"}};
  EXPECT_EQ(call("POST", "/api/v1/users/links", link, token("deployer")).status, 403);
  EXPECT_EQ(call("POST", "/api/v1/users/links", {{"identity", "slack:U1"}}).status, 400);
  EXPECT_EQ(call("POST", "/api/v1/users/links", link).status, 201);
  call("POST", "/api/v1/users/links", {{"identity", "github:octocat"}, {"person", "user:lead@x"}});
  const auto users = call("GET", "/api/v1/users").body;
  ASSERT_EQ(users.size(), 1U);
  EXPECT_EQ(text_at(users[0], "id"), "user:lead@x");
  EXPECT_EQ(users[0].at("identities").size(), 2U);
  EXPECT_EQ(call("DELETE", "/api/v1/users/links/slack:U1").status, 204);
  EXPECT_EQ(call("GET", "/api/v1/users").body[0].at("identities").size(), 1U);
}

TEST_F(Users, TakeACodeWithAllTheirRightsOnly) {
  const Json code{{"code", "ABCDE-FGHJK"}};
  const auto weak = call("POST", "/api/v1/users/redeem", code, token("viewer", {{"user", "user:dev@x"}}));
  EXPECT_EQ(weak.status, 403);
  EXPECT_THAT(weak.text, HasSubstr("may do less than user:dev@x"));
  EXPECT_EQ(call("POST", "/api/v1/users/redeem", code, token("deployer", {{"user", "user:dev@x"}})).status, 201);
  EXPECT_EQ(links_.at("slack:ABCDE-FGHJK"), "user:dev@x");
}

TEST_F(Users, VoteAsThePersonTheyAreLinkedTo) {
  const auto run = started();
  until_state(run, "waiting");
  const auto second = token("approver", {{"user", "user:second@x"}});
  EXPECT_EQ(approve(run, second).status, 403);
  links_["user:second@x"] = "user:lead@x";
  EXPECT_EQ(call("GET", "/api/v1/whoami", nullptr, second).body.at("id"), "user:lead@x");
  EXPECT_EQ(approve(run, second).status, 200);
  until_state(run, "succeeded");
  const auto gates = call("GET", "/api/v1/runs/" + run).body.at("stages")[2].at("gates");
  EXPECT_EQ(gates[0].at("votes")[0].at("person"), "user:lead@x");
}

TEST_F(Users, OfTheUnixSocketStayLocal) {
  const auto before = call("GET", "/api/v1/whoami").body;
  links_[text_at(before, "id")] = "user:eye@x";
  const auto after = call("GET", "/api/v1/whoami").body;
  EXPECT_EQ(after.at("id"), before.at("id"));
  EXPECT_EQ(after.at("role"), "admin");
  EXPECT_THAT(dump(after.at("aliases")), HasSubstr("user:eye@x"));
}

TEST_F(Users, TakeTheirApprovalBackUntilTheStageStarts) {
  EXPECT_EQ(call("POST", "/api/v1/locks", {{"environment", "production"}, {"reason", "move"}}).status, 201);
  const auto run = started();
  until_state(run, "waiting");
  const auto lead = token("approver", {{"user", "user:lead@x"}});
  const auto revoke = [&] { return call("POST", "/api/v1/runs/" + run + "/revoke", {{"stage", "production"}}, lead); };
  EXPECT_EQ(revoke().status, 403);
  EXPECT_EQ(approve(run, lead).status, 200);
  const auto taken_back = revoke();
  EXPECT_EQ(taken_back.status, 200) << taken_back.text;
  EXPECT_THAT(text_at(taken_back.body, "text"), HasSubstr("taken back"));
  EXPECT_EQ(call("DELETE", "/api/v1/locks/production").status, 204);
  EXPECT_EQ(text_at(call("GET", "/api/v1/runs/" + run).body, "state"), "waiting");
  EXPECT_EQ(approve(run, lead).status, 200);
  until_state(run, "succeeded");
  EXPECT_EQ(revoke().status, 409);
}

TEST_F(Users, WithoutTheRoleHearWhoMayApprove) {
  const auto run = started();
  until_state(run, "waiting");
  const auto refused = approve(run, token("viewer"));
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.text, HasSubstr("production needs user:lead@x"));
}

}  // namespace
}  // namespace fairlead::web
