// SPDX-License-Identifier: Apache-2.0
#include "fairlead/triggers/poller.hpp"

#include "fairlead/triggers/receiver.hpp"
#include "fairlead/triggers/sample.hpp"
#include "unit/triggers/trigger_world.hpp"

namespace fairlead::triggers {
namespace {

const std::string a(40, 'a');
const std::string b(40, 'b');
const std::string c(40, 'c');
const std::string main_ref = "refs/heads/main";

class PollerTest : public TriggerTest {
 protected:
  void SetUp() override {
    TriggerTest::SetUp();
    poller.emplace(Poller::Parts{.executor = io.get_executor(),
                                 .store = store.get(),
                                 .clock = clock,
                                 .starter = starter(),
                                 .list_refs = [this](std::string) { return list(); },
                                 .interval = Duration::zero()},
                   std::vector<std::string>{"shop"});
    receiver.emplace(Receiver::Parts{.store = store.get(),
                                     .pool = &pool,
                                     .clock = clock,
                                     .starter = starter(),
                                     .secrets = [](Provider, std::string) { return secrets(); }},
                     std::vector<AppAddress>{{.name = "shop", .repository = "/srv/git/shop.git", .branch = "main"}});
  }
  static Awaitable<std::vector<Secret>> secrets() { co_return std::vector<Secret>{Secret("the secret of this test")}; }

  Awaitable<git::RemoteRefs> list() {
    git::RemoteRefs refs{.head = main_ref, .refs = {}};
    for (const auto& [ref, sha] : remote) {
      git::RemoteRef one{.ref = ref, .sha = Sha(sha)};
      if (peeled.contains(ref)) one.peeled = Sha(peeled[ref]);
      refs.refs.push_back(one);
    }
    if (meanwhile) co_await receiver->handle(*std::exchange(meanwhile, std::nullopt));
    co_return refs;
  }

  std::string push(const std::string& before, const std::string& after, const std::string& ref = main_ref) {
    return run(receiver->handle(request(before, after, ref))).body;
  }
  HookRequest request(const std::string& before, const std::string& after, const std::string& ref) {
    Sample sample{.provider = Provider::github, .path = "/hooks/github", .headers = {{"X-GitHub-Event", "push"}}};
    sample.body = dump(
        Json{{"ref", ref}, {"before", before}, {"after", after}, {"repository", {{"clone_url", "/srv/git/shop.git"}}}, {"n", ++count}});
    sign_sample(sample, Secret("the secret of this test"), at, std::to_string(count));
    return {.provider = sample.provider, .headers = sample.headers, .body = sample.body};
  }
  int poll() { return run(poller->poll("shop")); }

  std::map<std::string, std::string> remote{{main_ref, a}};
  std::map<std::string, std::string> peeled;
  std::optional<HookRequest> meanwhile;
  int count = 0;
  std::optional<Poller> poller;
  std::optional<Receiver> receiver;
};

using Lines = std::vector<std::string>;

TEST_F(PollerTest, the_first_look_only_takes_note) {
  EXPECT_EQ(poll(), 0);
  EXPECT_TRUE(started().empty());
}

TEST_F(PollerTest, a_push_without_webhook_is_found_once) {
  poll();
  remote[main_ref] = b;
  remote["refs/heads/new"] = c;
  remote["refs/pull/1/head"] = c;
  EXPECT_EQ(poll(), 2);
  EXPECT_EQ(poll(), 0);
  EXPECT_EQ(started(), (Lines{"shop refs/heads/main bbbb", "shop refs/heads/new cccc"}));
}

TEST_F(PollerTest, what_a_webhook_told_is_not_found_again) {
  poll();
  push(a, b);
  remote[main_ref] = b;
  EXPECT_EQ(poll(), 0);
  EXPECT_EQ(started().size(), 1u);
}

TEST_F(PollerTest, a_webhook_that_comes_after_the_poll_is_ignored) {
  poll();
  remote[main_ref] = b;
  EXPECT_EQ(poll(), 1);
  EXPECT_EQ(text_at(parse_json(push(a, b)), "reason"), "polling found this change and started its run already");
  EXPECT_EQ(started().size(), 1u);
}

TEST_F(PollerTest, a_webhook_that_comes_while_the_remote_is_asked_wins) {
  poll();
  remote[main_ref] = b;
  meanwhile = request(b, c, main_ref);
  EXPECT_EQ(poll(), 0);
  EXPECT_EQ(started(), (Lines{"shop refs/heads/main cccc"}));
}

TEST_F(PollerTest, webhooks_that_overtake_each_other_do_not_start_a_third_run) {
  poll();
  push(b, c);
  push(a, b);
  remote[main_ref] = c;
  EXPECT_EQ(poll(), 0);
  EXPECT_EQ(started().size(), 2u);
}

TEST_F(PollerTest, going_back_and_forth_is_followed) {
  poll();
  push(a, b);
  push(b, a);
  EXPECT_EQ(poll(), 0);
  remote[main_ref] = b;
  EXPECT_EQ(poll(), 1);
  remote[main_ref] = a;
  EXPECT_EQ(poll(), 1);
}

TEST_F(PollerTest, a_deleted_branch_is_forgotten) {
  remote["refs/heads/topic"] = b;
  poll();
  remote.erase("refs/heads/topic");
  EXPECT_EQ(poll(), 0);
  remote["refs/heads/topic"] = b;
  EXPECT_EQ(poll(), 1);
}

TEST_F(PollerTest, an_annotated_tag_is_the_same_by_its_object_and_by_its_commit) {
  poll();
  remote["refs/tags/v1"] = c;
  peeled["refs/tags/v1"] = b;
  EXPECT_EQ(poll(), 1);
  EXPECT_EQ(started(), (Lines{"shop refs/tags/v1 bbbb"}));
  EXPECT_EQ(text_at(parse_json(push(std::string(40, '0'), b, "refs/tags/v1")), "verdict"), "ignored");
  EXPECT_EQ(poll(), 0);
}

TEST_F(PollerTest, a_skipped_push_is_not_started_by_the_poll) {
  poll();
  auto json = Json{{"ref", main_ref},
                   {"before", a},
                   {"after", b},
                   {"repository", {{"clone_url", "/srv/git/shop.git"}}},
                   {"head_commit", {{"id", b}, {"message", "x [skip ci]"}}}};
  Sample sample{.provider = Provider::github, .path = "/hooks/github", .headers = {{"X-GitHub-Event", "push"}}, .body = dump(json)};
  sign_sample(sample, Secret("the secret of this test"), at, "skip");
  EXPECT_EQ(run(receiver->handle({.provider = sample.provider, .headers = sample.headers, .body = sample.body})).status, 200);
  remote[main_ref] = b;
  EXPECT_EQ(poll(), 0);
}

TEST_F(PollerTest, WebhookForWhatTheFirstLookFoundStillStartsItsRun) {
  EXPECT_EQ(poll(), 0);
  EXPECT_NE(push(b, a).find("accepted"), std::string::npos);
}

}  // namespace
}  // namespace fairlead::triggers
