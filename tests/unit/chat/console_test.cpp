// SPDX-License-Identifier: Apache-2.0
#include "fairlead/chat/console.hpp"

#include <gmock/gmock.h>

#include "fairlead/base/json.hpp"
#include "fairlead/net/http.hpp"
#include "fairlead/net/sse.hpp"
#include "unit/chat/store_harness.hpp"

namespace fairlead::chat {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Takes events until it has enough of them.
class Page : public net::BodyWriter {
 public:
  explicit Page(std::size_t enough) : enough_(enough) {}
  Awaitable<void> write(std::string_view chunk) override {
    reader_.feed(chunk, [this](net::SseEvent event) { events.push_back(std::move(event)); });
    if (events.size() >= enough_) throw Error(ErrorKind::canceled, "enough");
    co_return;
  }
  std::vector<net::SseEvent> events;

 private:
  net::SseReader reader_;
  std::size_t enough_;
};

class ConsoleTest : public testing::Test {
 protected:
  ConsoleTest() { console_ = made(); }

  std::unique_ptr<Console> made() {
    ConsoleParts parts;
    parts.store = &harness_.store();
    parts.clock = harness_.clock();
    parts.receive = [this](Incoming incoming) -> Awaitable<Json> {
      heard_.push_back(incoming);
      if (reply_) co_return reply_(incoming);
      co_return Json();
    };
    return std::make_unique<Console>(std::move(parts));
  }

  static ConsoleCaller caller(const std::string& user, const std::string& client = "page") {
    ConsoleCaller made{.speaker = {}, .client = client};
    made.speaker.person.id = user;
    made.speaker.via = "console";
    return made;
  }
  Json api(const std::string& method, Json arguments) {
    return harness_.run(console_->call("console", method, std::move(arguments), deadline_in(std::chrono::seconds(30))));
  }
  std::string code_of(const std::string& method, Json arguments) {
    try {
      api(method, std::move(arguments));
    } catch (const ApiError& error) {
      EXPECT_EQ(error.api_kind, ApiError::Kind::rejected);
      return error.code;
    }
    return "";
  }
  Json say(const std::string& user, const std::string& text, const std::string& client = "page") {
    return harness_.run(console_->command(caller(user, client), {{"text", text}}));
  }
  Json act(const std::string& user, Json body, const std::string& client = "page") {
    return harness_.run(console_->interact(caller(user, client), std::move(body)));
  }
  std::vector<std::string> texts(const std::string& user) {
    std::vector<std::string> found;
    const auto shown = harness_.run(console_->snapshot(user, "page"));
    for (const auto& message : shown.at("messages")) found.push_back(text_at(message, "text"));
    return found;
  }
  std::vector<net::SseEvent> follow(const std::string& user, const std::string& client, const std::string& after, std::size_t enough) {
    Page page(enough);
    try {
      harness_.run(console_->follow(user, client, after, page, deadline_in(std::chrono::seconds(30))));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::canceled);
    }
    return page.events;
  }
  static Json card(const std::string& text) {
    return {{"channel", "console"},
            {"text", text},
            {"blocks",
             {{{"type", "actions"},
               {"block_id", "acts"},
               {"elements",
                {{{"type", "button"},
                  {"action_id", "approve"},
                  {"value", "v1.handle"},
                  {"text", {{"type", "plain_text"}, {"text", "Approve"}}}}}}}}}};
  }
  Json modal() {
    return {{"type", "modal"},
            {"callback_id", "picker"},
            {"private_metadata", "v1.picker"},
            {"blocks",
             {{{"type", "input"}, {"block_id", "why"}, {"element", {{"type", "plain_text_input"}, {"action_id", "reason"}}}},
              {{"type", "section"},
               {"block_id", "app"},
               {"accessory",
                {{"type", "static_select"},
                 {"action_id", "picker:app"},
                 {"options", {{{"text", {{"type", "plain_text"}, {"text", "Shop"}}}, {"value", "shop"}}}}}}}}}};
  }

  test::StoreHarness harness_;
  std::vector<Incoming> heard_;
  std::function<Json(const Incoming&)> reply_;
  std::unique_ptr<Console> console_;
};

