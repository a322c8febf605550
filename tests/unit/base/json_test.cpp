// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/json.hpp"

#include <gtest/gtest.h>

#include "fairlead/base/error.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead {
namespace {

std::string refusal(std::string_view text, std::size_t max_depth = 64) {
  try {
    parse_json(text, max_depth);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid);
    return error.message();
  }
  return "accepted";
}

TEST(ParseJson, NamesLineAndColumn) {
  EXPECT_TRUE(refusal("{\n  \"a\": nope\n}").starts_with("invalid JSON at line 2, column 9: syntax error"))
      << refusal("{\n  \"a\": nope\n}");
  EXPECT_TRUE(refusal("").starts_with("invalid JSON at line 1, column 1: ")) << refusal("");
  EXPECT_TRUE(refusal("[1,").starts_with("invalid JSON at line 1, column ")) << refusal("[1,");
  EXPECT_TRUE(refusal("\"\xff\"").starts_with("invalid JSON at line 1")) << refusal("\"\xff\"");
  EXPECT_TRUE(refusal("1e999").starts_with("invalid JSON: ")) << refusal("1e999");
}

TEST(ParseJson, RefusesTooDeepBeforeBuildingIt) {
  EXPECT_EQ(refusal("[[[]]]", 2), "invalid JSON at line 1, column 3: nested deeper than 2");
  EXPECT_EQ(refusal("[[],[],{}]", 2), "accepted");
  EXPECT_EQ(refusal(R"(["[[[\"[["])", 1), "accepted");
  EXPECT_NE(refusal(std::string(1'000'000, '[')), "accepted");
}

TEST(Dump, NeverThrowsForBadText) {
  Json value = {{"a", "x\xff"}};
  EXPECT_EQ(dump(value), "{\"a\":\"x\xef\xbf\xbd\"}");
  EXPECT_TRUE(is_valid_utf8(dump(value)));
}

TEST(Lookups, FallBackWhenAbsentOrOfAnotherType) {
  Json value = parse_json(R"({"t":"x","n":-3,"f":true,"big":18446744073709551615,"real":1.5,"in":{"er":{"v":1}},"null":null})");
  EXPECT_EQ(text_at(value, "t"), "x");
  EXPECT_EQ(text_at(value, "n", "none"), "none");
  EXPECT_EQ(number_at(value, "n"), -3);
  EXPECT_EQ(number_at(value, "big", 7), 7);
  EXPECT_EQ(number_at(value, "real", 7), 7);
  EXPECT_EQ(number_at(value, "absent", 7), 7);
  EXPECT_TRUE(flag_at(value, "f"));
  EXPECT_TRUE(flag_at(value, "n", true));
  EXPECT_EQ(at_path(value, {"in", "er", "v"}), 1);
  EXPECT_TRUE(at_path(value, {"in", "t", "v"}).is_null());
  EXPECT_TRUE(member(Json("text"), "t").is_null());
  EXPECT_EQ(text_at(Json::array(), "t", "none"), "none");
}

TEST(Times, AreMicrosecondsOrNull) {
  Json value = {{"at", json_time(from_micros(5))}, {"none", json_time(std::nullopt)}};
  EXPECT_EQ(dump(value), R"({"at":5,"none":null})");
  EXPECT_EQ(time_at(value, "at"), from_micros(5));
  EXPECT_FALSE(time_at(value, "none"));
  EXPECT_FALSE(time_at(value, "absent"));
}

}  // namespace
}  // namespace fairlead
