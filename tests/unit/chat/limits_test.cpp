// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chat/cards/blocks.hpp"
#include "chat/code_points.hpp"
#include "fairlead/chat/message.hpp"

namespace fairlead::chat::test {
namespace {

using testing::ElementsAre;

std::string many(std::size_t count, const std::string& what = "é") {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += what;
  return out;
}

Json section(const std::string& text) { return {{"type", "section"}, {"text", {{"type", "mrkdwn"}, {"text", text}}}}; }

Json press(const std::string& id, const std::string& label, const std::string& value) {
  return {{"type", "button"}, {"action_id", id}, {"text", {{"type", "plain_text"}, {"text", label}}}, {"value", value}};
}

Message with(Json block) { return {.text = "x", .blocks = Json::array({std::move(block)})}; }

TEST(Limits, CountCharacters) {
  EXPECT_EQ(over_limits(with(section(many(3000)))), std::vector<std::string>{});
  EXPECT_THAT(over_limits(with(section(many(3001)))), ElementsAre("blocks[0].text.text: 3001 of 3000 characters"));
}

TEST(Limits, NameWhatSlackWouldRefuse) {
  EXPECT_THAT(over_limits({.text = "", .blocks = Json::array()}), ElementsAre("text: empty"));
  EXPECT_THAT(over_limits(with({{"type", "section"}})), ElementsAre("blocks[0]: has neither text nor fields"));
  EXPECT_THAT(over_limits(with({{"type", "header"}, {"text", {{"type", "plain_text"}, {"text", many(151)}}}})),
              ElementsAre("blocks[0].text.text: 151 of 150 characters"));
  EXPECT_THAT(over_limits(with({{"type", "actions"}, {"elements", {press("a", "x", many(2001, "v"))}}})),
              ElementsAre("blocks[0].elements[0].value: 2001 of 2000 characters"));
  EXPECT_THAT(over_limits(with({{"type", "actions"}, {"elements", {press("a", "x", "1"), press("a", "y", "2")}}})),
              ElementsAre("blocks[0]: action_id \"a\" is used twice"));
  EXPECT_THAT(over_limits(with({{"type", "actions"}, {"elements", Json::array()}})),
              ElementsAre("blocks[0].elements: 0 entries, at least 1 are needed"));
  EXPECT_THAT(over_limits(with({{"type", "carousel"}})), ElementsAre("blocks[0].type: \"carousel\" is not one that fairlead uses"));
}

TEST(Limits, KeepBlockIdsApart) {
  Json a = section("a"), b = section("b");
  a["block_id"] = b["block_id"] = "same";
  EXPECT_THAT(over_limits({.text = "x", .blocks = {a, b}}), ElementsAre("blocks[1].block_id: \"same\" is used twice"));
}

TEST(Limits, KnowViews) {
  const Json input{{"type", "input"},
                   {"label", {{"type", "plain_text"}, {"text", "Why"}}},
                   {"element", {{"type", "plain_text_input"}, {"action_id", "a"}}}};
  Json view{{"type", "modal"}, {"title", {{"type", "plain_text"}, {"text", many(25)}}}, {"blocks", Json::array({input})}};
  EXPECT_THAT(view_over_limits(view), ElementsAre("title.text: 25 of 24 characters", "submit: missing, although the modal has inputs"));
  EXPECT_THAT(view_over_limits({{"type", "tab"}, {"blocks", Json::array()}}), ElementsAre("type: \"tab\" is neither modal nor home"));
}

TEST(WithinLimits, CutsTextsListsAndBlocks) {
  Message message{.text = many(5000), .blocks = Json::array()};
  for (int i = 0; i < 80; ++i) message.blocks.push_back(section(many(4000)));
  message.blocks.push_back({{"type", "actions"}, {"elements", {press("a", many(80), "1")}}});
  const Message cut = within_limits(message);
  EXPECT_EQ(over_limits(cut), std::vector<std::string>{});
  ASSERT_EQ(cut.blocks.size(), 50U);
  EXPECT_EQ(cut.blocks[48]["elements"][0]["text"], "… and 32 more");
  EXPECT_EQ(cut.blocks[49]["type"], "actions");
}

TEST(WithinLimits, SaysHowManyFieldsAreMissing) {
  Json fields = Json::array();
  for (int i = 0; i < 14; ++i) fields.push_back({{"type", "mrkdwn"}, {"text", "f"}});
  const Message cut = within_limits(with({{"type", "section"}, {"fields", fields}}));
  EXPECT_EQ(over_limits(cut), std::vector<std::string>{});
  EXPECT_EQ(cut.blocks[0]["fields"][9]["text"], "… and 5 more");
}

TEST(WithinLimits, ChangesNothingThatFits) {
  const Message message = with(section("fine"));
  EXPECT_EQ(within_limits(message), message);
}

TEST(Blocks, SplitALongTextAtLineEnds) {
  Blocks blocks("t", 1);
  std::string text;
  for (int i = 0; i < 100; ++i) text += "line " + std::to_string(i) + " " + many(90) + "\n";
  const Json list = blocks.section(text).take();
  ASSERT_GT(list.size(), 3U);
  for (const auto& block : list) {
    EXPECT_LE(count_characters(block["text"]["text"].get<std::string>()), 3000U);
    EXPECT_TRUE(block["text"]["text"].get<std::string>().starts_with("line "));
  }
}

TEST(Blocks, KeepTheEndOfALog) {
  Blocks blocks("t", 1);
  std::string log;
  for (int i = 0; i < 900; ++i) log += "line " + std::to_string(i) + "\n";
  const Json list = blocks.preformatted(log).take();
  const auto text = list[0]["elements"][0]["elements"][0]["text"].get<std::string>();
  EXPECT_LE(count_characters(text), 2500U);
  EXPECT_TRUE(text.ends_with("line 899"));
  EXPECT_TRUE(text.starts_with("…\nline "));
}

}  // namespace
}  // namespace fairlead::chat::test