TEST_F(ConsoleTest, ACommandArrivesAsSlackWouldSendIt) {
  reply_ = [](const Incoming&) { return Json{{"text", "done"}}; };
  const auto answer = say("user:dev@x", " deploy shop staging ");
  EXPECT_EQ(text_at(answer.at("message"), "text"), "done");
  EXPECT_TRUE(flag_at(answer.at("message"), "ephemeral"));
  ASSERT_EQ(heard_.size(), 1u);
  const auto& incoming = heard_.front();
  EXPECT_EQ(incoming.kind, Incoming::Kind::command);
  EXPECT_EQ(incoming.workspace, "console");
  EXPECT_EQ(incoming.speaker->person.id, "user:dev@x");
  EXPECT_EQ(text_at(incoming.payload, "command"), "/deploy");
  EXPECT_EQ(text_at(incoming.payload, "text"), "deploy shop staging");
  EXPECT_EQ(text_at(incoming.payload, "user_id"), "user:dev@x");
  say("user:dev@x", "help");
  EXPECT_NE(text_at(heard_[0].payload, "trigger_id"), text_at(heard_[1].payload, "trigger_id"));
  EXPECT_TRUE(texts("user:dev@x").empty()) << "an ephemeral answer is in nobody's channel";
}

TEST_F(ConsoleTest, AnAnswerForTheChannelShowsWhoSaidWhat) {
  reply_ = [](const Incoming&) { return Json{{"text", "staging is locked"}, {"response_type", "in_channel"}}; };
  EXPECT_TRUE(flag_at(say("user:dev@x", "lock staging release"), "posted"));
  EXPECT_THAT(texts("user:other@x"), ElementsAre("lock staging release", "staging is locked"));
}

TEST_F(ConsoleTest, MessagesAreEditedInPlaceAndOutliveTheServer) {
  const auto ts = text_at(api("chat.postMessage", card("waiting")), "ts");
  api("chat.postMessage", {{"channel", "console"}, {"text", "in the thread"}, {"thread_ts", ts}});
  api("chat.postMessage", {{"channel", "user:dev@x"}, {"text", "for one"}});
  api("chat.update", {{"channel", "console"}, {"ts", ts}, {"text", "approved"}});
  console_ = made();
  EXPECT_THAT(texts("user:other@x"), ElementsAre("approved", "in the thread"));
  EXPECT_THAT(texts("user:dev@x"), ElementsAre("approved", "in the thread", "for one"));
  api("chat.delete", {{"channel", "console"}, {"ts", ts}});
  EXPECT_THAT(texts("user:other@x"), ElementsAre("in the thread"));
  EXPECT_EQ(code_of("chat.update", {{"channel", "console"}, {"ts", ts}, {"text", "x"}}), "message_not_found");
  EXPECT_EQ(code_of("chat.postMessage", {{"channel", "C123"}, {"text", "x"}}), "channel_not_found");
  EXPECT_EQ(code_of("chat.postMessage", {{"channel", "console"}}), "no_text");
  EXPECT_EQ(code_of("files.upload", {}), "unknown_method");
}

TEST_F(ConsoleTest, OnlyTheLastHundredsOfMessagesAreKept) {
  for (int i = 0; i < 310; ++i) api("chat.postMessage", {{"channel", "console"}, {"text", std::to_string(i)}});
  const auto kept = texts("user:dev@x");
  ASSERT_EQ(kept.size(), 300u);
  EXPECT_EQ(kept.front(), "10");
  EXPECT_EQ(harness_.run(harness_.store().read([](store::View& view) { return view.list("chat.console").size(); })), 300u);
}

