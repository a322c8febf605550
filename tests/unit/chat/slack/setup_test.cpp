// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chat/slack/installation.hpp"
#include "fairlead/chat/slack_setup.hpp"

namespace fairlead::chat::slack {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

TEST(SlackManifest, HasAddressesOnlyWhenSlackCallsUs) {
  const auto socket = manifest("", false);
  EXPECT_THAT(dump(socket), testing::Not(HasSubstr("url")));
  EXPECT_TRUE(socket.at("settings").at("socket_mode_enabled").get<bool>());
  const auto http = manifest("https://deploy.example.com", true);
  EXPECT_EQ(http.at("features").at("slash_commands").at(0).at("url"), "https://deploy.example.com/slack/commands");
  EXPECT_EQ(http.at("oauth_config").at("redirect_urls").at(0), "https://deploy.example.com/slack/oauth/callback");
  EXPECT_FALSE(http.at("settings").at("socket_mode_enabled").get<bool>());
}

TEST(SlackManifest, AsksForNothingThatReadsAlong) {
  for (const auto& scope : wanted_scopes())
    for (const auto* forbidden : {"channels:history", "groups:history", "admin", "users:write"}) EXPECT_FALSE(scope.starts_with(forbidden));
}

TEST(SlackScopes, SayWhatIsLost) {
  const auto& all = wanted_scopes();
  std::set<std::string> granted(all.begin(), all.end());
  ASSERT_EQ(judge_scopes(granted, true).size(), 1u);
  EXPECT_EQ(judge_scopes(granted, true)[0].state, Finding::State::good);
  granted.erase("usergroups:read");
  EXPECT_EQ(judge_scopes(granted, false)[0].state, Finding::State::warning);
  EXPECT_EQ(judge_scopes(granted, true)[0].state, Finding::State::bad) << "some rule names a group";
  EXPECT_THAT(judge_scopes(granted, true)[0].what, HasSubstr("usergroups:read"));
}

TEST(SlackInstallation, IsAWorkspaceOrAWholeOrganisation) {
  const auto of = [](const char* text) { return installation_in(parse_json(text)); };
  EXPECT_EQ(of(R"({"team":{"id":"T1","name":"One"},"enterprise":null})").workspace, "T1");
  EXPECT_EQ(of(R"({"team":null,"enterprise":{"id":"E1","name":"All"},"is_enterprise_install":true})").workspace, "E1");
  EXPECT_THROW(of(R"({"team":null})"), Error);
  EXPECT_THAT(dump(of(R"({"team":{"id":"T1"},"access_token":"xoxb-secret"})").about), testing::Not(HasSubstr("xoxb")));
}

TEST(SlackTokens, ThatRotateAreRenewedHalfAnHourBeforeTheirEnd) {
  const auto now = from_micros(1790000000000000);
  EXPECT_EQ(tokens_in(Json{{"access_token", "a"}}, now).renew_at, Time::max());
  const auto rotating = tokens_in(Json{{"access_token", "a"}, {"refresh_token", "r"}, {"expires_in", 43200}}, now);
  EXPECT_EQ(rotating.renew_at, now + 11h + 30min);
  EXPECT_THROW(tokens_in(Json{{"access_token", "a"}, {"expires_in", 43200}}, now), Error);
  EXPECT_THROW(tokens_in(Json::object(), now), Error);
  const auto again = Tokens::from(rotating.sealed_text());
  EXPECT_EQ(again.access.reveal(), "a");
  EXPECT_EQ(again.refresh.reveal(), "r");
  EXPECT_EQ(again.renew_at, rotating.renew_at);
}

}  // namespace
}  // namespace fairlead::chat::slack
