// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chat/slack/payload.hpp"
#include "fairlead/base/crypto.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/chat/slack_http.hpp"
#include "unit/net/test_server.hpp"

namespace fairlead::chat::slack {
namespace {

using testing::HasSubstr;
using Kind = Incoming::Kind;

constexpr const char* form = "application/x-www-form-urlencoded";
constexpr const char* json = "application/json; charset=utf-8";
const std::string command = "command=%2Fdeploy&text=status&team_id=T1&user_id=U1&trigger_id=1.2";

class SlackHttp : public testing::Test {
 protected:
  Awaitable<Json> take(Incoming incoming) {
    received_.push_back(std::move(incoming));
    if (failure_) throw Error(*failure_, "the store is full");
    co_return given_;
  }

  net::Request signed_request(const std::string& type, const std::string& body, const std::string& secret = "current") {
    const auto stamp = std::to_string(to_micros(now_) / 1000000 - age_);
    net::Request request;
    request.method = "POST";
    request.body = body;
    request.headers.add("Content-Type", type);
    request.headers.add("X-Slack-Request-Timestamp", stamp);
    request.headers.add("X-Slack-Signature", "v0=" + hmac_sha256_hex(secret, "v0:" + stamp + ":" + body));
    return request;
  }
  net::Response send(net::Request request) {
    auto task = transport_.answer(request);
    return io_.run(std::move(task));
  }
  net::Response send(const std::string& type, const std::string& body) { return send(signed_request(type, body)); }
  static std::string body_of(const net::Response& response) { return std::string(trim(std::get<std::string>(response.body))); }
  /// Nobody was asked, and the answer is the status.
  void expect_refused(net::Request request, const std::string& why) {
    received_.clear();
    const auto response = send(std::move(request));
    EXPECT_EQ(response.status, 401);
    EXPECT_THAT(body_of(response), HasSubstr(why));
    EXPECT_TRUE(received_.empty());
  }
  static HttpParts parts_of(SlackHttp* test) {
    HttpParts parts;
    parts.signing_secrets = []() -> Awaitable<std::vector<Secret>> {
      std::vector<Secret> secrets{Secret("current"), Secret("previous"), Secret("")};
      co_return secrets;
    };
    parts.receive = [test](Incoming incoming) { return test->take(std::move(incoming)); };
    parts.workspace = [](const Json& payload) { return installed_at(payload).team == "T1" ? std::string(pasted) : std::string(); };
    parts.clock = [test] { return test->now_; };
    return parts;
  }