TEST_F(ConsoleTest, APressedButtonCarriesTheMessagesValueNotThePages) {
  const auto ts = text_at(api("chat.postMessage", card("waiting")), "ts");
  act("user:lead@x",
      {{"type", "block_actions"}, {"message_ts", ts}, {"block_id", "acts"}, {"action_id", "approve"}, {"given", {{"value", "v1.forged"}}}});
  ASSERT_EQ(heard_.size(), 1u);
  const auto& payload = heard_.front().payload;
  EXPECT_EQ(text_at(payload, "type"), "block_actions");
  const auto& action = payload.at("actions")[0];
  EXPECT_EQ(text_at(action, "value"), "v1.handle");
  EXPECT_EQ(text_at(action, "action_id"), "approve");
  EXPECT_EQ(text_at(payload.at("container"), "message_ts"), ts);
  EXPECT_EQ(text_at(payload.at("container"), "channel_id"), "console");
  EXPECT_EQ(text_at(payload.at("user"), "id"), "user:lead@x");
  EXPECT_THROW(act("user:lead@x", {{"type", "block_actions"}, {"message_ts", ts}, {"block_id", "acts"}, {"action_id", "other"}}), Error);
  EXPECT_THROW(act("user:lead@x", {{"type", "block_actions"}, {"message_ts", "1.2"}, {"block_id", "acts"}, {"action_id", "approve"}}),
               Error);
  EXPECT_EQ(heard_.size(), 1u);
}

TEST_F(ConsoleTest, ADirectOrEphemeralMessageHasButtonsForItsPersonAlone) {
  auto direct = card("for one");
  direct["channel"] = "user:dev@x";
  auto ephemeral = card("only you see this");
  ephemeral["user"] = "user:dev@x";
  for (const auto& ts : {text_at(api("chat.postMessage", direct), "ts"), text_at(api("chat.postEphemeral", ephemeral), "message_ts")}) {
    const Json press{{"type", "block_actions"}, {"message_ts", ts}, {"block_id", "acts"}, {"action_id", "approve"}};
    EXPECT_THROW(act("user:other@x", press), Error);
    act("user:dev@x", press);
  }
  EXPECT_EQ(heard_.size(), 2u);
  EXPECT_TRUE(flag_at(heard_[1].payload.at("container"), "is_ephemeral"));
}

TEST_F(ConsoleTest, AModalGoesThroughItsLife) {
  say("user:dev@x", "");
  const auto trigger = text_at(heard_.back().payload, "trigger_id");
  const auto opened = api("views.open", {{"trigger_id", trigger}, {"view", modal()}}).at("view");
  EXPECT_EQ(code_of("views.open", {{"trigger_id", trigger}, {"view", modal()}}), "exchanged_trigger_id");
  const auto id = text_at(opened, "id");
  EXPECT_THROW(act("user:dev@x", {{"type", "view_submission"}, {"view_id", id}}, "another page"), Error);
  EXPECT_EQ(code_of("views.update", {{"view_id", id}, {"hash", "old"}, {"view", modal()}}), "hash_conflict");
  const auto updated = api("views.update", {{"view_id", id}, {"hash", opened.at("hash")}, {"view", modal()}}).at("view");
  EXPECT_EQ(updated.at("id"), id);
  EXPECT_NE(updated.at("hash"), opened.at("hash"));

  const Json given{{"why", {{"reason", {{"value", "because"}}}}}, {"app", {{"picker:app", {{"selected_option", {{"value", "forged"}}}}}}}};
  reply_ = [](const Incoming&) { return Json{{"response_action", "errors"}, {"errors", {{"why", "say more"}}}}; };
  auto answer = act("user:dev@x", {{"type", "view_submission"}, {"view_id", id}, {"state", given}, {"private_metadata", "forged"}});
  EXPECT_EQ(answer.at("errors").at("why"), "say more");
  EXPECT_EQ(answer.at("views").at("stack").size(), 1u) << "it stays open";
  const auto& view = heard_.back().payload.at("view");
  EXPECT_EQ(text_at(view, "private_metadata"), "v1.picker");
  EXPECT_EQ(text_at(view, "callback_id"), "picker");
  EXPECT_EQ(view.at("state").at("values").at("why").at("reason").at("value"), "because");
  EXPECT_TRUE(view.at("state").at("values").at("app").at("picker:app").at("selected_option").is_null()) << "not one that it offers";

  reply_ = [&](const Incoming&) { return Json{{"response_action", "push"}, {"view", modal()}}; };
  answer = act("user:dev@x", {{"type", "view_submission"}, {"view_id", id}});
  ASSERT_EQ(answer.at("views").at("stack").size(), 2u);
  EXPECT_EQ(answer.at("views").at("stack")[1].at("previous_view_id"), id);
  reply_ = nullptr;
  answer = act("user:dev@x", {{"type", "view_submission"}, {"view_id", answer.at("views").at("stack")[1].at("id")}});
  EXPECT_EQ(answer.at("views").at("stack").size(), 1u);
  answer = act("user:dev@x", {{"type", "view_closed"}, {"view_id", id}});
  EXPECT_TRUE(answer.at("views").at("stack").empty());
  EXPECT_EQ(code_of("views.update", {{"view_id", id}, {"view", modal()}}), "not_found");
}

