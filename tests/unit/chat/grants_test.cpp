// SPDX-License-Identifier: Apache-2.0
#include "fairlead/chat/grants.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/chat/store_harness.hpp"

namespace fairlead::chat::test {
namespace {

using testing::HasSubstr;
using Kind = Judgement::Kind;
using Why = Judgement::Why;

class GrantsTest : public testing::Test {
 protected:
  GrantsTest() : grants_(harness_.store(), harness_.clock()) { key_ = harness_.run(grants_.key()); }

  /// A button for one person, as in an ephemeral answer.
  std::string offer(Grant grant) {
    Granter granter(key_);
    auto handle = granter(std::move(grant));
    harness_.run(grants_.put(granter.granted()));
    return handle;
  }
  static Click click(const std::string& handle, const std::string& id, const std::string& user) {
    return {.handle = handle, .verb = "retry", .id = id, .workspace = "slack", .channel = "", .ts = "", .user = user};
  }
  static Grant retry() { return {.verb = "retry", .args = {{"run", "r1"}}, .card = "", .audience = "", .expires = {}, .once = true}; }
  Taken take(const Click& pressed) { return harness_.run(grants_.take(pressed)); }

  StoreHarness harness_;
  Grants grants_;
  std::string key_;
};

TEST_F(GrantsTest, KeepNoHandle) {
  const auto handle = offer(retry());
  const auto docs = harness_.run(harness_.store().read([](store::View& view) { return view.list("chat.grant"); }));
  ASSERT_EQ(docs.size(), 1U);
  EXPECT_EQ(docs[0].key.find(handle), std::string::npos);
  EXPECT_EQ(docs[0].body.find(handle), std::string::npos);
}

TEST_F(GrantsTest, KeepTheirKeyForEver) {
  Grants later(harness_.store(), harness_.clock());
  EXPECT_EQ(harness_.run(later.key()), key_);
  EXPECT_EQ(key_.size(), 32U);
}

TEST_F(GrantsTest, OfOneAnswerAreNotThoseOfTheNext) { EXPECT_NE(offer(retry()), offer(retry())); }

TEST_F(GrantsTest, LetOneOfTwoClicksActAndTellTheOther) {
  const auto handle = offer(retry());
  const auto first = take(click(handle, "t1", "U1"));
  ASSERT_EQ(first.judgement.kind, Kind::act);
  EXPECT_EQ(text_at(first.grant.args, "run"), "r1");
  EXPECT_EQ(take(click(handle, "t2", "U2")).judgement.kind, Kind::repeated);  // while the first is at it
  harness_.run(grants_.settle(click(handle, "t1", "U1"), true, "retrying shop-api#1"));
  EXPECT_EQ(take(click(handle, "t1", "U1")).judgement.text, "retrying shop-api#1");
  const auto second = take(click(handle, "t3", "U2"));
  EXPECT_EQ(second.judgement.kind, Kind::refused);
  EXPECT_THAT(second.judgement.text, HasSubstr("<@U1> did this already"));
}

TEST_F(GrantsTest, AreNotUsedUpByARefusal) {
  const auto handle = offer(retry());
  take(click(handle, "t1", "U1"));
  harness_.run(grants_.settle(click(handle, "t1", "U1"), false, "U1 may not"));
  EXPECT_EQ(take(click(handle, "t1", "U1")).judgement.text, "U1 may not");  // sent again later, when U1 might
  EXPECT_EQ(take(click(handle, "t2", "U2")).judgement.kind, Kind::act);
}

TEST_F(GrantsTest, StartTheSameThingAgainAfterACrash) {
  const auto handle = offer(retry());
  const auto first = take(click(handle, "t1", "U1"));
  harness_.later(std::chrono::minutes(5));
  const auto again = take(click(handle, "t2", "U1"));
  EXPECT_EQ(again.judgement.kind, Kind::act);
  EXPECT_EQ(first.idempotency_key, again.idempotency_key);
}

/// A card with an approve button, sent as C1/1.0.
class CardGrantsTest : public GrantsTest {
 protected:
  std::string draw(int revision, bool with_button) {
    Granter granter(key_);
    std::string handle;
    if (with_button) handle = granter(approve());
    harness_.write([&](store::Tx& tx) {
      Desired wanted{.card = card_,
                     .place = {.workspace = "slack", .channel = "#deploys", .thread = ""},
                     .thread_card = "",
                     .message = {.text = std::to_string(revision)},
                     .hash = std::to_string(revision),
                     .revision = revision,
                     .fallback = ""};
      Outbox::put(tx, wanted, harness_.time);
      if (with_button)
        Grants::put(tx, key_, granter.granted(), revision);
      else
        Grants::drawn(tx, card_, revision);
    });
    return handle;
  }
  Grant approve() const {
    return {.verb = "approve",
            .args = {{"run", "r1"}, {"stage", "production"}, {"plan_digest", "d1"}},
            .card = card_,
            .audience = "",
            .expires = harness_.time + std::chrono::hours(4),
            .once = false};
  }
  Judgement judged(const std::string& handle) {
    auto found = harness_.run(harness_.store().read([&](store::View& view) { return find_grant(view, handle); }));
    if (found.card) found.card->channel = "C1", found.card->ts = "1.0";  // as if it was sent
    Click pressed{.handle = handle, .verb = "approve", .id = "t1", .workspace = "slack", .channel = "C1", .ts = "1.0", .user = "U1"};
    return judge(pressed, found, harness_.time);
  }
  std::string card_ = "approval:r1:production@slack/#deploys";
};

TEST_F(CardGrantsTest, LastAsLongAsTheButtonIsDrawn) {
  const auto handle = draw(1, true);
  EXPECT_EQ(judged(handle).kind, Kind::act);
  EXPECT_EQ(draw(2, true), handle);
  EXPECT_EQ(judged(handle).kind, Kind::act);
  draw(3, false);
  EXPECT_EQ(judged(handle).why, Why::outdated);
}

TEST_F(CardGrantsTest, OfARetiredCardSayWhy) {
  const auto handle = draw(1, true);
  harness_.write([&](store::Tx& tx) { Grants::drawn(tx, card_, 2, "superseded by shop-api#43"); });
  EXPECT_EQ(judged(handle).text, "superseded by shop-api#43");
  draw(1, true);  // an older drawing that comes late
  EXPECT_EQ(judged(handle).why, Why::retired);
  draw(3, true);  // the approval was taken back
  EXPECT_EQ(judged(handle).kind, Kind::act);
}

TEST_F(CardGrantsTest, WaitForTheCardToBeSent) {
  const auto handle = draw(1, true);
  Click pressed{.handle = handle, .verb = "approve", .id = "t1", .workspace = "slack", .channel = "C1", .ts = "1.0", .user = "U1"};
  EXPECT_EQ(take(pressed).judgement.why, Why::moved);
}

TEST_F(CardGrantsTest, ExpireWithTheApproval) {
  const auto handle = draw(1, true);
  harness_.later(std::chrono::hours(4));
  EXPECT_EQ(judged(handle).why, Why::expired);
}

}  // namespace
}  // namespace fairlead::chat::test
