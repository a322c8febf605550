// SPDX-License-Identifier: Apache-2.0
#include "chat/outbox/sending.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace fairlead::chat::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Time start{std::chrono::hours(24 * 365 * 50)};

Waiting card(const std::string& name, Urgency urgency = Urgency::progress, const std::string& ts = "") {
  Waiting item;
  auto& wanted = item.doc.wanted;
  wanted.card = name;
  wanted.place = {.workspace = "slack", .channel = "C" + name, .thread = ""};
  wanted.message.text = "text of " + name;
  wanted.hash = "new";
  wanted.urgency = urgency;
  item.doc.ts = ts;
  if (!ts.empty()) {
    item.doc.channel = "C" + name;
    item.doc.sent_hash = "old";
    item.doc.sent_at = start - seconds(100);
  }
  item.doc.changed_at = start;
  return item;
}

std::vector<std::string> names(const Chosen& choice) {
  std::vector<std::string> list;
  for (const auto& send : choice.sends) list.push_back(send.card);
  return list;
}

TEST(Sending, PostsWhatWasNeverSentAndEditsTheRest) {
  Budgets budgets;
  const auto choice = choose({card("a"), card("b", Urgency::progress, "17.5")}, budgets, {}, {}, start);
  ASSERT_THAT(names(choice), testing::ElementsAre("a", "b"));
  EXPECT_EQ(choice.sends[0].method, "chat.postMessage");
  EXPECT_EQ(choice.sends[0].arguments.at("channel"), "Ca");
  EXPECT_EQ(choice.sends[0].arguments.at("unfurl_links"), false);
  EXPECT_EQ(choice.sends[1].method, "chat.update");
  EXPECT_EQ(choice.sends[1].arguments.at("ts"), "17.5");
}

TEST(Sending, EditsOneMessageEveryThreeSecondsAtMost) {
  Budgets budgets;
  auto item = card("a", Urgency::progress, "1.0");
  item.doc.sent_at = start - seconds(1);
  auto choice = choose({item}, budgets, {}, {{"slack", 1}}, start);
  EXPECT_TRUE(choice.sends.empty());
  EXPECT_EQ(choice.wake_at, start + seconds(2));
  choice = choose({item}, budgets, {}, {{"slack", 20}}, start + seconds(3));  // 20 share 45 a minute
  EXPECT_TRUE(choice.sends.empty());
  item.doc.wanted.urgency = Urgency::act;
  EXPECT_EQ(names(choose({item}, budgets, {}, {{"slack", 20}}, start)), std::vector<std::string>{"a"});
}

TEST(Sending, WhatPeopleMustSeeGoesFirst) {
  Budgets budgets;
  auto last = card("final");
  last.doc.wanted.last = true;
  const auto choice = choose({card("progress"), card("phase", Urgency::phase), last, card("act", Urgency::act)}, budgets, {}, {}, start);
  EXPECT_THAT(names(choice), testing::ElementsAre("act", "final", "phase", "progress"));
}

TEST(Sending, AThrottledMethodWaitsAloneAndNotTheWorkspace) {
  Budgets budgets;
  budgets.pause("slack", "chat.update", start + seconds(30));
  const auto choice = choose({card("edit", Urgency::act, "1.0"), card("post")}, budgets, {}, {}, start);
  EXPECT_THAT(names(choice), testing::ElementsAre("post"));
  EXPECT_EQ(choice.wake_at, start + seconds(30));
}

TEST(Sending, AReplyWaitsForItsCardAndGoesInItsThread) {
  Budgets budgets;
  auto reply = card("reply");
  reply.doc.wanted.thread_card = "root";
  reply.doc.wanted.broadcast = true;
  reply.root = Waiting::Root::pending;
  EXPECT_TRUE(choose({reply}, budgets, {}, {}, start).sends.empty());
  reply.root = Waiting::Root::sent;
  reply.root_ts = "9.9";
  reply.root_channel = "C9";
  auto sends = choose({reply}, budgets, {}, {}, start).sends;
  ASSERT_EQ(sends.size(), 1U);
  EXPECT_EQ(sends[0].arguments.at("thread_ts"), "9.9");
  EXPECT_EQ(sends[0].arguments.at("channel"), "C9");
  EXPECT_EQ(sends[0].arguments.at("reply_broadcast"), true);
  reply.root = Waiting::Root::lost;
  sends = choose({reply}, budgets, {}, {}, start).sends;
  ASSERT_EQ(sends.size(), 1U);
  EXPECT_FALSE(sends[0].arguments.contains("thread_ts"));
}

