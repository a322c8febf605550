// SPDX-License-Identifier: Apache-2.0
#include "chat/slack/socket_machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fairlead/chat/slack_socket.hpp"

namespace fairlead::chat::slack::socket {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

std::string word(const Output& output) {
  struct Words {
    std::string operator()(const AskUrl&) const { return "ask"; }
    std::string operator()(const Connect& it) const { return "connect " + std::to_string(it.connection); }
    std::string operator()(const Deliver& it) const { return "deliver " + std::to_string(it.connection) + " " + it.envelope; }
    std::string operator()(const Send& it) const { return "send " + std::to_string(it.connection) + " " + it.text; }
    std::string operator()(const Close& it) const { return "close " + std::to_string(it.connection); }
    std::string operator()(const Alarm& it) const { return (it.text.empty() ? "clear " : "alarm ") + it.code; }
    std::string operator()(const Stop&) const { return "stop"; }
  };
  return std::visit(Words{}, output);
}

class SlackSocket : public testing::Test {
 protected:
  using Words = std::vector<std::string>;
  static Words words(const Outputs& outputs) {
    Words all;
    for (const auto& output : outputs) all.push_back(word(output));
    return all;
  }
  static std::string hello(int connections = 1, int seconds = 18000, const std::string& app = "A1") {
    return dump(Json{{"type", "hello"},
                     {"num_connections", connections},
                     {"connection_info", {{"app_id", app}}},
                     {"debug_info", {{"approximate_connection_time", seconds}}}});
  }
  static std::string disconnect(const std::string& reason) { return dump(Json{{"type", "disconnect"}, {"reason", reason}}); }
  static std::string envelope(const std::string& id, bool answerable = true, const std::string& type = "slash_commands") {
    return dump(Json{{"envelope_id", id}, {"type", type}, {"accepts_response_payload", answerable}, {"payload", {{"text", "status"}}}});
  }
  Words say(Number number, const std::string& text) { return words(machine_.text(number, text, now_)); }
  Words ask_again() { return words(machine_.time(now_)); }
  /// Connection 1, which said hello two minutes ago.
  void connected() {
    machine_.start(now_);
    machine_.url("wss://x", now_);
    say(1, hello());
    now_ += 120s;
  }
  /// How long until it asks for a connection.
  Duration pause() {
    const auto from = now_;
    for (int i = 0; i < 100; ++i) {
      const auto wake = machine_.wake();
      if (!wake) return Duration::max();
      now_ = std::max(now_, *wake);
      for (const auto& each : ask_again())
        if (each == "ask") return now_ - from;
    }
    return Duration::max();
  }

