// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "fairlead/base/json.hpp"
#include "fairlead/pipeline/value.hpp"

namespace fairlead::pipeline {
namespace {

std::string problems_of(std::string_view text, const Limits& limits = {}) {
  Problems problems;
  load_yaml(text, "f", problems, limits);
  return format(problems);
}

Json json_of(std::string_view text) {
  Problems problems;
  const auto value = load_yaml(text, "f", problems);
  EXPECT_EQ(format(problems), "");
  return value ? value->to_json() : Json("nothing");
}

TEST(Load, ResolvesScalarsByTheCoreSchema) {
  EXPECT_EQ(json_of("[1, -2, 0, 1.5, true, False, null, ~, yes, on, 0777, 1_000]"),
            Json::parse(R"([1, -2, 0, 1.5, true, false, null, null, "yes", "on", "0777", "1_000"])"));
}

TEST(Load, KeepsNumbersThatWouldChangeAsText) {
  EXPECT_EQ(json_of("[3.10, 1e3, 0x10, +5, .inf]"), Json::parse(R"(["3.10", "1e3", "0x10", "+5", ".inf"])"));
}

TEST(Load, TakesQuotedScalarsAsText) {
  EXPECT_EQ(json_of("['1', \"true\", 'it''s', \"a\\tb\"]"), Json::parse(R"(["1", "true", "it's", "a\tb"])"));
}

TEST(Load, ExpandsAliases) { EXPECT_EQ(json_of("a: &x {k: [1, 2]}\nb: *x\n"), Json::parse(R"({"a": {"k": [1, 2]}, "b": {"k": [1, 2]}})")); }

TEST(Load, KnowsThePlaceOfEveryNode) {
  Problems problems;
  const auto value = load_yaml("a: 1\nbc:\n  - x: \"y\"\n", "f", problems);
  ASSERT_TRUE(value);
  const Value& item = value->find("bc")->items()[0];
  EXPECT_EQ(item.members()[0].mark.line, 3);
  EXPECT_EQ(item.members()[0].mark.column, 5);
  EXPECT_EQ(item.find("x")->mark().column, 8);
  EXPECT_TRUE(item.find("x")->quoted());
}

TEST(Load, FindsThePlaceOfAPath) {
  Problems problems;
  const auto root = load_yaml("os: linux\nhooks:\n  After:\n    - location: a\n      timeout: 0\n", "f", problems);
  ASSERT_TRUE(root);
  const auto place = [&](std::string_view path) {
    const auto mark = place_of(*root, path);
    return std::to_string(mark.line) + ":" + std::to_string(mark.column);
  };
  EXPECT_EQ(place("os"), "1:5");
  EXPECT_EQ(place("hooks.After[0].timeout"), "5:16");
  EXPECT_EQ(place("hooks.After"), "3:3") << "a map or a list is at its key";
  EXPECT_EQ(place("hooks.After[0].runas"), "4:7") << "what is missing is where it should be";
  EXPECT_EQ(place("version"), "1:1");
  EXPECT_EQ(place("o"), "1:1") << "os is another key";
}

TEST(Load, TakesAnEmptyFileAsNothing) {
  EXPECT_EQ(json_of(""), Json());
  EXPECT_EQ(json_of("# only a comment\n"), Json());
}

TEST(Load, AcceptsAByteOrderMarkAndCarriageReturns) {
  EXPECT_EQ(json_of("\xEF\xBB\xBF"
                    "a: 1\r\nb: x\r\n"),
            Json::parse(R"({"a": 1, "b": "x"})"));
}

TEST(Load, RefusesDuplicateKeysAndGoesOn) {
  EXPECT_EQ(problems_of("a: 1\nb: {c: 1, c: 2}\na: 2\n"),
            "f:2:11: b.c: duplicate key, the first is at line 2\n"
            "f:3:1: a: duplicate key, the first is at line 1\n");
}

TEST(Load, RefusesCycles) { EXPECT_EQ(problems_of("a: &x [*x]\n"), "f:1:8: a[0]: this alias contains itself\n"); }

TEST(Load, RefusesASecondDocument) {
  EXPECT_EQ(problems_of("a: 1\n---\nb: 2\n"), "f:2:1: a second document begins here, one is allowed in a file\n");
}

TEST(Load, RefusesUnclosedQuotes) {
  EXPECT_EQ(problems_of("a: \"abc\nb: 1\n"), "f:1:4: a: this quote (\") is never closed\n");
  EXPECT_EQ(problems_of("a: 'abc\n"), "f:1:4: a: this quote (') is never closed\n");
  EXPECT_EQ(problems_of("a: 'it''s\n"), "f:1:4: a: this quote (') is never closed\n");
  EXPECT_EQ(problems_of("a: &x \"abc\\\"\n"), "f:1:4: a: this quote (\") is never closed\n");
  EXPECT_EQ(problems_of("a: 'it''s'\nb: \"x\\\"y\"\n"), "");
}

TEST(Load, RefusesWhatIsNotText) {
  EXPECT_EQ(problems_of("a: 1\nb: \xff\n"), "f:2:1: this line is not UTF-8 text\n");
  EXPECT_EQ(problems_of(std::string_view("a: 1\nb: \0x\n", 11)), "f:2:4: control characters are not allowed\n");
}

TEST(Load, RefusesTagsAndMergeKeys) {
  EXPECT_EQ(problems_of("a: !!python/object x\n"), "f:1:4: a: tags such as \"tag:yaml.org,2002:python/object\" are not used here\n");
  EXPECT_EQ(problems_of("a: &x {b: 1}\nc: {<<: *x}\n"),
            "f:2:5: c: merge keys (<<) are not part of YAML 1.2; repeat the keys, or give the whole value as an alias\n");
}

TEST(Load, RefusesKeysThatAreNotText) { EXPECT_EQ(problems_of("? [a]\n: 1\n"), "f:1:3: a key must be a text, not a list\n"); }

TEST(Load, ExplainsWhatTheParserRefuses) {
  EXPECT_EQ(problems_of("a: b: c\n"), "f:1:5: not valid YAML: unexpected \":\" here; a text that contains \": \" must be quoted\n");
  EXPECT_EQ(problems_of("a: *nope\n"), "f:1:4: a: not valid YAML: this alias names no anchor\n");
  EXPECT_EQ(problems_of("a: [1, 2\n"), "f:1:4: a[2]: not valid YAML: a [ is never closed\n");
  EXPECT_EQ(problems_of("a:\n  - x\n b: 1\n"), "f:3:2: not valid YAML: this line is not indented like the keys above it\n");
}

TEST(Load, HoldsItsLimits) {
  EXPECT_EQ(problems_of(std::string(300 * 1024, '#')), "f: the file has 307200 bytes, 262144 are allowed\n");
  EXPECT_EQ(problems_of(std::string(40, '[') + std::string(40, ']')).find("f:1:33: "), 0u);
  std::string anchors;
  for (int i = 0; i <= 100; ++i) anchors += "k" + std::to_string(i) + ": &a" + std::to_string(i) + " x\n";
  EXPECT_EQ(problems_of(anchors), "f:101:7: k100: more than 100 anchors\n");
  std::string items;
  for (int i = 0; i < 10'001; ++i) items += "- x\n";
  EXPECT_EQ(problems_of(items), "f:10000:3: [9999]: more than 10000 values once aliases are expanded\n");
}

TEST(Load, RefusesABombQuickly) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i <= 20; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    std::string list;
    for (int k = 0; k < 9; ++k) list += (k == 0 ? "" : ", ") + alias;
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + list + "]\n";
  }
  auto best = std::chrono::steady_clock::duration::max();
  for (int i = 0; i < 10; ++i) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_NE(problems_of(bomb).find("more than 10000 values once aliases are expanded"), std::string::npos);
    best = std::min(best, std::chrono::steady_clock::now() - start);
  }
  EXPECT_LT(best, std::chrono::milliseconds(100));
}

}  // namespace
}  // namespace fairlead::pipeline
