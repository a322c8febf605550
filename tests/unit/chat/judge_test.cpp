// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fairlead/chat/grants.hpp"

namespace fairlead::chat::test {
namespace {

using testing::HasSubstr;
using Kind = Judgement::Kind;
using Why = Judgement::Why;

const Time noon = from_micros(1'780'000'000'000'000);

/// A click on the approve button of a card that is as it was sent.
struct Scene {
  Click click{.handle = "v1.x", .verb = "approve", .id = "t1", .workspace = "slack", .channel = "C1", .ts = "1.0", .user = "U1"};
  Found found{.grant = KeptGrant{.grant = {.verb = "approve",
                                           .args = {{"run", "r1"}, {"stage", "production"}, {"plan_digest", "d1"}},
                                           .card = "approval:r1@slack/#deploys",
                                           .audience = "",
                                           .expires = noon + std::chrono::hours(4),
                                           .once = false},
                                 .revision = 3,
                                 .uses = {}},
              .card = CardState{.hash = "h", .revision = 3, .sent_revision = 3, .channel = "C1", .ts = "1.0"},
              .drawn = 3,
              .retired = ""};
  Judgement judged() const { return judge(click, found, noon); }
};

void expect_refused(const Scene& scene, Why why, const std::string& part) {
  const auto judged = scene.judged();
  EXPECT_EQ(judged.kind, Kind::refused);
  EXPECT_EQ(judged.why, why) << judged.text;
  EXPECT_THAT(judged.text, HasSubstr(part));
}

TEST(Judge, LetsAClickOnTheNewestDrawingAct) {
  const auto judged = Scene{}.judged();
  EXPECT_EQ(judged.kind, Kind::act);
  EXPECT_EQ(judged.text, "");
}

TEST(Judge, KnowsNoHandleButItsOwn) {
  Scene scene;
  scene.found.grant.reset();
  expect_refused(scene, Why::unknown, "not known");
}

TEST(Judge, TakesAButtonWhoseNameIsNumbered) {
  Scene scene;
  scene.click.verb = "approve#1";
  EXPECT_EQ(scene.judged().kind, Judgement::Kind::act);
}

TEST(Judge, RefusesAButtonWithTheNameOfAnother) {
  Scene scene;
  scene.click.verb = "reject";
  expect_refused(scene, Why::unknown, "not what it says");
}

TEST(Judge, SaysWhatSupersededTheCard) {
  Scene scene;
  scene.found.retired = "superseded by shop-api#43";
  scene.found.grant->grant.expires = noon;
  expect_refused(scene, Why::retired, "superseded by shop-api#43");
}

TEST(Judge, RefusesFromTheMomentOfExpiryOn) {
  Scene scene;
  scene.found.grant->grant.expires = noon;
  expect_refused(scene, Why::expired, "expired");
  scene.found.grant->grant.expires = noon + Duration(1);
  EXPECT_EQ(scene.judged().kind, Kind::act);
}

TEST(Judge, RefusesACopyOfTheCard) {
  Scene scene;
  scene.click.ts = "2.0";
  expect_refused(scene, Why::moved, "copy");
  scene.click = Scene{}.click;
  scene.click.channel = "C2";
  expect_refused(scene, Why::moved, "copy");
  scene.click = Scene{}.click;
  scene.click.workspace = "T9";
  expect_refused(scene, Why::moved, "another workspace");
  scene.click = Scene{}.click;
  scene.click.channel = scene.click.ts = "";
  scene.found.card = CardState{};
  expect_refused(scene, Why::moved, "being sent");
}

TEST(Judge, RefusesAButtonThatTheNewestDrawingHasNot) {
  Scene scene;
  scene.found.drawn = 4;
  expect_refused(scene, Why::outdated, "changed");
}

TEST(Judge, KeepsAnAnswerForItsAudience) {
  Scene scene;
  scene.found.grant->grant.card = "";
  scene.found.grant->grant.audience = "U2";
  scene.found.card.reset();
  expect_refused(scene, Why::audience, "<@U2>");
  scene.click.user = "U2";
  EXPECT_EQ(scene.judged().kind, Kind::act);
}

TEST(Judge, TakesTheSameClickOnlyOnce) {
  Scene scene;
  scene.found.grant->uses = {{.click = "t1", .user = "U1", .at = noon, .done = true, .text = "approved production"}};
  EXPECT_EQ(scene.judged().kind, Kind::repeated);
  EXPECT_EQ(scene.judged().text, "approved production");
  scene.click.id = "t2";
  EXPECT_EQ(scene.judged().kind, Kind::act);  // another click on a button that many may press: the engine decides
}

TEST(Judge, TakesOneClickOnASingleUseButton) {
  Scene scene;
  scene.found.grant->grant.once = true;
  scene.found.grant->uses = {{.click = "t0", .user = "U1", .at = noon, .done = true, .text = "retrying"}};
  EXPECT_EQ(scene.judged().kind, Kind::repeated);
  scene.click.user = "U2";
  expect_refused(scene, Why::used, "<@U1> did this already");
}

TEST(Judge, GoesOnWithWhatTheEndOfTheServerLeftBegun) {
  Scene scene;
  scene.found.grant->grant.once = true;
  scene.found.grant->uses = {{.click = "t0", .user = "U1", .at = noon, .done = false, .text = ""}};
  EXPECT_EQ(scene.judged().kind, Kind::repeated);
  EXPECT_EQ(judge(scene.click, scene.found, noon + std::chrono::minutes(2)).kind, Kind::act);
}

Json run_with(const std::string& stage_state, const std::string& stage_reason, const std::string& gate_state,
              const std::string& gate_reason) {
  return {{"stages",
           {{{"name", "production"},
             {"state", stage_state},
             {"reason", stage_reason},
             {"gates", {{{"kind", "approval"}, {"state", gate_state}, {"reason", gate_reason}}}}}}}};
}

TEST(DecidedText, SaysWhatBecameOfTheApproval) {
  EXPECT_EQ(decided_text(run_with("superseded", "superseded by shop-api#43", "superseded", "needs …"), "production"),
            "superseded by shop-api#43");
  EXPECT_EQ(decided_text(run_with("running", "", "passed", "approved by user:lead@example.com"), "production"),
            "production is decided already: approved by user:lead@example.com");
  EXPECT_EQ(decided_text(run_with("waiting", "", "open", "needs …"), "production"), "");
  EXPECT_EQ(decided_text(Json::object(), "production"), "");
}

}  // namespace
}  // namespace fairlead::chat::test
