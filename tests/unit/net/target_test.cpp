// SPDX-License-Identifier: Apache-2.0
#include "fairlead/net/target.hpp"

#include <gtest/gtest.h>

#include "fairlead/base/strings.hpp"

namespace fairlead::net {
namespace {

TEST(Target, DecodesSegmentsAndQuery) {
  const auto target = parse_target("/api/v1/apps/shop%20api?limit=5&q=a+b%26c&flag");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/api/v1/apps/shop api");
  EXPECT_EQ(target->segments, (std::vector<std::string>{"api", "v1", "apps", "shop api"}));
  EXPECT_EQ(target->query.text("limit"), "5");
  EXPECT_EQ(target->query.text("q"), "a b&c");
  EXPECT_EQ(target->query.get("flag"), "");
  EXPECT_FALSE(target->query.get("none"));
}

TEST(Target, RootHasNoSegments) {
  const auto target = parse_target("/");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/");
  EXPECT_TRUE(target->segments.empty());
}

TEST(Target, OneTrailingSlashOnlyWhereItIsAllowed) {
  EXPECT_FALSE(parse_target("/v2/"));
  const auto target = parse_target("/v2/?a=1", true);
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/v2");
  EXPECT_FALSE(parse_target("/v2//", true));
  EXPECT_FALSE(parse_target("//", true));
}

class RefusedTarget : public testing::TestWithParam<const char*> {};

TEST_P(RefusedTarget, IsRefused) { EXPECT_FALSE(parse_target(GetParam())) << GetParam(); }

INSTANTIATE_TEST_SUITE_P(Ambiguous, RefusedTarget,
                         testing::Values("", "api", "*", "http://x/y", "/..", "/a/../b", "/a/./b", "/%2e%2e/b", "/a/%2E%2e", "/.", "//",
                                         "//a", "/a//b", "/a/", "/a;x=1", "/a%3bx", "/a%2fb", "/a%2Fb", "/a%5cb", "/a\\b", "/a%00b",
                                         "/a%0ab", "/a%7f", "/a%", "/a%4", "/a%zz", "/a%ff", "/%c0%ae%c0%ae/x", "/a#b", "/a b", "/a\tb",
                                         "/a?b\x01"));

TEST(Query, KeepsBrokenEscapesAsText) {
  const auto query = parse_query("a=%zz&&=x&b=1=2");
  EXPECT_EQ(query.text("a"), "%zz");
  EXPECT_EQ(query.text(""), "x");
  EXPECT_EQ(query.text("b"), "1=2");
}

TEST(Headers, CompareNamesWithoutCase) {
  Headers headers{{"X-One", "1"}, {"x-one", "2"}};
  EXPECT_EQ(headers.get("X-ONE"), "1");
  headers.set("x-ONE", "3");
  EXPECT_EQ(headers.size(), 1u);
  EXPECT_EQ(headers.get("x-one"), "3");
  EXPECT_FALSE(headers.has("x-on"));
}

}  // namespace
}  // namespace fairlead::net
