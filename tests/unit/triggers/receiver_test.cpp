// SPDX-License-Identifier: Apache-2.0
#include "fairlead/triggers/receiver.hpp"

#include "fairlead/triggers/sample.hpp"
#include "unit/triggers/trigger_world.hpp"

namespace fairlead::triggers {
namespace {

const std::string a(40, 'a');
const std::string b(40, 'b');
const std::string c(40, 'c');
const std::string none(40, '0');

class ReceiverTest : public TriggerTest {
 protected:
  void SetUp() override {
    TriggerTest::SetUp();
    start();
  }

  void start() {
    receiver.emplace(Receiver::Parts{.store = store.get(),
                                     .pool = &pool,
                                     .clock = clock,
                                     .starter = starter(),
                                     .secrets = [this](Provider, std::string) { return secrets(); },
                                     .branch_moved = [this](const std::string& app) { moved.push_back(app); }},
                     apps);
  }

  Awaitable<std::vector<Secret>> secrets() { co_return configured; }

  /// A push as GitHub sends it, without signature.
  static Sample push(const std::string& before, const std::string& after, const std::string& id,
                     const std::string& ref = "refs/heads/main") {
    Json json{{"ref", ref},
              {"before", before},
              {"after", after},
              {"repository", {{"full_name", "acme/shop"}, {"clone_url", "https://git.example.com/acme/shop.git"}}},
              {"sender", {{"login", "mona"}}},
              {"pushed", id}};
    Sample sample{.provider = Provider::github, .path = "/hooks/github", .headers = {{"X-GitHub-Event", "push"}}, .body = dump(json)};
    sample.headers.set("X-GitHub-Delivery", id);
    return sample;
  }

  HookReply send(Sample sample, const char* secret = "the secret of this test") {
    sign_sample(sample, Secret(secret), at);
    return run(receiver->handle({.provider = sample.provider, .app = sample.app, .headers = sample.headers, .body = sample.body}));
  }

  static std::string verdict(const HookReply& reply) {
    auto json = parse_json(reply.body);
    return std::to_string(reply.status) + " " + text_at(json, "verdict", text_at(json, "title"));
  }

