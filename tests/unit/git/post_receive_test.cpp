// SPDX-License-Identifier: Apache-2.0
// The hook for bare repositories, run by a real push.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/json.hpp"
#include "unit/git/git_world.hpp"
#include "unit/git/hosts.hpp"

namespace fairlead::git {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

const auto hooks = (std::filesystem::path(FIXTURES) / "../../webhooks/git").lexically_normal();
constexpr auto accepted = R"({"trigger":"0199-abc","verdict":"accepted"})";

struct PostReceive : testing::Test {
  asio::io_context io;
  Origin work;
  TempFolder room;
  std::filesystem::path bare = room.path() / "shop \"x\".git";

  void SetUp() override {
    work.git({"init", "-q", "--bare", "-b", "main", bare.string()});
    work.git({"remote", "add", "origin", bare.string()});
    set("core.hooksPath", hooks.string());
    set("fairlead.app", "shop");
    use_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    work.commit("a", "1");
  }
  void set(const std::string& key, const std::string& value) { work.git({"config", key, value}, bare); }
  void use_secret(const std::string& text) {
    write_file(room.path() / "secret", text);
    set("fairlead.secretfile", (room.path() / "secret").string());
  }
  /// What the pusher sees.
  std::string push(std::vector<std::string> refs) {
    refs.insert(refs.begin(), {"push", "-q", "-f", "origin"});
    auto spec = work.command(std::move(refs));
    spec.env["USER"] = "octo\"cat";
    auto result = finish(io, run_process(std::move(spec), deadline_in(60s)));
    EXPECT_TRUE(result.status.ok()) << result.err;
    return result.err;
  }
  static std::string signature(const std::string& key, const HookHost::Request& request) {
    const auto text = request.field("webhook-id") + "." + request.field("webhook-timestamp") + "." + request.body;
    return "v1," + base64(hmac_sha256(key, text));
  }
};

TEST_F(PostReceive, a_push_is_told_with_a_signature_and_what_changed) {
  HookHost host(io, "202 Accepted", accepted);
  set("fairlead.url", host.url() + "/");
  EXPECT_THAT(push({"main"}), HasSubstr("fairlead: main: accepted, see " + host.url() + "/ (trigger 0199-abc)"));
  ASSERT_EQ(host.requests().size(), 1u);
  const auto& request = host.requests()[0];
  EXPECT_THAT(request.head, testing::StartsWith("POST /hooks/http/shop HTTP/1.1"));
  const auto body = parse_json(request.body);
  EXPECT_EQ(text_at(body, "repository"), "file://" + std::filesystem::canonical(bare).string());
  EXPECT_EQ(text_at(body, "ref"), "refs/heads/main");
  EXPECT_EQ(text_at(body, "before"), std::string(40, '0'));
  EXPECT_EQ(text_at(body, "after"), work.head().str());
  EXPECT_EQ(text_at(body, "pusher"), "octo\"cat");
  EXPECT_EQ(request.field("webhook-signature"), signature(*from_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), request));
}

TEST_F(PostReceive, any_secret_makes_the_right_signature) {
  HookHost host(io, "202 Accepted", accepted);
  set("fairlead.url", host.url());
  for (const auto& secret : {std::string("x"), std::string("with 'quotes' %s \\n `$(id)`"), std::string(64, 'k'), std::string(200, 'k')}) {
    use_secret(secret);
    work.commit("a", secret);
    push({"main"});
    EXPECT_EQ(host.requests().back().field("webhook-signature"), signature(secret, host.requests().back())) << secret;
  }
}

TEST_F(PostReceive, every_branch_and_tag_is_told_and_nothing_else) {
  HookHost host(io, "202 Accepted", accepted);
  set("fairlead.url", host.url());
  work.git({"branch", "`$(id)`\"q\""});
  work.git({"tag", "-a", "v1", "-m", "one"});
  work.git({"update-ref", "refs/notes/x", "HEAD"});
  push({"main", "v1", "`$(id)`\"q\"", "refs/notes/x"});
  std::vector<std::string> refs;
  for (const auto& request : host.requests()) refs.push_back(text_at(parse_json(request.body), "ref"));
  EXPECT_THAT(refs, testing::UnorderedElementsAre("refs/heads/main", "refs/tags/v1", "refs/heads/`$(id)`\"q\""));
}

TEST_F(PostReceive, a_repeat_has_the_same_id_and_a_later_return_has_not) {
  HookHost host(io, "202 Accepted", accepted);
  set("fairlead.url", host.url());
  const auto first = work.head();
  push({"main"});
  const auto second = work.commit("a", "2");
  push({"main"});
  auto again = work.command({}, bare);
  again.argv = {(hooks / "post-receive").string()};
  finish(io, run_process(std::move(again), deadline_in(30s), 4096, first.str() + " " + second.str() + " refs/heads/main\n"));
  push({first.str() + ":refs/heads/main"});
  push({"main"});
  ASSERT_EQ(host.requests().size(), 5u);
  const auto id = [&](std::size_t i) { return host.requests()[i].field("webhook-id"); };
  EXPECT_EQ(id(1), id(2));
  EXPECT_EQ(text_at(parse_json(host.requests()[4].body), "after"), second.str());
  EXPECT_NE(id(1), id(4));
}

TEST_F(PostReceive, what_the_server_says_reaches_the_pusher) {
  const std::vector<std::array<std::string, 3>> cases = {
      {"200 OK", R"({"verdict":"ignored","reason":"no path matches"})", "main: ignored (no path matches)"},
      {"200 OK", R"({"verdict":"duplicate"})", "main: duplicate"},
      {"401 Unauthorized", "{}", "refused the signature"},
      {"404 Not Found", "{}", "has no app shop"},
      {"503 Service Unavailable", R"({"detail":"the disk is full"})", "answered 503 the disk is full"}};
  for (const auto& [status, body, words] : cases) {
    HookHost host(io, status, body);
    set("fairlead.url", host.url());
    work.commit("a", words);
    EXPECT_THAT(push({"main"}), HasSubstr(words)) << status;
  }
}

TEST_F(PostReceive, a_server_that_is_away_or_silent_does_not_hold_the_push) {
  set("fairlead.url", "http://127.0.0.1:1");
  EXPECT_THAT(push({"main"}), HasSubstr("main: not told: http://127.0.0.1:1 does not answer"));
  SilentHost silent(io);
  set("fairlead.url", "http://127.0.0.1:" + std::to_string(silent.port()));
  set("fairlead.timeout", "1");
  for (const auto* branch : {"b1", "b2", "b3"}) work.git({"branch", branch});
  work.commit("a", "2");
  const auto start = std::chrono::steady_clock::now();
  const auto words = push({"main", "b1", "b2", "b3"});
  EXPECT_LT(std::chrono::steady_clock::now() - start, 60s) << "it never answers";
  EXPECT_THAT(words, HasSubstr("more not told within 1 s"));
}

TEST_F(PostReceive, a_missing_setting_is_named) {
  EXPECT_THAT(push({"main"}), HasSubstr("git config fairlead.url"));
  set("fairlead.url", "http://127.0.0.1:1");
  set("fairlead.secretfile", "/nowhere");
  work.commit("a", "2");
  EXPECT_THAT(push({"main"}), HasSubstr("git config fairlead.secretfile"));
  use_secret("");
  work.commit("a", "3");
  EXPECT_THAT(push({"main"}), HasSubstr("is empty"));
}

}  // namespace
}  // namespace fairlead::git