  Time now_ = from_micros(1790000000000000);
  double random_ = 0.5;
  Machine machine_{{[this] { return random_; }}};
};

TEST_F(SlackSocket, IsConnectedWhenSlackSaysHello) {
  EXPECT_THAT(words(machine_.start(now_)), ElementsAre("ask"));
  EXPECT_THAT(words(machine_.url("wss://x", now_)), ElementsAre("connect 1"));
  EXPECT_FALSE(machine_.connected());
  EXPECT_THAT(say(1, hello()), ElementsAre());
  EXPECT_TRUE(machine_.connected());
}

TEST_F(SlackSocket, AnswersOnTheConnectionThatBroughtIt) {
  connected();
  EXPECT_THAT(say(1, envelope("e1")), ElementsAre("deliver 1 e1"));
  EXPECT_THAT(words(machine_.answered(1, "e1", Json{{"text", "fine"}})),
              ElementsAre(R"(send 1 {"envelope_id":"e1","payload":{"text":"fine"}})"));
  EXPECT_THAT(words(machine_.answered(1, "e1", nullptr)), ElementsAre()) << "once";
  say(1, envelope("e2", false));
  EXPECT_THAT(words(machine_.answered(1, "e2", Json{{"text", "fine"}})), ElementsAre(R"(send 1 {"envelope_id":"e2"})"));
  say(1, envelope("e3"));
  machine_.closed(1, now_);
  EXPECT_THAT(words(machine_.answered(1, "e3", nullptr)), ElementsAre());
}

TEST_F(SlackSocket, AcknowledgesWhatItDoesNotKnow) {
  connected();
  EXPECT_THAT(say(1, envelope("e1", false, "telepathy")), ElementsAre(R"(send 1 {"envelope_id":"e1"})"));
  for (const auto* nonsense : {"", "{", "[]", "null", R"({"type":7})", R"({"envelope_id":""})"})
    EXPECT_THAT(say(1, nonsense), ElementsAre());
}

TEST_F(SlackSocket, OpensTheNextBeforeTheOldOneEnds) {
  connected();
  EXPECT_THAT(say(1, disconnect("warning")), ElementsAre("ask"));
  EXPECT_THAT(words(machine_.url("wss://y", now_)), ElementsAre("connect 2"));
  EXPECT_THAT(say(1, envelope("late")), ElementsAre("deliver 1 late"));
  EXPECT_THAT(say(2, hello(2)), ElementsAre()) << "both are ours";
  EXPECT_THAT(words(machine_.answered(1, "late", nullptr)), ElementsAre(R"(send 1 {"envelope_id":"late"})"));
  EXPECT_THAT(words(machine_.closed(1, now_)), ElementsAre());
  EXPECT_TRUE(machine_.connected());
}

TEST_F(SlackSocket, DoesNotWaitForAWarning) {
  machine_.start(now_);
  machine_.url("wss://x", now_);
  say(1, hello(1, 360));
  EXPECT_EQ(pause(), Duration(300s));
}

TEST_F(SlackSocket, WaitsLongerAndLongerAfterFailures) {
  machine_.start(now_);
  std::vector<Duration> pauses;
  for (int i = 0; i < 9; ++i) {
    machine_.refused(ApiError(ApiError::Kind::unreachable, "apps.connections.open", "", "no route"), now_);
    pauses.push_back(pause());
  }
  EXPECT_EQ(pauses[0], Duration(500ms));
  EXPECT_EQ(pauses[3], Duration(4s));
  EXPECT_EQ(pauses[8], Duration(30s)) << "half of the longest";
}

TEST_F(SlackSocket, WaitsAsLongAsSlackSays) {
  machine_.start(now_);
  ApiError error(ApiError::Kind::throttled, "apps.connections.open", "ratelimited", "");
  error.retry_after = 30s;
  machine_.refused(error, now_);
  EXPECT_GE(pause(), Duration(30s));
}

TEST_F(SlackSocket, AConnectionThatDoesNotLastIsAFailure) {
  machine_.start(now_);
  Duration waited{};
  for (int i = 0; i < 10; ++i) {
    machine_.url("wss://x", now_);
    const Number number = i + 1;
    say(number, hello());
    say(number, disconnect("refresh_requested"));
    machine_.closed(number, now_);
    waited += pause();
  }
  EXPECT_GT(waited, Duration(100s));
}

TEST_F(SlackSocket, NoHelloIsAFailureToo) {
  machine_.start(now_);
  machine_.url("wss://x", now_);
  now_ += 21s;
  EXPECT_THAT(ask_again(), ElementsAre("close 1"));
  EXPECT_LE(pause(), Duration(1s));
}

TEST_F(SlackSocket, StopsWhenOnlyAPersonCanHelp) {
  for (const auto* code : {"invalid_auth", "not_authed", "account_inactive", "user_removed_from_team", "team_disabled"}) {
    Machine machine{{[] { return 0.5; }}};
    machine.start(now_);
    EXPECT_THAT(words(machine.refused(ApiError(ApiError::Kind::rejected, "apps.connections.open", code, ""), now_)),
                ElementsAre("alarm fatal", "stop"));
    EXPECT_TRUE(machine.stopped());
    EXPECT_EQ(machine.wake(), std::nullopt);
  }
}

TEST_F(SlackSocket, AsksSeldomWhileSocketModeIsOff) {
  connected();
  EXPECT_THAT(say(1, disconnect("link_disabled")), ElementsAre("alarm link-disabled"));
  machine_.closed(1, now_);
  EXPECT_GE(pause(), Duration(300s));
  machine_.url("wss://x", now_);
  EXPECT_THAT(say(2, hello()), ElementsAre("clear link-disabled"));
}

TEST_F(SlackSocket, GivesWayWhenThereAreTooManyConnections) {
  connected();
  EXPECT_THAT(say(1, disconnect("too_many_websockets")), ElementsAre("alarm too-many"));
  machine_.closed(1, now_);
  EXPECT_GE(pause(), Duration(180s));
}

TEST_F(SlackSocket, NoticesAnotherServerWithTheSameToken) {
  machine_.start(now_);
  machine_.url("wss://x", now_);
  EXPECT_THAT(say(1, hello(2)), ElementsAre("alarm shared"));
}

TEST_F(SlackSocket, WorksForItsOwnAppOnly) {
  machine_.expect_app("A1");
  machine_.start(now_);
  machine_.url("wss://x", now_);
  EXPECT_THAT(say(1, hello(1, 18000, "A2")), ElementsAre("alarm foreign-app", "close 1", "stop"));
}

TEST(SlackAppToken, NamesItsApp) {
  EXPECT_EQ(app_of_token("xapp-1-A0123456789-0000000000-abc"), "A0123456789");
  EXPECT_EQ(app_of_token("xapp-test"), "");
  EXPECT_EQ(app_of_token("xoxb-1-A0123456789-0000000000-abc"), "");
}

}  // namespace
}  // namespace fairlead::chat::slack::socket