  std::vector<AppAddress> apps{{.name = "shop", .repository = "git@git.example.com:acme/shop.git", .branch = "main"}};
  std::vector<Secret> configured{Secret("the secret of this test")};
  std::vector<std::string> moved;
  std::optional<Receiver> receiver;
};

using Lines = std::vector<std::string>;

TEST_F(ReceiverTest, a_push_is_durable_and_has_its_run_when_it_is_answered) {
  auto reply = send(push(a, b, "1"));
  EXPECT_EQ(reply.status, 202);
  auto json = parse_json(reply.body);
  EXPECT_EQ(json.size(), 2u);
  EXPECT_EQ(json["verdict"], "accepted");
  EXPECT_EQ(started(), (Lines{"shop refs/heads/main bbbb"}));
  EXPECT_EQ(woken.size(), 1u);
  EXPECT_TRUE(moved.empty());
  reopen();
  auto row = read([](store::View& view) { return view.delivery("github", "1"); });
  ASSERT_TRUE(row);
  EXPECT_EQ(row->trigger, text_at(json, "trigger"));
  EXPECT_EQ(row->verdict, "accepted");
  EXPECT_EQ(row->body, push(a, b, "1").body);
  EXPECT_EQ(row->headers.find("sha256="), std::string::npos);
}

TEST_F(ReceiverTest, the_same_delivery_again_is_a_duplicate_for_ever) {
  EXPECT_EQ(verdict(send(push(a, b, "1"))), "202 accepted");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(verdict(send(push(a, b, "1"))), "200 duplicate");
  reopen();
  start();
  at += std::chrono::hours(24);
  EXPECT_EQ(verdict(send(push(a, b, "1"))), "200 duplicate");
  EXPECT_EQ(started().size(), 1u);
}

TEST_F(ReceiverTest, a_captured_body_under_a_new_id_is_a_duplicate) {
  auto sample = push(a, b, "1");
  EXPECT_EQ(verdict(send(sample)), "202 accepted");
  sample.headers.set("X-GitHub-Delivery", "2");
  EXPECT_EQ(verdict(send(sample)), "200 duplicate");
}

TEST_F(ReceiverTest, a_bad_signature_and_an_unknown_route_get_the_same_answer) {
  auto bad = send(push(a, b, "1"), "another secret");
  EXPECT_EQ(bad.status, 401);
  EXPECT_EQ(bad.content_type(), "application/problem+json");
  auto sample = push(a, b, "1");
  auto missing = run(receiver->handle({.provider = Provider::github, .headers = sample.headers, .body = sample.body}));
  EXPECT_EQ(missing.body, bad.body);
  configured.clear();
  EXPECT_EQ(send(push(a, b, "1")).body, bad.body);
  EXPECT_EQ(run(receiver->handle({.provider = Provider::http, .app = "none", .body = "{}"})).body, bad.body);
  EXPECT_FALSE(read([](store::View& view) { return view.delivery("github", "1"); }));
  EXPECT_EQ(receiver->counts().rejected, 4u);
}

TEST_F(ReceiverTest, what_starts_nothing_is_ignored_with_the_reason_and_recorded) {
  auto reply = send(push(a, none, "1"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(parse_json(reply.body), Json({{"verdict", "ignored"}, {"reason", "branch deleted: refs/heads/main"}}));
  EXPECT_EQ(verdict(send(push(a, none, "1"))), "200 duplicate");
  apps.front().repository = "git@git.example.com:acme/other.git";
  receiver->set_apps(apps);
  EXPECT_EQ(parse_json(send(push(a, b, "2")).body)["reason"], "no app has the repository acme/shop");
  auto row = read([](store::View& view) { return view.delivery("github", "2"); });
  EXPECT_EQ(row->reason, "no app has the repository acme/shop");
  EXPECT_TRUE(started().empty());
}

TEST_F(ReceiverTest, a_branch_that_moves_without_a_run_is_told) {
  auto sample = push(a, b, "1");
  auto json = parse_json(sample.body);
  json["head_commit"] = {{"id", b}, {"message", "Change the schedule [skip ci]"}};
  sample.body = dump(json);
  EXPECT_EQ(verdict(send(sample)), "200 ignored");
  EXPECT_EQ(moved, (Lines{"shop"}));
}

TEST_F(ReceiverTest, several_apps_of_one_repository_get_a_run_each) {
  apps.push_back({.name = "web", .repository = "https://git.example.com/acme/shop", .branch = "main"});
  receiver->set_apps(apps);
  EXPECT_EQ(verdict(send(push(a, b, "1"))), "202 accepted");
  EXPECT_EQ(started().size(), 2u);
}

TEST_F(ReceiverTest, what_is_not_json_or_lacks_its_parts_is_a_bad_request) {
  auto sample = push(a, b, "1");
  for (std::string body : {"{", "[1]", "{}", "{\"ref\":\"x\"}", ""}) {
    sample.body = body;
    EXPECT_EQ(verdict(send(sample)), "400 Bad Request") << body;
  }
  sample.body = std::string(100, '[');
  EXPECT_EQ(verdict(send(sample)), "400 Bad Request");
  EXPECT_EQ(receiver->counts().failed, 6u);
}

TEST_F(ReceiverTest, a_large_body_is_read_on_the_pool_and_a_too_large_one_not_at_all) {
  auto sample = push(a, b, "1");
  auto json = parse_json(sample.body);
  json["padding"] = std::string(1 << 20, 'x');
  sample.body = dump(json);
  EXPECT_EQ(verdict(send(sample)), "202 accepted");
  sample.body.assign(largest_hook_body + 1, ' ');
  EXPECT_EQ(send(sample).status, 413);
}

TEST_F(ReceiverTest, a_run_that_cannot_be_created_leaves_nothing_behind) {
  unknown.insert("shop");
  EXPECT_EQ(send(push(a, b, "1")).status, 400);
  unknown.clear();
  EXPECT_EQ(verdict(send(push(a, b, "1"))), "202 accepted");
}

TEST_F(ReceiverTest, a_signed_http_request_starts_the_app_of_its_path_once) {
  Sample sample{.provider = Provider::http,
                .app = "shop",
                .path = "/hooks/http/shop",
                .headers = {{"webhook-id", "msg_1"}},
                .body = R"({"ref":"main","reason":"data is in"})"};
  EXPECT_EQ(verdict(send(sample)), "202 accepted");
  EXPECT_EQ(verdict(send(sample)), "200 duplicate");
  EXPECT_EQ(runs().front().reason, "data is in");
  EXPECT_EQ(runs().front().trigger, "http");
  EXPECT_EQ(runs().front().actor, "http:shop");
}

/// F14: deliveries repeated five times, in any order, some of them unreadable: each change has one run.
TEST_F(ReceiverTest, shuffled_repeated_and_broken_deliveries_give_each_change_one_run) {
  std::vector<Sample> deliveries;
  for (int i = 0; i < 20; ++i) {
    auto sample = push(a, std::string(39, 'd') + "0123456789abcdef"[i % 16], "id" + std::to_string(i), "refs/heads/b" + std::to_string(i));
    for (int copy = 0; copy < 5; ++copy) deliveries.push_back(sample);
    sample.body.pop_back();
    sample.headers.set("X-GitHub-Delivery", "broken" + std::to_string(i));
    deliveries.push_back(sample);
    deliveries.push_back(push(a, none, "gone" + std::to_string(i), "refs/heads/b" + std::to_string(i)));
    deliveries.push_back(push(none, b, "tag" + std::to_string(i), "refs/tags/v" + std::to_string(i)));
  }
  unsigned seed = 7;
  for (std::size_t i = deliveries.size(); i > 1; --i)
    std::swap(deliveries[i - 1], deliveries[(seed = seed * 1103515245 + 12345) / 65536 % i]);
  std::map<std::string, int> verdicts;
  for (const auto& delivery : deliveries) ++verdicts[verdict(send(delivery))];
  EXPECT_EQ(verdicts,
            (std::map<std::string, int>{{"202 accepted", 40}, {"200 duplicate", 80}, {"200 ignored", 20}, {"400 Bad Request", 20}}));
  EXPECT_EQ(runs().size(), 40u);
}

}  // namespace
}  // namespace fairlead::triggers
