// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/strings.hpp"

#include <gtest/gtest.h>

namespace fairlead {
namespace {

using Texts = std::vector<std::string>;

TEST(Split, KeepsEmptyParts) {
  EXPECT_EQ(split("a,,b", ','), (Texts{"a", "", "b"}));
  EXPECT_EQ(split("", ','), (Texts{""}));
  EXPECT_EQ(split("a,", ','), (Texts{"a", ""}));
}

TEST(SplitLines, KnowsBothLineEndsAndTheLast) {
  EXPECT_EQ(split_lines("a\r\nb\n\nc"), (Texts{"a", "b", "", "c"}));
  EXPECT_EQ(split_lines("a\n"), (Texts{"a"}));
  EXPECT_EQ(split_lines("\n"), (Texts{""}));
  EXPECT_TRUE(split_lines("").empty());
}

TEST(Words, TrimJoinLowerReplace) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(join({"a", "b", "c"}, ", "), "a, b, c");
  EXPECT_EQ(join({}, ","), "");
  EXPECT_EQ(to_lower("ÀbC-Z"), "Àbc-z");
  EXPECT_EQ(replace_all("aaa", "a", "aa"), "aaaaaa");
  EXPECT_EQ(replace_all("abc", "", "x"), "abc");
}

TEST(ParseInt, TakesTheWholeTextOrNothing) {
  EXPECT_EQ(parse_int("-42"), -42);
  EXPECT_EQ(parse_int("9223372036854775807"), 9223372036854775807LL);
  for (const char* wrong : {"", " 1", "1 ", "1x", "+1", "0x1", "9223372036854775808"}) EXPECT_FALSE(parse_int(wrong)) << wrong;
}

TEST(Utf8, AcceptsOnlyWellFormedText) {
  for (const char* good : {"", "plain", "é", "日本", "😀", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"}) EXPECT_TRUE(is_valid_utf8(good)) << good;
  for (const char* bad :
       {"\x80", "\xc0\x80", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "a\xff", "\xe6\x97"})
    EXPECT_FALSE(is_valid_utf8(bad));
  EXPECT_TRUE(is_valid_utf8(std::string_view("a\0b", 3)));
}

TEST(StripControl, RemovesSequencesWholeAndKeepsText) {
  EXPECT_EQ(strip_control("a\tb\nc"), "a\tb\nc");
  EXPECT_EQ(strip_control("\x1b[1;31mred\x1b[0m"), "red");
  EXPECT_EQ(strip_control("\x1b]0;title\x07x\x1b]8;;http://a\x1b\\y"), "xy");
  EXPECT_EQ(strip_control("\x1bPdata\x1b\\z\x1b(Bw\x1b"
                          "c!"),
            "zw!");
  EXPECT_EQ(strip_control("a\rb\bc\x7f"
                          "d"),
            "abcd");
  EXPECT_EQ(strip_control("日本\xc2\xa0é"), "日本\xc2\xa0é");
}

TEST(StripControl, CannotBeTrickedIntoMakingOne) {
  EXPECT_EQ(strip_control("\x1b]unclosed\nshown"), "\nshown");
  EXPECT_EQ(strip_control("\x1b\x1b[31m[31mx"), "[31mx");
  EXPECT_EQ(strip_control("\xc2\x9b"
                          "31m"),
            "31m");
  EXPECT_EQ(strip_control("\xc2\x1b[0m\x9b"
                          "31m"),
            "31m");
  EXPECT_EQ(strip_control("tail\x1b"), "tail");
  EXPECT_EQ(strip_control("tail\x1b["), "tail");
  EXPECT_EQ(strip_control(std::string_view("a\0b\x1b\0c", 6)), "abc");
}

TEST(Ellipsize, CutsBetweenCharacters) {
  EXPECT_EQ(ellipsize("short", 5), "short");
  EXPECT_EQ(ellipsize("longer text", 8), "longe…");
  EXPECT_EQ(ellipsize("日本語", 8), "日…");
  EXPECT_EQ(ellipsize("日本語", 2), "");
  EXPECT_EQ(ellipsize("abc", 2), "ab");
}

TEST(Nearest, FindsWhatWasMeantAndNothingElse) {
  Texts keys = {"steps", "stages", "timeout", "environment", "if", "env"};
  EXPECT_EQ(nearest("stpes", keys), "steps");
  EXPECT_EQ(nearest("enviroment", keys), "environment");
  EXPECT_EQ(nearest("Timeout", keys), "timeout");
  EXPECT_EQ(nearest("fi", keys), "if");
  EXPECT_EQ(nearest("steps", keys), "steps");
  EXPECT_FALSE(nearest("kubernetes", keys));
  EXPECT_FALSE(nearest("steps", {}));
}

TEST(Url, ThereAndBack) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(url_encode("a b/c~d+é"), "a%20b%2Fc~d%2B%C3%A9");
  EXPECT_EQ(url_decode(url_encode(all)), all);
  EXPECT_EQ(url_decode("a+b%2b"), "a+b+");
  EXPECT_FALSE(url_decode("%"));
  EXPECT_FALSE(url_decode("%2"));
  EXPECT_FALSE(url_decode("%zz"));
}

}  // namespace
}  // namespace fairlead
