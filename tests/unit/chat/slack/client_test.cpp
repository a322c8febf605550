// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chat/slack/answer.hpp"
#include "chat/slack/form.hpp"
#include "fairlead/chat/slack.hpp"
#include "unit/net/test_server.hpp"

namespace fairlead::chat::slack {
namespace {

using testing::HasSubstr;
using Kind = ApiError::Kind;

net::HttpReply reply(int status, std::string body, net::Headers headers = {}) { return {status, std::move(headers), std::move(body)}; }

ApiError refusal(const net::HttpReply& answer) {
  try {
    (void)read_answer("chat.update", answer);
  } catch (const ApiError& error) {
    return error;
  }
  ADD_FAILURE() << "this was taken as a success: " << answer.body;
  return {Kind::unknown, "", "", ""};
}

TEST(SlackAnswer, IsAllButOk) { EXPECT_EQ(read_answer("chat.update", reply(200, R"({"ok":true,"ts":"1.2"})")), Json({{"ts", "1.2"}})); }

TEST(SlackAnswer, SaysWhetherSomethingMayHaveHappened) {
  EXPECT_EQ(refusal(reply(200, R"({"ok":false,"error":"channel_not_found"})")).api_kind, Kind::rejected);
  EXPECT_EQ(refusal(reply(200, R"({"ok":false,"error":"internal_error"})")).api_kind, Kind::unknown);
  EXPECT_EQ(refusal(reply(503, "<html>")).api_kind, Kind::unknown);
  EXPECT_EQ(refusal(reply(200, "<html>hello")).api_kind, Kind::unknown);
  EXPECT_EQ(refusal(reply(200, "[]")).api_kind, Kind::unknown);
  EXPECT_EQ(refusal(reply(404, "")).api_kind, Kind::rejected);
  EXPECT_EQ(refusal(reply(302, "")).api_kind, Kind::rejected);
}

TEST(SlackAnswer, NamesWhatIsMissing) {
  const auto scope = refusal(reply(200, R"({"ok":false,"error":"missing_scope","needed":"chat:write","provided":"commands"})"));
  EXPECT_EQ(scope.code, "missing_scope");
  EXPECT_THAT(scope.message(), HasSubstr("needs the scope chat:write, the token has commands"));
  const auto blocks = refusal(reply(200, R"({"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["[ERROR] too long"]}})"));
  EXPECT_THAT(blocks.message(), HasSubstr("too long"));
}

TEST(SlackAnswer, SaysHowLongToWait) {
  EXPECT_EQ(refusal(reply(429, "", {{"Retry-After", "30"}})).retry_after, std::chrono::seconds(30));
  EXPECT_EQ(refusal(reply(429, "")).retry_after, std::chrono::seconds(1));
  EXPECT_EQ(refusal(reply(429, "", {{"Retry-After", "-5"}})).retry_after, std::chrono::seconds(1));
  EXPECT_EQ(refusal(reply(200, R"({"ok":false,"error":"ratelimited"})", {{"Retry-After", "7"}})).retry_after, std::chrono::seconds(7));
}

TEST(SlackForm, IsWhatSlacksSdkSends) {
  const Json arguments{
      {"channel", "C1"}, {"blocks", Json::array({{{"type", "divider"}}})}, {"text", "a&b=ü"}, {"flag", true}, {"no", nullptr}};
  EXPECT_EQ(form_of(arguments), "blocks=%5B%7B%22type%22%3A%22divider%22%7D%5D&channel=C1&flag=true&text=a%26b%3D%C3%BC");
  EXPECT_EQ(fields_of("text=a+b%26c&text=second&empty="), Json({{"text", "a b&c"}, {"empty", ""}}));
}

TEST(SlackResponseUrl, IsSlacksOrTheFakes) {
  constexpr auto slack = default_base_url;
  EXPECT_TRUE(may_respond_to("https://hooks.slack.com/commands/T1/2/x", slack));
  EXPECT_TRUE(may_respond_to("https://hooks.slack-gov.com/actions/T1/2/x", slack));
  for (const auto* bad : {"http://hooks.slack.com/x", "https://hooks.slack.com.evil.example/x", "https://hooks.slack.com@evil.example/x",
                          "https://evil.example/https://hooks.slack.com/", "https://slack.com/api/x", "https://hooks.slack.com:444/x",
                          "https://169.254.169.254/", "file:///etc/passwd", "", "https://hooks.slack.com/ x"})
    EXPECT_FALSE(may_respond_to(bad, slack)) << bad;
  EXPECT_TRUE(may_respond_to("http://127.0.0.1:9000/response/1", "http://127.0.0.1:9000/api"));
  EXPECT_FALSE(may_respond_to("http://127.0.0.1:9001/response/1", "http://127.0.0.1:9000/api"));
  EXPECT_FALSE(may_respond_to("http://127.0.0.1:9000@evil/response/1", "http://127.0.0.1:9000/api"));
}

/// Answers as Slack does, and tells what it was asked.
struct Seen {
  std::string path, token, body, type;
};

class SlackClient : public testing::Test {
 protected:
  Json call(const std::string& method, Json arguments, std::chrono::milliseconds time = std::chrono::seconds(20)) {
    auto api = connect(http_, url() + "/api/", [](std::string workspace) -> Awaitable<std::optional<Secret>> {
      if (workspace == "T2") throw Error(ErrorKind::not_found, "secret SLACK is not set");
      if (workspace != "slack") co_return std::nullopt;
      co_return Secret("xoxb-test");
    });
    auto task = api->call(workspace_, method, std::move(arguments), deadline_in(time));
    return server_.io.run(std::move(task));
  }
  ApiError fails(const std::string& method, std::chrono::milliseconds time = std::chrono::seconds(20)) {
    try {
      (void)call(method, Json::object(), time);
    } catch (const ApiError& error) {
      return error;
    }
    ADD_FAILURE() << method << " did not fail";
    return {Kind::unknown, "", "", ""};
  }
  Awaitable<net::Response> answer(net::Request& request) {
    seen_ = {request.path, std::string(request.headers.get("Authorization")), request.body,
             std::string(request.headers.get("Content-Type"))};
    if (request.path == "/api/hang") co_await sleep_for(std::chrono::hours(1));
    if (request.path == "/response/1") co_return net::Response::text(200, "ok");
    if (request.path == "/response/2") co_return net::Response::text(404, "used_url");
    co_return net::Response::json(200, Json{{"ok", true}, {"ts", "1.2"}});
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port); }

