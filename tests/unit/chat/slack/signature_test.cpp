// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fairlead/base/crypto.hpp"
#include "fairlead/chat/slack.hpp"

namespace fairlead::chat::slack {
namespace {

using testing::HasSubstr;

// The example of Slack's own page about verifying requests.
constexpr const char* slacks_secret = "8f742231b10e8888abcd99yyyzzz85a5";
constexpr const char* slacks_body =
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&"
    "user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F"
    "397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
constexpr const char* slacks_signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
constexpr long long slacks_time = 1531420618;

Time at(long long seconds) { return from_micros(seconds * 1000000); }

net::Headers headers_of(const std::string& stamp, const std::string& signature) {
  return {{"X-Slack-Request-Timestamp", stamp}, {"X-Slack-Signature", signature}};
}

std::string refuse(const std::string& body, long long now, const std::string& signature = slacks_signature,
                   const std::vector<Secret>& secrets = {Secret(slacks_secret)}) {
  return refuse_signature(secrets, headers_of(std::to_string(slacks_time), signature), body, at(now));
}

TEST(SlackSignature, FitsSlacksOwnExample) { EXPECT_EQ(refuse(slacks_body, slacks_time), ""); }

TEST(SlackSignature, IsGoodForFiveMinutesToBothSides) {
  EXPECT_EQ(refuse(slacks_body, slacks_time + 300), "");
  EXPECT_EQ(refuse(slacks_body, slacks_time - 300), "");
  EXPECT_THAT(refuse(slacks_body, slacks_time + 301), HasSubstr("301 s ago"));
  EXPECT_THAT(refuse(slacks_body, slacks_time - 3600), HasSubstr("3600 s in the future"));
}

TEST(SlackSignature, CoversEveryByteOfTheBody) {
  EXPECT_NE(refuse(std::string(slacks_body) + " ", slacks_time), "");
  EXPECT_NE(refuse("", slacks_time), "");
}

TEST(SlackSignature, ComesInOneSpellingOnly) {
  const std::string good = slacks_signature;
  const std::vector<std::string> others{good.substr(3),
                                        "v1=" + good.substr(3),
                                        good + "0",
                                        good.substr(0, 66),
                                        "v0=",
                                        " " + good,
                                        "v0=A2114D57B48EAC39B9AD189DD8316235A7B4A8D21A10BD27519666489C69B503"};
  for (const auto& bad : others) EXPECT_NE(refuse(slacks_body, slacks_time, bad), "") << bad;
}

TEST(SlackSignature, MayBeOfTheOlderSecretWhileItIsReplaced) {
  EXPECT_EQ(refuse(slacks_body, slacks_time, slacks_signature, {Secret("new-one"), Secret(slacks_secret)}), "");
  EXPECT_NE(refuse(slacks_body, slacks_time, slacks_signature, {Secret("new-one")}), "");
}

TEST(SlackSignature, OfAnEmptySecretIsNone) {
  const auto forged = "v0=" + hmac_sha256_hex("", "v0:" + std::to_string(slacks_time) + ":" + slacks_body);
  EXPECT_NE(refuse(slacks_body, slacks_time, forged, {Secret("")}), "");
  EXPECT_NE(refuse(slacks_body, slacks_time, forged, {}), "");
}

TEST(SlackSignature, NeedsATimestampOfDigits) {
  for (const auto* stamp : {"", "now", "-1531420618", "+1531420618", "1531420618.0", " 1531420618", "99999999999999999999"})
    EXPECT_NE(refuse_signature({Secret(slacks_secret)}, headers_of(stamp, slacks_signature), slacks_body, at(slacks_time)), "") << stamp;
  EXPECT_THAT(refuse_signature({Secret(slacks_secret)}, {}, slacks_body, at(slacks_time)), HasSubstr("not signed"));
}

}  // namespace
}  // namespace fairlead::chat::slack
