// SPDX-License-Identifier: Apache-2.0
#include "chat/reader/wanted.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::chat::test {
namespace {

pipeline::ServerConfig config() {
  pipeline::ServerConfig result;
  result.apps["shop"] = {.name = "shop", .branch = "main", .channel = "#shop"};
  result.apps["plain"] = {.name = "plain", .branch = "main"};
  result.slack.emplace().channel = "#deploys";
  result.environments["production"].approval.emplace();
  result.environments["staging"];
  return result;
}

Json run(const std::string& app = "shop") {
  return parse_json(R"({"id":"r1","app":")" + app + R"(","number":7,"state":"running","branch":"main","trigger":"push","finished_at":null,
    "stages":[{"name":"build","environment":null,"state":"succeeded","gates":[],"jobs":[]},
              {"name":"production","environment":"production","state":"waiting","jobs":[],
               "gates":[{"kind":"approval","key":"approval","state":"open","opened_at":"2026-11-20T03:04:05.678Z","votes":[]}]}]})");
}

std::vector<std::string> channels(const std::vector<Place>& places) {
  std::vector<std::string> list;
  for (const auto& place : places) list.push_back(place.workspace + "/" + place.channel);
  return list;
}

std::vector<std::string> whats(const std::vector<WantedCard>& cards) {
  std::vector<std::string> list;
  for (const auto& card : cards) list.push_back(card.what);
  return list;
}

TEST(WantedCards, RunsThatDeployAreOfInterestAndTestsOfBranchesAreNot) {
  auto one = run();
  EXPECT_TRUE(deserves_card(one, "main", false));
  one["stages"][1]["state"] = "skipped";
  EXPECT_FALSE(deserves_card(one, "main", false));
  EXPECT_TRUE(deserves_card(one, "main", true));
  one["state"] = "skipped";
  EXPECT_FALSE(deserves_card(one, "main", true));
}

TEST(WantedCards, ABrokenPipelineFileOfTheMainBranchIsTold) {
  auto one = run();
  one["stages"] = Json::array();
  EXPECT_FALSE(deserves_card(one, "main", false));
  one["state"] = "failed";
  one["finished_at"] = "2026-11-20T03:04:05.678Z";
  EXPECT_TRUE(deserves_card(one, "main", false));
  EXPECT_FALSE(deserves_card(one, "release", false));
}

TEST(WantedCards, GoToTheAppsChannelElseTheServersAndToTheConsole) {
  const auto both = std::vector<std::string>{console, pasted};
  EXPECT_THAT(channels(places_of(run(), config(), {}, {}, both)), testing::ElementsAre("slack/#shop", "console/console"));
  EXPECT_THAT(channels(places_of(run("plain"), config(), {}, {}, both)), testing::ElementsAre("slack/#deploys", "console/console"));
  EXPECT_THAT(channels(places_of(run(), config(), {}, {}, {console})), testing::ElementsAre("console/console"));
}

TEST(WantedCards, GoWhereTheRunWasAskedForAndToSubscribers) {
  const Origin origin{.place = {.workspace = pasted, .channel = "C1", .thread = "1.0"}, .user = "U1"};
  const Subscription approvals{
      .place = {.workspace = pasted, .channel = "C2", .thread = ""}, .app = "", .environment = "production", .events = {"approval"}};
  const Subscription other{.place = {.workspace = pasted, .channel = "C3", .thread = ""}, .app = "plain", .environment = "", .events = {}};
  auto one = run();
  EXPECT_THAT(channels(places_of(one, config(), origin, {approvals, other}, {pasted})),
              testing::ElementsAre("slack/C1", "slack/#shop", "slack/C2"));
  EXPECT_EQ(places_of(one, config(), origin, {}, {pasted}).front().thread, "1.0");
  one["stages"][1]["gates"][0]["state"] = "passed";
  EXPECT_THAT(channels(places_of(one, config(), {}, {approvals}, {pasted})), testing::ElementsAre("slack/#shop"));
}