  Time now_ = from_micros(1790000000000000);
  long long age_ = 0;
  Json given_;
  std::optional<ErrorKind> failure_;
  std::vector<Incoming> received_;
  net::IoThread io_;
  HttpTransport transport_{parts_of(this)};
};

TEST_F(SlackHttp, HandsOnACommandAndAnswersWithItsMessage) {
  given_ = {{"text", "all is well"}};
  const auto response = send(form, command);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(body_of(response), dump(given_));
  ASSERT_EQ(received_.size(), 1u);
  EXPECT_EQ(received_[0].kind, Kind::command);
  EXPECT_EQ(received_[0].workspace, pasted);
  EXPECT_EQ(text_at(received_[0].payload, "command"), "/deploy");
  EXPECT_FALSE(received_[0].speaker);
}

TEST_F(SlackHttp, TellsTheKindsApartByTheirBodies) {
  const auto payload = [](const std::string& type) { return "payload=" + url_encode(R"({"type":")" + type + R"(","team":{"id":"T1"}})"); };
  EXPECT_EQ(body_of(send(form, payload("block_actions"))), "");
  EXPECT_EQ(body_of(send(form, payload("block_suggestion"))), R"({"options":[]})");
  EXPECT_EQ(body_of(send(json, R"({"type":"event_callback","team_id":"T1","event_id":"Ev1"})")), "");
  ASSERT_EQ(received_.size(), 3u);
  EXPECT_EQ(received_[0].kind, Kind::interaction);
  EXPECT_EQ(received_[1].kind, Kind::options);
  EXPECT_EQ(received_[2].kind, Kind::event);
}

TEST_F(SlackHttp, RefusesWhatSlackDidNotSign) {
  net::Request bare;
  bare.body = command;
  bare.headers.add("Content-Type", form);
  expect_refused(bare, "not signed");
  expect_refused(signed_request(form, command, "another"), "fits no signing secret");
  expect_refused(signed_request(form, command, ""), "fits no signing secret");
  auto altered = signed_request(form, command);
  altered.body += "&user_id=U2";
  expect_refused(altered, "fits no signing secret");
  age_ = 301;
  expect_refused(signed_request(form, command), "s ago");
  age_ = -301;
  expect_refused(signed_request(form, command), "in the future");
}

TEST_F(SlackHttp, TakesARequestOnce) {
  const auto request = signed_request(form, command);
  EXPECT_EQ(send(request).status, 200);
  now_ += std::chrono::seconds(200);
  expect_refused(request, "came before");
  EXPECT_EQ(send(form, command).status, 200) << "signed anew";
}

TEST_F(SlackHttp, KnowsTheOlderSecretToo) { EXPECT_EQ(send(signed_request(form, command, "previous")).status, 200); }

TEST_F(SlackHttp, ACertificateCheckSmugglesNothing) {
  net::Request check;
  check.headers.add("Content-Type", form);
  check.body = "ssl_check=1&" + command + "&payload=%7B%22type%22%3A%22block_actions%22%7D";
  EXPECT_EQ(send(check).status, 200);
  EXPECT_EQ(body_of(send(check)), "");
  EXPECT_TRUE(received_.empty());
  for (const auto* almost : {"ssl_check=true&", "ssl_check=&", "ssl_check=11&", "ssl_check=0&ssl_check=1&"}) {
    check.body = almost + command;
    expect_refused(check, "not signed");
  }
}

TEST_F(SlackHttp, AnswersTheChallengeOnlyToSlack) {
  const std::string body = R"({"type":"url_verification","challenge":"abc"})";
  EXPECT_EQ(body_of(send(json, body)), R"({"challenge":"abc"})");
  net::Request unsigned_one;
  unsigned_one.headers.add("Content-Type", json);
  unsigned_one.body = body;
  expect_refused(unsigned_one, "not signed");
}

TEST_F(SlackHttp, LegacyTokensCountForNothing) {
  net::Request request;
  request.headers.add("Content-Type", form);
  request.body = "token=xyzz0WbapA4vBCDEFasx0q6G&" + command;
  expect_refused(request, "not signed");
}

TEST_F(SlackHttp, AsksForAnEventAgainWhenItWasNotKept) {
  failure_ = ErrorKind::unavailable;
  EXPECT_EQ(send(json, R"({"type":"event_callback","team_id":"T1"})").status, 503);
  const auto told = send(form, command);
  EXPECT_EQ(told.status, 200);
  EXPECT_THAT(body_of(told), HasSubstr("the store is full"));
}

TEST_F(SlackHttp, DropsWhatIsForAWorkspaceThatIsNotConnected) {
  EXPECT_EQ(send(form, "command=%2Fdeploy&team_id=T2").status, 200);
  EXPECT_TRUE(received_.empty());
}

TEST_F(SlackHttp, ASignedBodyThatIsNothingKnownIsAnError) {
  for (const auto& [type, body] : {std::pair{json, "["}, {json, "[]"}, {form, "payload=%7B"}, {form, "a=b"}, {form, ""}})
    EXPECT_THROW(send(type, body), Error) << body;
}

TEST(SlackPayload, SaysWhereTheAppIsInstalled) {
  const auto where = [](const char* text) { return installed_at(parse_json(text)); };
  EXPECT_EQ(where(R"({"team_id":"T1","is_enterprise_install":"false"})").team, "T1");
  EXPECT_EQ(where(R"({"team":null,"user":{"team_id":"T2"},"enterprise":{"id":"E1"},"is_enterprise_install":true})").enterprise, "E1");
  EXPECT_TRUE(where(R"({"team_id":"T1","enterprise_id":"E1","is_enterprise_install":"true"})").org_wide);
  const auto shared = where(R"({"team_id":"T9","context_team_id":"T1","authorizations":[{"team_id":"T1","enterprise_id":null}]})");
  EXPECT_EQ(shared.team, "T1") << "a channel shared with T9";
  EXPECT_EQ(where(R"({"team":{"id":"T9"},"view":{"app_installed_team_id":"T1"}})").team, "T1");
}

}  // namespace
}  // namespace fairlead::chat::slack
