// SPDX-License-Identifier: Apache-2.0
#include "unit/chat/dispatch_harness.hpp"

namespace fairlead::chat::test {
namespace {

using testing::HasSubstr;
using testing::Not;

const Json started{{"id", "r42"}, {"number", 42}, {"url", "https://fairlead.example.com/runs/r42"}, {"state", "queued"}};

class Commands : public DispatchTest {};

TEST_F(Commands, ADeployIsStartedAndTheChannelSeesWhoSaidIt) {
  api_.give("POST", "/api/v1/deployments", started, 201);
  const auto answer = say("shop-api staging @feature/x -- it's <!channel> time");
  EXPECT_EQ(text_at(answer, "response_type"), "in_channel");
  EXPECT_THAT(text_at(answer, "text"), HasSubstr("<@U1> deploys *shop-api* at `feature/x` to *staging*"));
  EXPECT_THAT(text_at(answer, "text"), HasSubstr("<https://fairlead.example.com/runs/r42|shop-api#42>"));
  EXPECT_THAT(text_at(answer, "text"), Not(HasSubstr("<!channel>")));
  ASSERT_EQ(api_.acts().size(), 1U);
  const auto call = api_.acts()[0];
  EXPECT_EQ(call.body, (Json{{"app", "shop-api"}, {"environment", "staging"}, {"ref", "feature/x"}, {"reason", "it's @channel time"}}));
  EXPECT_FALSE(call.idempotency_key.empty());
}

TEST_F(Commands, WhereARunWasAskedForIsRemembered) {
  api_.give("POST", "/api/v1/deployments", started, 201);
  say("shop-api staging");
  const auto doc = store_.run(store_.store().read([](store::View& view) { return view.get("chat.origin", "r42"); }));
  ASSERT_TRUE(doc);
  EXPECT_EQ(parse_json(doc->body), (Json{{"workspace", "slack"}, {"channel", "C1"}, {"thread", ""}, {"user", "U1"}}));
}

TEST_F(Commands, TheSameEnvelopeIsAnsweredTheSameAndDoesNothing) {
  api_.give("POST", "/api/v1/deployments", started, 201);
  const auto payload = command_payload("shop-api staging");
  const Incoming incoming{.kind = Incoming::Kind::command, .payload = payload, .workspace = "slack", .speaker = {}};
  const auto first = send(incoming);
  EXPECT_EQ(send(incoming), first);
  EXPECT_EQ(api_.acts().size(), 1U);
  store_.later(std::chrono::minutes(11));
  send(incoming);
  ASSERT_EQ(api_.acts().size(), 2U);
  EXPECT_EQ(api_.acts()[0].idempotency_key, api_.acts()[1].idempotency_key);
}

TEST_F(Commands, WhatTakesLongerIsAnsweredThroughTheResponseUrl) {
  answer_within_ = std::chrono::milliseconds(1);
  open();
  Signal go(store_.io.get_executor());
  api_.hold = &go;
  api_.give("POST", "/api/v1/deployments", started, 201);
  EXPECT_TRUE(say("shop-api staging").is_null());
  until([&] { return !api_.calls.empty(); });
  api_.hold = nullptr;
  go.notify_all();
  until([&] { return slack_.count("response_url") == 1; });
  const auto told = slack_.last("response_url");
  EXPECT_EQ(text_at(told, "response_url"), "https://hooks.slack.com/commands/1");
  EXPECT_EQ(text_at(told, "response_type"), "in_channel");
  EXPECT_THAT(text_at(told, "text"), HasSubstr("deploys"));
}

TEST_F(Commands, AnAnswerThatTheResponseUrlRefusesGoesToThePersonElseDirectly) {
  answer_within_ = std::chrono::milliseconds(1);
  open();
  Signal go(store_.io.get_executor());
  api_.hold = &go;
  slack_.fails = {{"response_url", "expired_url"}, {"chat.postEphemeral", "channel_not_found"}};
  say("whoami");
  until([&] { return !api_.calls.empty(); });
  api_.hold = nullptr;
  go.notify_all();
  until([&] { return slack_.count("chat.postMessage") == 1; });
  EXPECT_EQ(text_at(slack_.last("chat.postEphemeral"), "user"), "U1");
  EXPECT_EQ(text_at(slack_.last("chat.postMessage"), "channel"), "U1");
}

TEST_F(Commands, ARefusalSaysWhyAndWhoCan) {
  api_.on("POST", "/api/v1/deployments") = {
      .status = 403, .body = nullptr, .detail = "slack:U1 may not deploy", .hint = "deployers are: slack:@ops"};
  const auto answer = say("shop-api production");
  EXPECT_EQ(text_at(answer, "response_type"), "ephemeral");
  EXPECT_THAT(all_of(answer), HasSubstr("may not deploy"));
  EXPECT_THAT(all_of(answer), HasSubstr("@ops"));
}

TEST_F(Commands, WhoIsNotAllowedInIsToldSoAndNothingHappens) {
  people_.refusal = "guests of the Slack workspace may not act here";
  EXPECT_THAT(all_of(say("shop-api staging")), HasSubstr("guests of"));
  EXPECT_THAT(all_of(say("status")), HasSubstr("guests of"));
  EXPECT_TRUE(api_.calls.empty());
}

TEST_F(Commands, AnUnknownNameOffersTheNearestAndThePressSaysIt) {
  api_.give("POST", "/api/v1/deployments", started, 201);
  const auto answer = say("shop-apy staging @main");
  EXPECT_TRUE(api_.acts().empty());
  press(answer, "shop-api", "U2");
  ASSERT_EQ(api_.acts().size(), 1U);
  EXPECT_EQ(text_at(api_.acts()[0].body, "ref"), "main");
  EXPECT_THAT(told(), HasSubstr("<@U2> deploys"));
}

TEST_F(Commands, ALaterDeployIsAScheduleInTheNamedZone) {
  api_.give("POST", "/api/v1/schedules", {{"id", "s1"}, {"next", "2026-05-29T13:00:00.000Z"}}, 201);
  const auto answer = say("shop-api production at 2030-01-01 22:00 Asia/Tokyo -- quiet");
  EXPECT_EQ(text_at(api_.acts()[0].body, "at"), "2030-01-01T13:00:00.000Z");
  EXPECT_THAT(text_at(answer, "text"), HasSubstr("Asia/Tokyo"));
  EXPECT_THAT(text_at(answer, "text"), HasSubstr("unschedule s1"));
  say("shop-api production every \"0 22 * * 1-4\"");
  EXPECT_EQ(text_at(api_.acts()[1].body, "cron"), "0 22 * * 1-4");
  EXPECT_EQ(text_at(api_.acts()[1].body, "zone"), "UTC");
  EXPECT_THAT(all_of(say("shop-api production at 1999-01-01 10:00")), HasSubstr("has passed"));
}

TEST_F(Commands, StatusShowsWhatIsWhere) {
  const Json place{{"app", "shop-api"}, {"environment", "staging"}, {"version", std::string(40, 'a')}, {"actor", "slack:U7"}};
  api_.give("GET", "/api/v1/environments",
            Json::array({{{"name", "staging"}, {"apps", Json::array({place})}}, {{"name", "production"}, {"apps", Json::array()}}}));
  const auto answer = say("status");
  EXPECT_EQ(text_at(answer, "response_type"), "ephemeral");
  EXPECT_THAT(all_of(answer), HasSubstr("shop-api"));
  EXPECT_THAT(all_of(say("where shop-api")), Not(HasSubstr("*production*")));
  EXPECT_THAT(all_of(say("status shop-web")), HasSubstr("was not deployed anywhere yet"));
}

TEST_F(Commands, VotesGoThroughTheApi) {
  api_.give("POST", "/api/v1/runs/shop-api%2342/approve", {{"text", "approved production of shop-api#42"}});
  api_.give("POST", "/api/v1/runs/shop-api%2342/reject", {{"text", "rejected"}});
  api_.give("POST", "/api/v1/runs/shop-api%2342/revoke", {{"text", "revoked"}});
  EXPECT_THAT(text_at(say("approve shop-api#42 looks good"), "text"), HasSubstr("approved production"));
  say("reject shop-api#42 --stage production not today");
  say("break-glass shop-api#42 the site is down");
  say("revoke shop-api#42");
  const auto acts = api_.acts();
  ASSERT_EQ(acts.size(), 4U);
  EXPECT_EQ(acts[0].body, (Json{{"reason", "looks good"}}));
  EXPECT_EQ(acts[1].body, (Json{{"stage", "production"}, {"reason", "not today"}}));
  EXPECT_EQ(acts[2].body, (Json{{"reason", "the site is down"}, {"break_glass", true}}));
  EXPECT_EQ(acts[3].path, "/api/v1/runs/shop-api%2342/revoke");
}

TEST_F(Commands, AVoteWithoutARunAsksWhichWithButtons) {
  api_.give("GET", "/api/v1/runs", Json::array({{{"id", "r1"}, {"app", "shop-api"}, {"number", 7}, {"state", "waiting"}}}));
  api_.give("POST", "/api/v1/runs/shop-api%237/approve", {{"text", "approved"}});
  press(say("approve"), "shop-api#7");
  ASSERT_EQ(api_.acts().size(), 1U);
  EXPECT_EQ(api_.acts()[0].path, "/api/v1/runs/shop-api%237/approve");
}

TEST_F(Commands, CancelRetryRollbackPromote) {
  api_.give("POST", "/api/v1/runs/shop-api%2342/cancel", {{"text", "canceling"}}, 202);
  api_.give("POST", "/api/v1/runs/shop-api%2342/retry", {{"text", "retrying"}}, 202);
  api_.give("POST", "/api/v1/apps/shop-api/environments/production/rollback", started, 201);
  api_.give("GET", "/api/v1/apps/shop-api",
            {{"name", "shop-api"}, {"environments", Json::array({{{"environment", "staging"}, {"run", "r41"}}})}});
  api_.give("POST", "/api/v1/deployments", started, 201);
  say("cancel shop-api#42 wrong branch");
  say("retry shop-api#42 all");
  const auto back = say("rollback shop-api production to #39 -- empty cart");
  say("promote shop-api staging to production");
  const auto acts = api_.acts();
  ASSERT_EQ(acts.size(), 4U);
  EXPECT_EQ(acts[0].body, (Json{{"reason", "wrong branch"}}));
  EXPECT_EQ(acts[1].body, (Json{{"all", true}}));
  EXPECT_EQ(acts[2].body, (Json{{"to", "shop-api#39"}, {"reason", "empty cart"}}));
  EXPECT_EQ(acts[3].body, (Json{{"app", "shop-api"}, {"environment", "production"}, {"run", "r41"}}));
  EXPECT_EQ(text_at(back, "response_type"), "in_channel");
  EXPECT_THAT(text_at(back, "text"), HasSubstr("rolls back *shop-api* in *production*"));
}

TEST_F(Commands, LocksAreSaidInTheChannelWithAButtonToUndo) {
  api_.give("POST", "/api/v1/locks", {{"id", "l1"}, {"until", "2026-06-01T00:00:00.000Z"}}, 201);
  api_.give("DELETE", "/api/v1/locks/production", nullptr, 204);
  const auto answer = say("lock production shop-api for 2h moving the database");
  EXPECT_EQ(text_at(answer, "response_type"), "in_channel");
  EXPECT_EQ(api_.acts()[0].body,
            (Json{{"environment", "production"}, {"app", "shop-api"}, {"reason", "moving the database"}, {"for", "2h"}}));
  press(answer, "Unlock", "U2");
  ASSERT_EQ(api_.acts().size(), 2U);
  EXPECT_EQ(api_.acts()[1].query, (Json{{"app", "shop-api"}}));
}

TEST_F(Commands, FreezesAndLists) {
  api_.give("POST", "/api/v1/freezes", {{"id", "f1"}}, 201);
  api_.give("DELETE", "/api/v1/freezes/f1", nullptr, 204);
  api_.give("GET", "/api/v1/locks", Json::array());
  api_.give(
      "GET", "/api/v1/freezes",
      Json::array(
          {{{"id", "f1"}, {"environment", "*"}, {"owner", "slack:U1"}, {"reason", "holidays"}, {"since", "2026-05-28T00:00:00.000Z"}}}));
  api_.give("GET", "/api/v1/schedules",
            Json::array({{{"id", "s1"}, {"app", "shop-api"}, {"created_by", "slack:U1"}, {"cron", "0 1 * * *"}}}));
  say("freeze all for 2d holidays");
  EXPECT_EQ(api_.acts()[0].body, (Json{{"environment", "*"}, {"reason", "holidays"}, {"for", "2d"}}));
  EXPECT_THAT(all_of(say("locks")), HasSubstr("holidays"));
  EXPECT_THAT(all_of(say("schedules")), HasSubstr("shop-api"));
  say("unfreeze f1");
  EXPECT_EQ(api_.acts()[1].path, "/api/v1/freezes/f1");
}

TEST_F(Commands, HistoryPagesAndQueue) {
  Json rows = Json::array();
  for (int i = 0; i < 10; ++i)
    rows.push_back({{"id", "0192aaaa-bbbb-7ccc-8ddd-eeeeffff000" + std::to_string(i)},
                    {"app", "shop-api"},
                    {"number", 50 - i},
                    {"state", "succeeded"},
                    {"environments", Json::array({"staging"})},
                    {"created_at", "2026-05-28T00:00:00.000Z"}});
  api_.give("GET", "/api/v1/runs", rows);
  const auto answer = say("history shop-api by me");
  EXPECT_EQ(text_at(api_.calls[0].query, "actor"), "slack:U1");
  press(answer, "Older");
  EXPECT_EQ(text_at(api_.calls.back().query, "before"), "0192aaaa-bbbb-7ccc-8ddd-eeeeffff0009");
  EXPECT_TRUE(flag_at(slack_.last("response_url"), "replace_original"));
  EXPECT_THAT(all_of(say("queue")), HasSubstr("shop-api #50"));
}

TEST_F(Commands, LogsShowTheStepThatFailed) {
  const Json steps =
      Json::array({{{"index", 0}, {"name", "compile"}, {"state", "succeeded"}}, {{"index", 1}, {"name", "test"}, {"state", "failed"}}});
  api_.give("GET", "/api/v1/runs/shop-api%2342",
            {{"id", "r42"},
             {"app", "shop-api"},
             {"number", 42},
             {"errors", Json::array()},
             {"stages", Json::array({{{"name", "build"}, {"jobs", Json::array({{{"id", "unit"}, {"attempt", 1}, {"steps", steps}}})}}})}});
  log_text_ = "assertion <!channel> failed ```";
  const auto answer = all_of(say("logs shop-api#42"));
  EXPECT_THAT(answer, HasSubstr("unit"));
  EXPECT_THAT(answer, HasSubstr("assertion"));
  EXPECT_THAT(all_of(say("logs shop-api#42 nojob")), HasSubstr("Its jobs"));
}

TEST_F(Commands, ChannelsSubscribe) {
  api_.give("GET", "/api/v1/apps/shop-api", {{"name", "shop-api"}});
  EXPECT_EQ(text_at(say("subscribe shop-api failure"), "response_type"), "in_channel");
  EXPECT_THAT(all_of(say("subscriptions")), HasSubstr("failure"));
  EXPECT_THAT(all_of(say("unsubscribe shop-web")), HasSubstr("does not follow"));
  say("unsubscribe all");
  EXPECT_THAT(all_of(say("subscriptions")), HasSubstr("follows nothing"));
  EXPECT_THAT(all_of(say("subscribe shop-web")), HasSubstr("nothing at"));
}

TEST_F(Commands, OneCanAskWhoOneIsAndLinkTheAccount) {
  api_.give("GET", "/api/v1/whoami", {{"id", "slack:U1"}, {"role", "deployer"}, {"apps", Json::array()}, {"environments", Json::array()}});
  api_.give("GET", "/api/v1/server", {{"version", "1.2"}, {"accepting", true}});
  EXPECT_THAT(all_of(say("whoami")), HasSubstr("deployer"));
  EXPECT_THAT(all_of(say("version")), HasSubstr("1.2"));
  const auto text = text_at(say("link"), "text");
  const auto at = text.find("`link ");
  ASSERT_NE(at, std::string::npos) << text;
  const auto code = text.substr(at + 6, text.find('`', at + 6) - at - 6);
  Speaker signed_in;
  signed_in.person.id = "user:ann@example.com";
  signed_in.via = "console";
  signed_in.api = [this](ApiCall wanted) { return api_.call(std::move(wanted)); };
  api_.give("POST", "/api/v1/users/redeem", {{"identity", "slack:U1"}, {"person", "user:ann@example.com"}}, 201);
  Json payload = command_payload("link " + code);
  const auto answer = send({.kind = Incoming::Kind::command, .payload = payload, .workspace = console, .speaker = signed_in});
  EXPECT_THAT(all_of(answer), HasSubstr("user:ann@example.com"));
  ASSERT_FALSE(api_.acts().empty());
  EXPECT_EQ(text_at(api_.acts().back().body, "code"), code);
}

TEST_F(Commands, ThePlanIsShownAndHelpHasEveryCommand) {
  api_.give("GET", "/api/v1/apps/shop-api/environments/production/plan",
            {{"app", "shop-api"}, {"environment", "production"}, {"ref", "main"}, {"sha", std::string(40, 'b')}, {"waits", Json::array()}});
  EXPECT_THAT(all_of(say("plan shop-api production @main")), HasSubstr("bbbbbbb"));
  EXPECT_EQ(text_at(api_.calls[0].query, "ref"), "main");
  const auto help = all_of(say("help"));
  for (const auto* word : {"deploy", "rollback", "subscribe", "whoami", "break-glass"}) EXPECT_THAT(help, HasSubstr(word));
  EXPECT_THAT(all_of(say("help lock")), HasSubstr("for 2h"));
}

TEST_F(Commands, AMentionIsAnsweredInItsThreadAndBotsAreNot) {
  api_.give("POST", "/api/v1/deployments", started, 201);
  event({{"type", "app_mention"}, {"user", "U1"}, {"channel", "C2"}, {"ts", "5.0"}, {"text", "<@UBOT> deploy shop-api to staging"}}, "Ev1");
  until([&] { return slack_.count("chat.postMessage") == 1; });
  EXPECT_EQ(text_at(slack_.last("chat.postMessage"), "channel"), "C2");
  EXPECT_EQ(text_at(slack_.last("chat.postMessage"), "thread_ts"), "5.0");
  event({{"type", "app_mention"}, {"user", "U1"}, {"channel", "C2"}, {"ts", "5.0"}, {"text", "<@UBOT> deploy shop-api to staging"}}, "Ev1");
  event({{"type", "message"},
         {"channel_type", "im"},
         {"user", "U1"},
         {"channel", "D1"},
         {"ts", "6.0"},
         {"subtype", "message_changed"},
         {"text", "deploy shop-api staging"}});
  event({{"type", "message"},
         {"channel_type", "im"},
         {"user", "U1"},
         {"bot_id", "B1"},
         {"channel", "D1"},
         {"ts", "6.0"},
         {"text", "deploy shop-api staging"}});
  event({{"type", "message"},
         {"channel_type", "channel"},
         {"user", "U1"},
         {"channel", "C2"},
         {"ts", "6.0"},
         {"text", "deploy shop-api staging"}});
  event({{"type", "message"}, {"channel_type", "im"}, {"user", "U1"}, {"channel", "D1"}, {"ts", "7.0"}, {"text", "help"}});
  until([&] { return slack_.count("chat.postMessage") == 2; });
  EXPECT_EQ(text_at(slack_.last("chat.postMessage"), "channel"), "D1");
  EXPECT_EQ(api_.acts().size(), 1U);
}

}  // namespace
}  // namespace fairlead::chat::test