TEST_F(ConsoleTest, SuggestionsAreAskedForWithWhatIsTyped) {
  say("user:dev@x", "");
  auto view = modal();
  view["blocks"][1]["accessory"]["type"] = "external_select";
  const auto id = text_at(api("views.open", {{"trigger_id", heard_.back().payload.at("trigger_id")}, {"view", view}}).at("view"), "id");
  reply_ = [](const Incoming&) { return Json{{"options", {{{"text", {{"type", "plain_text"}, {"text", "shop"}}}, {"value", "shop"}}}}}; };
  const auto answer = harness_.run(
      console_->options(caller("user:dev@x"), {{"view_id", id}, {"block_id", "app"}, {"action_id", "picker:app"}, {"value", "sh"}}));
  EXPECT_EQ(answer.at("options").size(), 1u);
  EXPECT_EQ(heard_.back().kind, Incoming::Kind::options);
  EXPECT_EQ(text_at(heard_.back().payload, "type"), "block_suggestion");
  EXPECT_EQ(text_at(heard_.back().payload, "value"), "sh");
}

TEST_F(ConsoleTest, APageFollowsFromItsCursorAndSeesNothingOfOthers) {
  api("chat.postMessage", {{"channel", "console"}, {"text", "before"}});
  const auto cursor = text_at(harness_.run(console_->snapshot("user:dev@x", "page")), "cursor");
  api("chat.postMessage", {{"channel", "user:other@x"}, {"text", "secret"}});
  api("chat.postEphemeral", {{"channel", "console"}, {"user", "user:other@x"}, {"text", "secret"}});
  say("user:other@x", "", "page of other");
  api("views.open", {{"trigger_id", heard_.back().payload.at("trigger_id")}, {"view", modal()}});
  api("chat.postMessage", {{"channel", "console"}, {"text", "after"}});
  const auto events = follow("user:dev@x", "page", cursor, 1);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].name, "message");
  EXPECT_THAT(events[0].data, HasSubstr("after"));
  const auto others = follow("user:other@x", "page of other", cursor, 4);
  ASSERT_EQ(others.size(), 4u);
  EXPECT_EQ(others[2].name, "views");
}

TEST_F(ConsoleTest, ACursorOfAnEarlierServerIsAnsweredWithEverything) {
  api("chat.postMessage", {{"channel", "console"}, {"text", "kept"}});
  const auto cursor = text_at(harness_.run(console_->snapshot("user:dev@x", "page")), "cursor");
  console_ = made();
  const auto events = follow("user:dev@x", "page", cursor, 3);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].name, "reset");
  EXPECT_THAT(events[1].data, HasSubstr("kept"));
  EXPECT_EQ(events[2].name, "views");
}

TEST_F(ConsoleTest, TheHomeTabIsAskedForAndShownToItsPerson) {
  act("user:dev@x", {{"type", "app_home_opened"}});
  EXPECT_EQ(heard_.back().kind, Incoming::Kind::event);
  EXPECT_EQ(text_at(heard_.back().payload.at("event"), "type"), "app_home_opened");
  api("views.publish", {{"user_id", "user:dev@x"}, {"view", {{"type", "home"}, {"blocks", card("x").at("blocks")}}}});
  const auto home = harness_.run(console_->snapshot("user:dev@x", "page")).at("home");
  act("user:dev@x", {{"type", "block_actions"}, {"view_id", home.at("id")}, {"block_id", "acts"}, {"action_id", "approve"}});
  EXPECT_EQ(text_at(heard_.back().payload.at("actions")[0], "value"), "v1.handle");
  EXPECT_TRUE(harness_.run(console_->snapshot("user:other@x", "page")).at("home").is_null());
}

}  // namespace
}  // namespace fairlead::chat