TEST(WantedCards, AnApprovalIsACardOfItsOwnUntilItIsDecided) {
  auto one = run();
  auto cards = cards_of(one, config());
  ASSERT_THAT(whats(cards), testing::ElementsAre("run:r1", "approval:r1/production/2026-11-20T03:04:05.678Z"));
  EXPECT_TRUE(cards[1].open);
  EXPECT_FALSE(cards[1].last);
  one["stages"][1]["gates"][0]["state"] = "bypassed";
  cards = cards_of(one, config());
  ASSERT_EQ(cards.size(), 3U);
  EXPECT_FALSE(cards[1].open);
  EXPECT_TRUE(cards[1].last);
  EXPECT_EQ(cards[2].kind, WantedCard::Kind::bypass);
}

TEST(WantedCards, ABypassIsAnnouncedWhereTheEnvironmentSays) {
  auto settings = config();
  settings.environments["production"].approval->break_glass.emplace().notify = {"#incidents", "mailto:ops@example.com"};
  auto one = run();
  one["stages"][1]["gates"][0]["state"] = "bypassed";
  const auto cards = cards_of(one, settings);
  EXPECT_THAT(channels(more_places(cards.at(2), one, settings, {console, pasted})), testing::ElementsAre("slack/#incidents"));
  EXPECT_TRUE(more_places(cards.at(1), one, settings, {console, pasted}).empty());
  EXPECT_TRUE(more_places(cards.at(2), one, settings, {console}).empty());
}

TEST(WantedCards, ABadEndIsToldOnceAndLoudlyWhereApprovalIsNeeded) {
  auto one = run();
  one["state"] = "failed";
  one["finished_at"] = "2026-11-20T04:00:00.000Z";
  one["stages"][1]["state"] = "failed";
  one["stages"][1]["gates"] = Json::array();
  const auto cards = cards_of(one, config());
  ASSERT_EQ(cards.size(), 2U);
  EXPECT_EQ(cards[1].what, "failure:r1/2026-11-20T04:00:00.000Z");
  EXPECT_TRUE(cards[1].broadcast);
  EXPECT_TRUE(cards[0].last);
}

TEST(WantedCards, AQuestionIsACardUntilItIsAnswered) {
  auto one = run();
  auto& jobs = one["stages"][1]["jobs"];
  jobs = parse_json(R"([{"id":"api","attempt":1,"steps":[{"index":2,"state":"running","name":"deploy",
      "question":{"key":"no-room-1","text":"Go on?","choices":["continue","stop"],"asked_at":"2026-11-20T03:04:05.678Z"}}]}])");
  const auto asked = cards_of(one, config());
  ASSERT_EQ(asked.size(), 3U);
  EXPECT_EQ(asked[2].kind, WantedCard::Kind::question);
  EXPECT_TRUE(asked[2].open);
  jobs[0]["steps"][0]["last_question"] = jobs[0]["steps"][0]["question"];
  jobs[0]["steps"][0].erase("question");
  const auto answered = cards_of(one, config());
  ASSERT_EQ(answered.size(), 3U);
  EXPECT_EQ(answered[2].what, asked[2].what);
  EXPECT_FALSE(answered[2].open);
  EXPECT_TRUE(answered[2].last);
}

TEST(WantedCards, TheFailedStepIsFound) {
  auto one = run();
  EXPECT_FALSE(failed_step(one));
  one["stages"][0]["jobs"] = parse_json(
      R"([{"id":"unit","attempt":2,"steps":[{"index":0,"state":"succeeded","name":"a"},{"index":1,"state":"failed","name":"tests"}]}])");
  const auto step = failed_step(one);
  ASSERT_TRUE(step);
  EXPECT_EQ(step->job + "/" + std::to_string(step->attempt) + "/" + std::to_string(step->step) + "/" + step->name, "unit/2/1/tests");
}

}  // namespace
}  // namespace fairlead::chat::test
