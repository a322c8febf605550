// SPDX-License-Identifier: Apache-2.0
#include "unit/chat/dispatch_harness.hpp"

namespace fairlead::chat::test {
namespace {

using testing::HasSubstr;
using testing::Not;

const Json started{{"id", "r42"}, {"number", 42}, {"url", "https://fairlead.example.com/runs/r42"}, {"state", "queued"}};
const std::string approve_path = "/api/v1/runs/r42/approve", reject_path = "/api/v1/runs/r42/reject";

/// A card with the buttons of an approval, kept as the reader would keep them.
class Interactions : public DispatchTest {
 protected:
  Json card(std::vector<Grant> grants) {
    Json buttons = Json::array();
    const auto key = store_.write([](store::Tx& tx) { return Grants::key(tx); });
    for (const auto& grant : grants)
      buttons.push_back({{"type", "button"},
                         {"action_id", grant.verb},
                         {"text", {{"type", "plain_text"}, {"text", grant.verb}}},
                         {"value", handle_of(key, grant)}});
    store_.write([&](store::Tx& tx) { Grants::put(tx, key, grants, 0); });
    return {{"blocks", Json::array({{{"type", "actions"}, {"elements", buttons}}})}};
  }
  Grant gate(const std::string& verb) {
    return {.verb = verb,
            .args = {{"run", "r42"}, {"stage", "production"}, {"plan_digest", "d1"}},
            .card = {},
            .audience = {},
            .expires = {},
            .once = false};
  }
  void SetUp() override {
    api_.give("GET", "/api/v1/runs/r42",
              {{"id", "r42"},
               {"app", "shop-api"},
               {"number", 42},
               {"state", "waiting"},
               {"stages",
                Json::array({{{"name", "production"}, {"environment", "production"}, {"state", "waiting"}, {"gates", Json::array()}}})}});
  }
  Json open_picker() {
    say("");
    until([&] { return slack_.count("views.open") == 1; });
    return member(slack_.last("views.open"), "view");
  }
  Json view_action(const Json& view, const std::string& action, const std::string& value, Json values) {
    Json shown = view;
    shown["id"] = "V1";
    shown["hash"] = "h1";
    shown["state"] = {{"values", std::move(values)}};
    return interaction(
        "block_actions",
        {{"container", {{"type", "view"}, {"view_id", "V1"}}},
         {"view", shown},
         {"actions", Json::array({{{"type", "static_select"}, {"action_id", action}, {"selected_option", {{"value", value}}}}})}});
  }
  static Json chosen(const std::string& value) { return {{"type", "static_select"}, {"selected_option", {{"value", value}}}}; }
};

TEST_F(Interactions, ApproveGoesThroughTheApiBoundToWhatWasSeen) {
  api_.give("POST", approve_path, {{"text", "approved production of shop-api#42"}});
  press(card({gate("approve")}), "approve", "U2");
  ASSERT_EQ(api_.acts().size(), 1U);
  EXPECT_EQ(api_.acts()[0].body, (Json{{"stage", "production"}, {"plan_digest", "d1"}}));
  EXPECT_THAT(text_at(slack_.last("response_url"), "text"), HasSubstr("approved production"));
  EXPECT_EQ(text_at(slack_.last("response_url"), "response_type"), "ephemeral");
  EXPECT_FALSE(flag_at(slack_.last("response_url"), "replace_original"));
}

TEST_F(Interactions, AVoteThatIsRefusedSaysWhoCanAndMayBeTriedAgain) {
  api_.on("POST", approve_path) = {
      .status = 403, .body = nullptr, .detail = "you asked for this deploy yourself", .hint = "who can: slack:@leads"};
  const auto shown = card({gate("approve")});
  press(shown, "approve");
  EXPECT_THAT(told(), HasSubstr("you asked for this deploy yourself"));
  EXPECT_THAT(told(), HasSubstr("@leads"));
  api_.give("POST", approve_path, {{"text", "approved"}});
  press(shown, "approve");
  EXPECT_EQ(api_.acts().size(), 2U);
}

TEST_F(Interactions, ALateVoteIsToldWhatBecameOfIt) {
  api_.on("POST", approve_path) = {.status = 409, .body = nullptr, .detail = "the run is not waiting", .hint = {}};
  api_.give(
      "GET", "/api/v1/runs/r42",
      {{"id", "r42"},
       {"stages",
        Json::array(
            {{{"name", "production"}, {"state", "superseded"}, {"reason", "superseded by shop-api#43"}, {"gates", Json::array()}}})}});
  press(card({gate("approve")}), "approve");
  EXPECT_THAT(told(), HasSubstr("superseded by shop-api#43"));
}

TEST_F(Interactions, UnknownForgedAndRenamedHandlesDoNothing) {
  auto shown = card({gate("reject")});
  press(
      {{"blocks",
        Json::array({{{"type", "button"}, {"action_id", "approve"}, {"text", {{"text", "x"}}}, {"value", "v1.AAAAAAAAAAAAAAAAAAAAAA"}}})}},
      "x");
  EXPECT_THAT(told(), HasSubstr("not known"));
  shown["blocks"][0]["elements"][0]["action_id"] = "approve";
  press(shown, "reject");
  EXPECT_THAT(told(), HasSubstr("not what it says"));
  EXPECT_TRUE(api_.calls.empty());
}

TEST_F(Interactions, RejectAsksForTheReasonFirst) {
  api_.give("POST", reject_path, {{"text", "rejected"}});
  press(card({gate("reject")}), "reject");
  EXPECT_TRUE(api_.acts().empty());
  const auto view = member(slack_.last("views.open"), "view");
  EXPECT_EQ(text_at(view, "callback_id"), "reason");
  EXPECT_EQ(text_at(view, "private_metadata").substr(0, 3), "v1.");
  const Json values{{"reason", {{"reason", {{"type", "plain_text_input"}, {"value", " not today "}}}}}};
  EXPECT_TRUE(submit(view, values).is_null());
  ASSERT_EQ(api_.acts().size(), 1U);
  EXPECT_EQ(api_.acts()[0].body, (Json{{"stage", "production"}, {"reason", "not today"}, {"plan_digest", "d1"}}));
  submit(view, values);  // once more
  EXPECT_EQ(api_.acts().size(), 1U);
}

TEST_F(Interactions, AReasonThatIsRefusedIsShownInTheModal) {
  api_.on("POST", reject_path) = {.status = 403, .body = nullptr, .detail = "you may not decide this", .hint = {}};
  press(card({gate("reject")}), "reject");
  const auto view = member(slack_.last("views.open"), "view");
  const Json values{{"reason", {{"reason", {{"type", "plain_text_input"}, {"value", "no"}}}}}};
  const auto answer = submit(view, values);
  EXPECT_EQ(text_at(answer, "response_action"), "errors");
  EXPECT_THAT(dump(answer), HasSubstr("you may not decide this"));
  const auto other = submit(view, values, "U9");
  EXPECT_THAT(dump(other), HasSubstr("alone"));
  EXPECT_EQ(api_.acts().size(), 1U);
}

TEST_F(Interactions, BreakGlassAsksForTheReasonAndSaysSo) {
  auto grant = gate("approve");
  grant.args["break_glass"] = true;
  api_.give("POST", approve_path, {{"text", "bypassed"}});
  press(card({grant}), "approve");
  const auto view = member(slack_.last("views.open"), "view");
  submit(view, {{"reason", {{"reason", {{"type", "plain_text_input"}, {"value", "the site is down"}}}}}});
  ASSERT_EQ(api_.acts().size(), 1U);
  EXPECT_TRUE(flag_at(api_.acts()[0].body, "break_glass"));
}

TEST_F(Interactions, CancelRetryAndRollbackAreUsedUpByTheFirstPress) {
  api_.give("POST", "/api/v1/runs/r42/cancel", {{"text", "canceling"}}, 202);
  api_.give("POST", "/api/v1/runs/r42/retry", {{"text", "retrying"}}, 202);
  api_.give("POST", "/api/v1/apps/shop-api/environments/production/rollback", started, 201);
  const auto shown = card({{.verb = "cancel", .args = {{"run", "r42"}}},
                           {.verb = "retry", .args = {{"run", "r42"}}},
                           {.verb = "rollback", .args = {{"app", "shop-api"}, {"environment", "production"}}}});
  for (const auto* verb : {"cancel", "retry", "rollback", "cancel"}) press(shown, verb);
  press(shown, "retry", "U2");
  EXPECT_EQ(api_.acts().size(), 3U);
  EXPECT_THAT(told(), HasSubstr("did this already"));
  EXPECT_THAT(told(), HasSubstr("rolls back"));
}

TEST_F(Interactions, ThePickerOpensAtOnceThenShowsThePlan) {
  const auto view = open_picker();
  EXPECT_EQ(text_at(view, "callback_id"), "picker");
  EXPECT_EQ(slack_.told.front().method, "views.open");
  until([&] { return slack_.count("views.update") == 1; });
  EXPECT_THAT(dump(slack_.last("views.update")), HasSubstr("shop-web"));

  interact(view_action(view, "picker:app", "shop-api", {{"app", {{"picker:app", chosen("shop-api")}}}}));
  until([&] { return slack_.count("views.update") == 2; });
  EXPECT_EQ(text_at(slack_.last("views.update"), "hash"), "h1");
  EXPECT_THAT(dump(slack_.last("views.update")), HasSubstr("production"));

  const Json wait{{"kind", "lock"}, {"reason", "locked by ann: moving"}, {"until", nullptr}};
  api_.give("GET", "/api/v1/apps/shop-api/environments/production/plan",
            {{"app", "shop-api"},
             {"environment", "production"},
             {"sha", std::string(40, 'b')},
             {"waits", Json::array({wait})},
             {"notes", Json::array()}});
  interact(view_action(view, "picker:environment", "production",
                       {{"app", {{"picker:app", chosen("shop-api")}}}, {"e", {{"picker:environment", chosen("production")}}}}));
  until([&] { return slack_.count("views.update") == 4; });
  EXPECT_THAT(dump(slack_.last("views.update")), HasSubstr("moving"));
  EXPECT_EQ(text_at(slack_.last("views.update"), "view_id"), "V1");
  EXPECT_EQ(text_at(member(slack_.last("views.update"), "view"), "private_metadata"), text_at(view, "private_metadata"));
}

TEST_F(Interactions, AViewThatChangedMeanwhileIsLeftToWhoChangedIt) {
  const auto view = open_picker();
  until([&] { return slack_.count("views.update") == 1; });
  slack_.fails["views.update"] = "hash_conflict";
  interact(view_action(view, "picker:app", "shop-api", {{"app", {{"picker:app", chosen("shop-api")}}}}));
  until([&] { return slack_.count("views.update") == 2; });
  EXPECT_EQ(slack_.count("response_url") + slack_.count("chat.postEphemeral"), 0U);
}

TEST_F(Interactions, ASubmittedPickerDeploysOnceAndTellsTheChannel) {
  api_.give("POST", "/api/v1/deployments", started, 201);
  const auto view = open_picker();
  const Json values{{"app", {{"picker:app", chosen("shop-api")}}},
                    {"environment:shop-api", {{"picker:environment", chosen("production")}}},
                    {"ref:shop-api", {{"picker:ref", chosen("v1.4")}}},
                    {"reason", {{"picker:reason", {{"type", "plain_text_input"}, {"value", "cart"}}}}}};
  EXPECT_TRUE(submit(view, values).is_null());
  until([&] { return slack_.count("chat.postMessage") == 1; });
  EXPECT_EQ(text_at(slack_.last("chat.postMessage"), "channel"), "C1");
  EXPECT_THAT(text_at(slack_.last("chat.postMessage"), "text"), HasSubstr("shop-api#42"));
  ASSERT_EQ(api_.acts().size(), 1U);
  EXPECT_EQ(api_.acts()[0].body, (Json{{"app", "shop-api"}, {"environment", "production"}, {"ref", "v1.4"}, {"reason", "cart"}}));
  EXPECT_TRUE(submit(view, values).is_null());
  EXPECT_EQ(api_.acts().size(), 1U);
}

TEST_F(Interactions, WhatThePickerCannotDoIsShownWhereItIsWrong) {
  const auto view = open_picker();
  api_.on("POST", "/api/v1/deployments") = {.status = 403, .body = nullptr, .detail = "production is locked", .hint = "by ann"};
  const Json values{{"app", {{"picker:app", chosen("shop-api")}}},
                    {"environment:shop-api", {{"picker:environment", chosen("production")}}}};
  EXPECT_EQ(submit(view, values),
            (Json{{"response_action", "errors"}, {"errors", {{"environment:shop-api", "production is locked (by ann)"}}}}));
  EXPECT_THAT(dump(submit(view, {{"app", {{"picker:app", chosen("shop-api")}}}})), HasSubstr("environment"));
  api_.give("POST", "/api/v1/deployments", started, 201);
  EXPECT_TRUE(submit(view, values).is_null());
}

TEST_F(Interactions, WhoMayNotActIsToldInTheModal) {
  people_.refusal = "guests of the Slack workspace may not act here";
  open_picker();
  until([&] { return slack_.count("views.update") == 1; });
  EXPECT_THAT(dump(slack_.last("views.update")), HasSubstr("guests"));
}

TEST_F(Interactions, SelectsOfferAppsAndRefsOfTheChosenApp) {
  const auto ask = [&](const std::string& action, const std::string& typed, Json values) {
    return send(
        {.kind = Incoming::Kind::options,
         .payload = interaction("block_suggestion",
                                {{"action_id", action}, {"value", typed}, {"view", {{"id", "V1"}, {"state", {{"values", values}}}}}}),
         .workspace = "slack",
         .speaker = {}});
  };
  EXPECT_THAT(dump(ask("picker:app", "WEB", Json::object())), HasSubstr("shop-web"));
  EXPECT_THAT(dump(ask("picker:app", "WEB", Json::object())), Not(HasSubstr("shop-api")));
  api_.give("GET", "/api/v1/apps/shop-api/refs",
            {{"branches", Json::array({{{"name", "main"}}, {{"name", std::string(100, 'x')}}})},
             {"tags", Json::array()},
             {"commits", Json::array({{{"sha", std::string(40, 'c')}, {"subject", "Fix <it>"}}})}});
  const Json app{{"app", {{"picker:app", chosen("shop-api")}}}};
  const auto refs = ask("picker:ref", "", app);
  EXPECT_EQ(member(refs, "option_groups").size(), 2U);
  EXPECT_THAT(dump(refs), HasSubstr("ccccccc Fix <it>"));
  EXPECT_THAT(dump(refs), Not(HasSubstr(std::string(100, 'x'))));
  EXPECT_THAT(dump(ask("picker:ref", "0abc", app)), HasSubstr("As typed"));
  EXPECT_EQ(ask("picker:ref", "x", Json::object()), (Json{{"options", Json::array()}}));
  EXPECT_EQ(ask("unknown", "x", app), (Json{{"options", Json::array()}}));
}

TEST_F(Interactions, ShortcutsOpenThePickerAndRollBackAMessage) {
  interact(interaction("shortcut", {{"callback_id", "deploy_open"}}));
  until([&] { return slack_.count("views.open") == 1; });
  api_.give("GET", "/api/v1/runs/shop-api%2342",
            {{"id", "r42"}, {"app", "shop-api"}, {"number", 42}, {"deployments", Json::array({{{"environment", "production"}}})}});
  api_.give("POST", "/api/v1/apps/shop-api/environments/production/rollback", started, 201);
  interact(interaction("message_action", {{"callback_id", "deploy_rollback_msg"},
                                          {"channel", {{"id", "C1"}}},
                                          {"message", {{"ts", "9.0"}, {"text", "*shop-api #42* is live"}}}}));
  until([&] { return slack_.count("chat.postEphemeral") == 1; });
  press(slack_.last("chat.postEphemeral"), "production");
  ASSERT_EQ(api_.acts().size(), 1U);
  EXPECT_THAT(told(), HasSubstr("rolls back"));
}

TEST_F(Interactions, StrangeEnvelopesAreAcknowledgedAndDoNothing) {
  interact(interaction("workflow_step_edit", Json::object()));
  interact(interaction("view_closed", {{"view", {{"id", "V1"}}}}));
  interact(interaction("block_actions", {{"actions", Json::array()}}));
  interact(interaction("block_actions", {{"actions", 7}, {"container", "x"}, {"view", Json::array()}}));
  interact(Json::array());
  interact(nullptr);
  EXPECT_TRUE(submit({{"callback_id", "send"}, {"private_metadata", "v1.x"}}, Json::object()).is_null());
  event({{"type", "channel_rename"}});
  event(nullptr);
  EXPECT_TRUE(api_.calls.empty());
  EXPECT_TRUE(slack_.told.empty());
}

TEST_F(Interactions, TheHomeTabShowsWhatWaitsAndRuns) {
  const Json row{{"id", "r42"}, {"app", "shop-api"}, {"number", 42}, {"state", "waiting"}};
  api_.give("GET", "/api/v1/runs", Json::array({row}));
  api_.give("GET", "/api/v1/runs/r42",
            {{"id", "r42"},
             {"app", "shop-api"},
             {"number", 42},
             {"state", "waiting"},
             {"stages", Json::array({{{"name", "production"},
                                      {"environment", "production"},
                                      {"state", "waiting"},
                                      {"gates", Json::array({{{"kind", "approval"}, {"state", "open"}, {"plan_digest", "d1"}}})}}})}});
  api_.give("POST", approve_path, {{"text", "approved"}});
  event({{"type", "app_home_opened"}, {"user", "U1"}, {"tab", "home"}});
  until([&] { return slack_.count("views.publish") == 1; });
  EXPECT_EQ(text_at(slack_.last("views.publish"), "user_id"), "U1");
  press(slack_.last("views.publish"), "Approve");
  EXPECT_EQ(api_.acts().size(), 1U);
}

TEST_F(Interactions, AnInvitedBotGreetsAndARevokedTokenIsForgotten) {
  event({{"type", "member_joined_channel"}, {"user", "UBOT"}, {"channel", "C5"}});
  until([&] { return slack_.count("chat.postMessage") == 1; });
  EXPECT_EQ(text_at(slack_.last("chat.postMessage"), "channel"), "C5");
  event({{"type", "member_joined_channel"}, {"user", "U7"}, {"channel", "C5"}});
  store_.write([](store::Tx& tx) { tx.put("chat.workspace", "T9", "{}"); });
  send({.kind = Incoming::Kind::event,
        .payload = {{"event_id", "Ev77"}, {"event", {{"type", "app_uninstalled"}}}},
        .workspace = "T9",
        .speaker = {}});
  until([&] { return !store_.run(store_.store().read([](store::View& view) { return view.get("chat.workspace", "T9"); })); });
  EXPECT_EQ(slack_.count("chat.postMessage"), 1U);
}

}  // namespace
}  // namespace fairlead::chat::test
