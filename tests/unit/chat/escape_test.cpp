// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "chat/code_points.hpp"
#include "fairlead/chat/message.hpp"

namespace fairlead::chat::test {
namespace {

TEST(Escape, TurnsMarkupIntoText) {
  EXPECT_EQ(escape("<!channel> & <@U0EVIL> <https://evil.example|Approve>"),
            "&lt;!channel&gt; &amp; &lt;@U0EVIL&gt; &lt;https://evil.example|Approve&gt;");
  EXPECT_EQ(escape("two\nlines"), "two\nlines");
}

TEST(Escape, OpensNoFence) { EXPECT_EQ(escape("a ``` b ```` c `d`"), "a ''' b '''` c `d`"); }

TEST(Clean, RemovesTerminalSequences) {
  EXPECT_EQ(clean("\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x07 \x9b"
                  "31m"),
            "red link \xef\xbf\xbd"
            "31m");
  EXPECT_EQ(clean(std::string_view("nul\0bell\a", 9)), "nulbell");
}

TEST(Clean, ShowsWhatReordersOrHides) {
  EXPECT_EQ(clean("main\u202Egpj.exe\u2069"), "main\uFFFDgpj.exe\uFFFD");
  EXPECT_EQ(clean("ma\u200Bin"), "ma\uFFFDin");
  EXPECT_EQ(clean("ma\u200Din\uFE0F"), "ma\uFFFDin\uFFFD");
  EXPECT_EQ(clean("\U000E0041x"), "\uFFFDx");
}

TEST(Clean, LeavesEmojiAndJoinedLettersReadable) {
  EXPECT_EQ(clean("\u2764\uFE0F ok"), "\u2764 ok");
  EXPECT_EQ(clean("\U0001F469\u200D\U0001F4BB"), "\U0001F469\U0001F4BB");
  EXPECT_EQ(clean("日本語 naïve"), "日本語 naïve");
}

TEST(Clean, MakesEveryByteUtf8) {
  EXPECT_EQ(clean("caf\xe9 \xc3\x28 \xf0\x9f\x92"), "caf\uFFFD \uFFFD( \uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(clean("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");  // a surrogate
}

TEST(Clean, EndsLinesOneWay) { EXPECT_EQ(clean("a\r\nb\rc\u2028d"), "a\nb\nc\nd"); }

TEST(Clip, CountsCharactersNotBytes) {
  EXPECT_EQ(clip("日本語テスト", 6), "日本語テスト");
  EXPECT_EQ(clip("日本語テスト", 5), "日本語テ…");
  EXPECT_EQ(clip("abc", 0), "");
  EXPECT_EQ(clip("abc", 1), "…");
}

TEST(Clip, CutsNoEntityAndNoMarkup) {
  EXPECT_EQ(clip("ab&amp;cd", 6), "ab…");
  EXPECT_EQ(clip("ab&amp;cd", 8), "ab&amp;…");
  EXPECT_EQ(clip("to <@U123456> now", 8), "to…");
  EXPECT_EQ(clip("see <https://a.example|the page> now", 30), "see…");
  EXPECT_EQ(clip("a < b and so on", 5), "a <…");
}

TEST(Clip, NeverGoesOverTheLimit) {
  const std::string text = "é&lt;<@U1>&amp;日<!date^1^{time}|x>z";
  for (std::size_t most = 0; most < 60; ++most) EXPECT_LE(count_characters(clip(text, most)), most) << most;
}

TEST(Date, IsShownInTheZoneOfTheReader) {
  EXPECT_EQ(date(*parse_time("2026-11-20T03:04:05.678Z")), "<!date^1795143845^{date_short_pretty} {time}|2026-11-20 03:04 UTC>");
}

TEST(Mention, NamesAccountsAndGroupsOfSlack) {
  EXPECT_EQ(mention("slack:U123"), "<@U123>");
  EXPECT_EQ(mention("slack:W0A"), "<@W0A>");
  EXPECT_EQ(mention("slack:S0SRE"), "<!subteam^S0SRE>");
  EXPECT_EQ(mention("slack:@deployers"), "@deployers");
  EXPECT_EQ(mention("user:lead@example.com"), "lead@example.com");
  EXPECT_EQ(mention("github:octocat"), "github:octocat");
}

TEST(Mention, TakesNothingElseForAnId) {
  EXPECT_EQ(mention("slack:U1> <!channel"), "slack:U1&gt; &lt;!channel");
  EXPECT_EQ(mention("user:<!channel>"), "&lt;!channel&gt;");
  EXPECT_EQ(mention("slack:u123"), "slack:u123");
}

}  // namespace
}  // namespace fairlead::chat::test