  std::string workspace_ = "slack";
  Seen seen_;
  net::TestServer server_{[this](net::Request& request) { return answer(request); }};
  net::HttpClient http_{server_.io.executor()};
};

TEST_F(SlackClient, SendsTheTokenAndAForm) {
  EXPECT_EQ(call("chat.postMessage", {{"channel", "C1"}}), Json({{"ts", "1.2"}}));
  EXPECT_EQ(seen_.path, "/api/chat.postMessage");
  EXPECT_EQ(seen_.token, "Bearer xoxb-test");
  EXPECT_EQ(seen_.type, "application/x-www-form-urlencoded");
  EXPECT_EQ(seen_.body, "channel=C1");
}

TEST_F(SlackClient, DoesNotKnowWhatBecameOfAnUnansweredRequest) {
  // A busy machine may not have sent it in so short a time: that is another answer, and tried again with more.
  auto became = Kind::unreachable;
  for (auto time = std::chrono::milliseconds(300); became == Kind::unreachable && time < std::chrono::seconds(60); time *= 2)
    became = fails("hang", time).api_kind;
  EXPECT_EQ(became, Kind::unknown);
}

TEST_F(SlackClient, SendsNothingWithoutAToken) {
  workspace_ = "T1";
  EXPECT_EQ(fails("auth.test").code, "not_authed");
  workspace_ = "T2";
  const auto error = fails("auth.test");
  EXPECT_EQ(error.api_kind, Kind::unreachable);
  EXPECT_THAT(error.message(), HasSubstr("secret SLACK is not set"));
  EXPECT_EQ(seen_.path, "");
}

TEST_F(SlackClient, AnswersAResponseUrlWithoutTheToken) {
  call("response_url", {{"response_url", url() + "/response/1"}, {"text", "done"}});
  EXPECT_EQ(seen_.token, "");
  EXPECT_EQ(seen_.body, R"({"text":"done"})");
  EXPECT_THROW(call("response_url", {{"response_url", url() + "/response/2"}, {"text", "done"}}), ApiError);
  seen_ = {};
  EXPECT_THROW(call("response_url", {{"response_url", "http://127.0.0.2:1/x"}, {"text", "done"}}), ApiError);
  EXPECT_EQ(seen_.path, "");
}

}  // namespace
}  // namespace fairlead::chat::slack
