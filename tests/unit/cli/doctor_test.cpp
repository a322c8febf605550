// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/doctor_checks.hpp"

namespace fairlead::cli {

namespace {

using State = Finding::State;

const Time noon = *parse_time("2026-11-20T12:00:00Z");

StoreFacts healthy() {
  StoreFacts facts;
  facts.running = true;
  facts.check = Json{{"ok", true}, {"problems", Json::array()}};
  facts.audit = Json{{"ok", true}, {"events", 12}, {"problem", ""}};
  facts.newest = noon;
  return facts;
}

State worst(const std::vector<Finding>& findings) {
  State state = State::ok;
  for (const auto& finding : findings) state = std::max(state, finding.state);
  return state;
}

pipeline::ServerConfig with_secret(pipeline::SecretRef::Kind kind) {
  pipeline::ServerConfig config;
  pipeline::SecretRef ref;
  ref.kind = kind;
  ref.name = "GITHUB_WEBHOOK";
  config.webhooks["github"].secrets.push_back(ref);
  return config;
}

}  // namespace

TEST(Doctor, FindsNothingInAHealthyStore) { EXPECT_EQ(worst(judge_store(healthy(), noon)), State::ok); }

TEST(Doctor, FailsForADamagedOrAlteredStore) {
  auto damaged = healthy();
  damaged.check = Json{{"ok", false}, {"problems", {"row 3 missing from index"}}};
  EXPECT_EQ(worst(judge_store(damaged, noon)), State::fail);
  auto altered = healthy();
  altered.audit = Json{{"ok", false}, {"events", 12}, {"problem", "event 7: hash does not follow"}};
  EXPECT_EQ(worst(judge_store(altered, noon)), State::fail);
}

TEST(Doctor, FailsWhenTheClockWentBack) {
  EXPECT_EQ(worst(judge_store(healthy(), noon - std::chrono::minutes(4))), State::ok);
  EXPECT_EQ(worst(judge_store(healthy(), noon - std::chrono::minutes(6))), State::fail);
  EXPECT_EQ(worst(judge_store(healthy(), *parse_time("1970-01-02T00:00:00Z"))), State::fail);
}

TEST(Doctor, FailsForASecretThatIsNotSet) {
  auto facts = healthy();
  const auto config = with_secret(pipeline::SecretRef::Kind::secret);
  EXPECT_EQ(worst(judge_secrets(config, facts)), State::fail);
  facts.secrets = Json::array({Json{{"name", "GITHUB_WEBHOOK"}, {"scope", "app:shop"}}});
  EXPECT_EQ(worst(judge_secrets(config, facts)), State::fail) << "a secret of an app is not the server's";
  facts.secrets = Json::array({Json{{"name", "GITHUB_WEBHOOK"}, {"scope", "server"}}});
  EXPECT_EQ(worst(judge_secrets(config, facts)), State::ok);
}

TEST(Doctor, WarnsOfASecretInTheFile) {
  EXPECT_EQ(worst(judge_secrets(with_secret(pipeline::SecretRef::Kind::literal), healthy())), State::warn);
}

TEST(Doctor, WarnsOfALockThatWasForgotten) {
  auto facts = healthy();
  const auto lock = [](const char* since, Json until) {
    return Json::array({Json{{"environment", "production"},
                             {"app", nullptr},
                             {"owner", "user:ann"},
                             {"since", since},
                             {"until", std::move(until)},
                             {"reason", "x"}}});
  };
  facts.locks = lock("2026-11-20T11:00:00Z", nullptr);
  EXPECT_EQ(worst(judge_locks(facts, noon)), State::ok);
  facts.locks = lock("2026-11-01T11:00:00Z", "2026-12-01T11:00:00Z");
  EXPECT_EQ(worst(judge_locks(facts, noon)), State::ok);
  facts.locks = lock("2026-11-01T11:00:00Z", nullptr);
  const auto findings = judge_locks(facts, noon);
  EXPECT_EQ(worst(findings), State::warn);
  EXPECT_THAT(findings.front().hint, testing::HasSubstr("fairlead unlock production"));
}

TEST(Doctor, JudgesTheDiskAsTheStoreDoes) {
  constexpr std::int64_t gib = 1ll << 30;
  EXPECT_EQ(judge_disk(100 * gib, 200 * gib).state, State::ok);
  EXPECT_EQ(judge_disk(gib + gib / 2, 200 * gib).state, State::warn);
  EXPECT_EQ(judge_disk(gib / 2, 200 * gib).state, State::fail);
  EXPECT_EQ(judge_disk(1 << 20, 1 << 21).state, State::fail);
}

}  // namespace fairlead::cli
