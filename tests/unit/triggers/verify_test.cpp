// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/triggers/provider.hpp"
#include "fairlead/triggers/standard_webhooks.hpp"

namespace fairlead::triggers {
namespace {

const Time at = from_micros(1614265330'000000);

std::vector<Secret> secrets(std::initializer_list<const char*> values) {
  std::vector<Secret> all;
  for (const auto* value : values) all.emplace_back(value);
  return all;
}

/// A request that is right, for the provider, under the secret "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".
struct Signed {
  Provider provider;
  Headers headers;
  std::string body;
  std::vector<std::string> covered;  ///< headers of which every bit counts
};

constexpr const char* key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

std::vector<Signed> signed_requests() {
  std::string body = R"({"test": 2432232314})";
  auto mac = hmac_sha256_hex(key, body);
  Headers standard{{"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
                   {"webhook-timestamp", "1614265330"},
                   {"webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}};
  std::vector<std::string> all{"webhook-id", "webhook-timestamp", "webhook-signature"};
  return {{Provider::github, {{"X-Hub-Signature-256", "sha256=" + mac}}, body, {"X-Hub-Signature-256"}},
          {Provider::bitbucket, {{"X-Hub-Signature", "sha256=" + mac}}, body, {"X-Hub-Signature"}},
          {Provider::gitea, {{"X-Gitea-Signature", mac}}, body, {"X-Gitea-Signature"}},
          {Provider::gitea, {{"X-Hub-Signature-256", "sha256=" + mac}}, body, {"X-Hub-Signature-256"}},
          {Provider::gitlab, standard, body, all},
          {Provider::http, standard, body, all}};
}

TEST(Verify, the_published_vector_of_github_is_accepted) {
  Headers headers{{"x-hub-signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}};
  EXPECT_TRUE(verify(Provider::github, headers, "Hello, World!", secrets({"It's a Secret to Everybody"}), at));
  EXPECT_FALSE(verify(Provider::github, headers, "Hello, World!", secrets({"It's a Secret to Everybod"}), at));
}

TEST(Verify, the_published_vector_of_standard_webhooks_is_accepted) {
  EXPECT_EQ(sign_standard(Secret(key), "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(Verify, every_right_request_is_accepted_and_any_of_several_secrets_may_be_the_one) {
  for (const auto& request : signed_requests()) {
    EXPECT_TRUE(verify(request.provider, request.headers, request.body, secrets({key}), at));
    EXPECT_TRUE(verify(request.provider, request.headers, request.body, secrets({"old", key, "other"}), at));
    EXPECT_FALSE(verify(request.provider, request.headers, request.body, secrets({"old", "other"}), at));
  }
}

TEST(Verify, any_change_of_one_bit_is_refused) {
  for (const auto& request : signed_requests()) {
    for (std::size_t bit = 0; bit < request.body.size() * 8; ++bit) {
      auto body = request.body;
      body[bit / 8] = static_cast<char>(body[bit / 8] ^ (1 << bit % 8));
      EXPECT_FALSE(verify(request.provider, request.headers, body, secrets({key}), at)) << "body bit " << bit;
    }
    for (const auto& name : request.covered) {
      std::string value(request.headers.get(name));
      for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
        auto changed = value;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
        auto headers = request.headers;
        headers.set(name, changed);
        EXPECT_FALSE(verify(request.provider, headers, request.body, secrets({key}), at)) << name << " bit " << bit;
      }
    }
  }
}

TEST(Verify, missing_empty_short_and_odd_signatures_are_refused) {
  auto good = hmac_sha256_hex(key, "x");
  std::string upper = good;
  for (auto& c : upper) c = static_cast<char>(std::toupper(c));
  EXPECT_FALSE(verify(Provider::github, {}, "x", secrets({key}), at));
  for (const auto& value :
       {std::string(), std::string("sha256="), "sha256=" + good.substr(1), "sha256=" + upper, good, "sha1=" + good, "sha256=" + good + " "})
    EXPECT_FALSE(verify(Provider::github, {{"X-Hub-Signature-256", value}}, "x", secrets({key}), at)) << value;
  EXPECT_FALSE(verify(Provider::github, {{"X-Hub-Signature", "sha256=" + good}}, "x", secrets({key}), at));
  EXPECT_FALSE(verify(Provider::gitea, {{"X-Hub-Signature-256", "sha256="}}, "x", secrets({key}), at));
  EXPECT_FALSE(verify(Provider::gitlab, {{"X-Gitlab-Token", ""}}, "x", secrets({key}), at));
}

TEST(Verify, an_empty_secret_or_none_accepts_nothing) {
  auto mac = hmac_sha256_hex("", "x");
  for (const auto& none : {secrets({}), secrets({""})}) {
    EXPECT_FALSE(verify(Provider::github, {{"X-Hub-Signature-256", "sha256=" + mac}}, "x", none, at));
    EXPECT_FALSE(verify(Provider::gitlab, {{"X-Gitlab-Token", ""}}, "x", none, at));
    auto standard = "v1," + base64(hmac_sha256("", "id.1614265330.x"));
    EXPECT_FALSE(verify(Provider::http, {{"webhook-id", "id"}, {"webhook-timestamp", "1614265330"}, {"webhook-signature", standard}}, "x",
                        none, at));
  }
  auto standard = "v1," + base64(hmac_sha256("", "id.1614265330.x"));
  Headers headers{{"webhook-id", "id"}, {"webhook-timestamp", "1614265330"}, {"webhook-signature", standard}};
  EXPECT_FALSE(verify(Provider::http, headers, "x", secrets({"whsec_"}), at));
  EXPECT_THROW(sign_standard(Secret("whsec_"), "id", "1", "x"), Error);
}

TEST(Verify, gitlab_tokens_are_compared_whole) {
  for (const char* token : {"tokentoken", "tokentoke", "tokentokenn", "Tokentoken"})
    EXPECT_EQ(verify(Provider::gitlab, {{"X-Gitlab-Token", token}}, "{}", secrets({"tokentoken"}), at),
              std::string_view(token) == "tokentoken");
}

TEST(Verify, a_signed_gitlab_request_does_not_fall_back_to_its_token) {
  Headers headers{
      {"X-Gitlab-Token", "tokentoken"}, {"webhook-signature", "v1,AAAA"}, {"webhook-id", "1"}, {"webhook-timestamp", "1614265330"}};
  EXPECT_FALSE(verify(Provider::gitlab, headers, "{}", secrets({"tokentoken"}), at));
}

TEST(StandardWebhooks, several_signatures_may_come_and_one_must_be_right) {
  std::string good = sign_standard(Secret(key), "id", "1614265330", "x");
  for (const auto& [list, expected] : std::vector<std::pair<std::string, bool>>{{good, true},
                                                                                {"v1,AAAA " + good, true},
                                                                                {good + " v1a,AAAA", true},
                                                                                {"v1a," + good.substr(3), false},
                                                                                {"v1,AAAA v2,BBBB", false},
                                                                                {good + ",x", false}})
    EXPECT_EQ(verify_standard(secrets({key}), "id", "1614265330", list, "x", at), expected) << list;
}

TEST(StandardWebhooks, the_timestamp_may_be_five_minutes_off_on_both_sides) {
  for (const auto& [offset, expected] :
       std::vector<std::pair<int, bool>>{{-301, false}, {-300, true}, {0, true}, {300, true}, {301, false}}) {
    auto timestamp = std::to_string(1614265330 + offset);
    auto signature = sign_standard(Secret(key), "id", timestamp, "x");
    EXPECT_EQ(verify_standard(secrets({key}), "id", timestamp, signature, "x", at), expected) << offset;
  }
  for (const char* timestamp : {"", "x", "1614265330x", "99999999999999999999"})
    EXPECT_FALSE(verify_standard(secrets({key}), "id", timestamp, sign_standard(Secret(key), "id", timestamp, "x"), "x", at));
}

TEST(StandardWebhooks, a_plain_secret_is_used_as_it_is_and_base64_of_a_long_key_also_decoded) {
  auto plain = "v1," + base64(hmac_sha256("a plain secret", "id.1614265330.x"));
  EXPECT_TRUE(verify_standard(secrets({"a plain secret"}), "id", "1614265330", plain, "x", at));
  EXPECT_TRUE(verify_standard(secrets({key + 6}), "id", "1614265330", sign_standard(Secret(key), "id", "1614265330", "x"), "x", at));
}

TEST(Verify, what_is_kept_of_the_headers_has_no_secret) {
  Headers headers{
      {"X-GitHub-Event", "push"}, {"X-Gitlab-Token", "t"}, {"Authorization", "b"}, {"Cookie", "c"}, {"X-Hub-Signature-256", "s"}};
  auto kept = without_secrets(headers);
  ASSERT_EQ(kept.fields().size(), 1u);
  EXPECT_EQ(kept.get("x-github-event"), "push");
}

TEST(DeliveryId, is_the_hosts_or_follows_from_the_body) {
  EXPECT_EQ(delivery_id(Provider::github, {{"X-GitHub-Delivery", "72d3162e"}}, "x"), "72d3162e");
  EXPECT_EQ(delivery_id(Provider::gitlab, {{"Idempotency-Key", "k"}, {"X-Gitlab-Event-UUID", "u"}}, "x"), "k");
  EXPECT_EQ(delivery_id(Provider::bitbucket, {{"X-Request-Id", "r"}}, "x"), "r");
  EXPECT_EQ(delivery_id(Provider::gitea, {}, "x"), "body:" + sha256_hex("x"));
  EXPECT_EQ(delivery_id(Provider::github, {{"X-GitHub-Delivery", std::string(300, 'a')}}, "x"), "body:" + sha256_hex("x"));
}

}  // namespace
}  // namespace fairlead::triggers