CardDoc settled(const CardDoc& doc, Outcome outcome, const std::string& method = "chat.postMessage") {
  Send send{.card = doc.wanted.card,
            .workspace = "slack",
            .channel = doc.target(),
            .method = method,
            .arguments = {},
            .hash = doc.wanted.hash,
            .revision = 4};
  return settle(doc, send, outcome, start, 0.5);
}

TEST(Sending, AnUnknownEndIsTriedAgainAndARefusedOneFallsBack) {
  auto doc = card("a").doc;
  doc.wanted.fallback = "U1";
  const auto unknown = settled(doc, {.kind = Outcome::Kind::unknown, .channel = {}, .ts = {}, .code = "internal_error", .text = {}});
  EXPECT_TRUE(unknown.waiting());
  EXPECT_GT(unknown.next_at, start);
  const auto plain = settled(doc, {.kind = Outcome::Kind::rejected, .channel = {}, .ts = {}, .code = "invalid_blocks", .text = {}});
  EXPECT_TRUE(plain.plain);
  EXPECT_TRUE(plain.waiting());
  const auto direct = settled(doc, {.kind = Outcome::Kind::rejected, .channel = {}, .ts = {}, .code = "channel_not_found", .text = {}});
  EXPECT_EQ(direct.target(), "U1");
  const auto dead = settled(direct, {.kind = Outcome::Kind::rejected, .channel = {}, .ts = {}, .code = "user_not_found", .text = {}});
  EXPECT_FALSE(dead.waiting());
  EXPECT_NE(dead.dead.find("user_not_found"), std::string::npos);
}

TEST(Sending, AMessageThatSomebodyDeletedIsPostedAnew) {
  const auto doc =
      settled(card("a", Urgency::phase, "1.0").doc,
              {.kind = Outcome::Kind::rejected, .channel = {}, .ts = {}, .code = "message_not_found", .text = {}}, "chat.update");
  EXPECT_TRUE(doc.waiting());
  EXPECT_TRUE(doc.ts.empty());
}

TEST(Sending, ARevokedTokenIsAskedAgainAndNothingIsGivenUp) {
  const auto doc = settled(card("a").doc, {.kind = Outcome::Kind::rejected, .channel = {}, .ts = {}, .code = "token_revoked", .text = {}});
  EXPECT_TRUE(doc.waiting());
  EXPECT_TRUE(concerns_workspace("token_revoked"));
}

/// Half an hour of a busy workspace: 30 cards that change all the time, Slack failing in one of five answers.
TEST(Sending, KeepsTheTierBudgetAndDeliversEveryFinalState) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> chance(0, 1);
  Budgets budgets;
  std::vector<Waiting> cards;
  for (int i = 0; i < 30; ++i) cards.push_back(card(std::to_string(i)));
  std::map<std::string, std::vector<Time>> calls;
  const auto end = start + std::chrono::minutes(30);
  for (Time now = start; now < end; now += milliseconds(500)) {
    const bool ending = now > end - std::chrono::minutes(12);
    std::vector<Waiting> waiting;
    for (auto& item : cards) {
      auto& doc = item.doc;
      if (ending && !doc.wanted.last)
        doc.wanted = [&] {
          auto last = doc.wanted;
          last.hash = "final";
          last.last = true;
          return last;
        }();
      if (!ending && chance(random) < 0.2) doc.wanted.hash = "at " + std::to_string(to_micros(now));
      if (doc.waiting()) waiting.push_back(item);
    }
    for (const auto& send : choose(waiting, budgets, {}, {{"slack", 30}}, now).sends) {
      calls[send.method].push_back(now);
      const double luck = chance(random);
      Outcome outcome{.channel = send.channel, .ts = "1." + send.card, .code = {}, .text = {}};
      if (luck < 0.1)
        outcome = {.kind = Outcome::Kind::unknown, .channel = {}, .ts = {}, .code = {}, .text = "time-out"};
      else if (luck < 0.2) {
        outcome = {.kind = Outcome::Kind::throttled, .channel = {}, .ts = {}, .code = {}, .text = {}, .retry_after = seconds(5)};
        budgets.pause("slack", send.method, now + seconds(5));
      }
      auto& doc = cards.at(std::stoul(send.card)).doc;
      doc = settle(doc, send, outcome, now, chance(random));
    }
  }
  for (const auto& item : cards) EXPECT_EQ(item.doc.sent_hash, "final") << item.doc.wanted.card;
  const auto& edits = calls.at("chat.update");
  std::size_t most = 0;
  for (std::size_t from = 0, to = 0; to < edits.size(); ++to) {
    while (edits[to] - edits[from] >= seconds(60)) ++from;
    most = std::max(most, to - from + 1);
  }
  EXPECT_LE(most, 54U);  // 45 a minute and the burst of 8
  EXPECT_GT(edits.size(), 500U);
}

}  // namespace
}  // namespace fairlead::chat::test
