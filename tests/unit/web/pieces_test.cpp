// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "fairlead/pipeline/server_config.hpp"
#include "fairlead/web/web.hpp"
#include "web/fields.hpp"
#include "web/log_follow.hpp"
#include "web/log_range.hpp"
#include "web/metrics.hpp"
#include "web/rate_limit.hpp"
#include "web/route.hpp"
#include "web/tokens.hpp"

namespace fairlead::web {
namespace {

Awaitable<net::Response> nothing(Call&) { co_return net::Response{}; }

template <class Table>
concept AcceptsARouteWithoutAccess = requires(Table table) { table.add("GET", "/x", &nothing, RouteDoc{}); };
template <class Table>
concept AcceptsARoute = requires(Table table) { table.template add<Access::viewer>("GET", "/x", &nothing, RouteDoc{}); };
static_assert(AcceptsARoute<Routes> && !AcceptsARouteWithoutAccess<Routes>, "a route that declares no access must not compile");

TEST(Routes, LiteralSegmentsWinOverParameters) {
  Routes table;
  table.add<Access::viewer>("GET", "/a/{x}", &nothing, {.summary = "one"});
  table.add<Access::admin>("GET", "/a/next", &nothing, {.summary = "two"});
  table.add<Access::admin>("DELETE", "/a/{x}", &nothing, {.summary = "three"});
  EXPECT_EQ(table.find("GET", {"a", "next"}).route->doc.summary, "two");
  const auto match = table.find("GET", {"a", "b"});
  EXPECT_EQ(match.route->doc.summary, "one");
  EXPECT_EQ(match.parameters.at(0).second, "b");
  EXPECT_EQ(table.find("HEAD", {"a", "b"}).route, match.route);
  EXPECT_EQ(table.find("PUT", {"a", "b"}).allow, "DELETE, GET");
  EXPECT_TRUE(table.find("GET", {"a"}).allow.empty());
}

TEST(Routes, AParameterMayHaveASuffix) {
  Routes table;
  table.add<Access::none>("GET", "/badges/{env}.svg", &nothing, {.summary = "badge"});
  EXPECT_EQ(table.find("GET", {"badges", "a.b.svg"}).parameters.at(0).second, "a.b");
  EXPECT_EQ(table.find("GET", {"badges", ".svg"}).route, nullptr);
  EXPECT_EQ(table.find("GET", {"badges", "a.png"}).route, nullptr);
}

TEST(Routes, NoTwoRoutesAnswerTheSame) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const auto& route : routes().all()) EXPECT_TRUE(seen.emplace(route.method, route.pattern).second) << route.pattern;
}

TEST(Routes, OnlyGetIsReadOnlyAndNothingOpenChangesStateButHooks) {
  for (const auto& route : routes().all()) {
    if (route.access == Access::none && route.method != "GET") {
      const bool hook = route.pattern.starts_with("/hooks/") || route.pattern.starts_with("/slack");
      EXPECT_TRUE(hook || route.pattern == "/sign-in") << route.pattern;
    }
  }
}

TEST(OpenApi, DescribesEveryRoute) {
  const auto document = openapi("https://x");
  for (const auto& line : route_lines()) {
    std::string method = line.method;
    for (auto& c : method) c = static_cast<char>(std::tolower(c));
    const auto& operation = document.at("paths").at(line.pattern).at(method);
    EXPECT_EQ(operation.at("x-fairlead-role"), line.access) << line.pattern;
    EXPECT_FALSE(operation.at("summary").get<std::string>().empty());
  }
  const auto text = document.dump();
  for (std::size_t at = text.find("#/components/schemas/"); at != std::string::npos; at = text.find("#/components/schemas/", at + 1)) {
    const auto name = text.substr(at + 21, text.find('"', at) - at - 21);
    EXPECT_TRUE(document.at("components").at("schemas").contains(name)) << name;
  }
}

struct RangeCase {
  const char* header;
  ByteRange::Kind kind;
  std::uint64_t offset, length;
};
class Ranges : public testing::TestWithParam<RangeCase> {};

TEST_P(Ranges, AreReadAsTheRfcSays) {
  const auto range = read_range(GetParam().header, 1000);
  EXPECT_EQ(range.kind, GetParam().kind) << GetParam().header;
  EXPECT_EQ(range.offset, GetParam().offset);
  EXPECT_EQ(range.length, GetParam().length);
}

using enum ByteRange::Kind;
INSTANTIATE_TEST_SUITE_P(Headers, Ranges,
                         testing::Values(RangeCase{"", whole, 0, 1000}, RangeCase{"bytes=0-0", part, 0, 1},
                                         RangeCase{"bytes=10-19", part, 10, 10}, RangeCase{"bytes=990-", part, 990, 10},
                                         RangeCase{"bytes=990-5000", part, 990, 10}, RangeCase{"bytes=-10", part, 990, 10},
                                         RangeCase{"bytes=-5000", part, 0, 1000}, RangeCase{"bytes=-0", unsatisfiable, 0, 0},
                                         RangeCase{"bytes=1000-", unsatisfiable, 0, 0}, RangeCase{"bytes=0-1,5-6", whole, 0, 1000},
                                         RangeCase{"bytes=5-4", whole, 0, 1000}, RangeCase{"bytes=x-", whole, 0, 1000},
                                         RangeCase{"bytes=-", whole, 0, 1000}, RangeCase{"lines=1-2", whole, 0, 1000},
                                         RangeCase{"bytes=--5", whole, 0, 1000}, RangeCase{"bytes=99999999999999999999-", whole, 0, 1000}));

TEST(LogPieces, EndAtLinesOrCharacters) {
  EXPECT_EQ(sendable("one\ntwo", false), 4u);
  EXPECT_EQ(sendable("one\ntwo", true), 7u);
  EXPECT_EQ(sendable("", false), 0u);
  EXPECT_EQ(sendable("abc", false), 3u);
  EXPECT_EQ(sendable("ab\xc3\xa4", false), 4u);
  EXPECT_EQ(sendable("ab\xc3", false), 2u);
  EXPECT_EQ(sendable("ab\xe2\x82", false), 2u);
  EXPECT_EQ(sendable("ab\xf0\x9f\x98", false), 2u);
  EXPECT_EQ(sendable("ab\x80\x80\x80\x80", false), 6u);
}

TEST(Tokens, TextIsReadStrictly) {
  const auto text = read_token("fl_0123456789abcdef_se_cr-et");
  ASSERT_TRUE(text);
  EXPECT_EQ(text->id, "0123456789abcdef");
  EXPECT_EQ(text->secret, "se_cr-et");
  for (const char* bad : {"", "fl_", "fl_0123456789abcdef", "fl_0123456789abcdef_", "xx_0123456789abcdef_s", "fl_0123_s"})
    EXPECT_FALSE(read_token(bad)) << bad;
}

TEST(Fields, RefuseUnknownMembersAndWrongTypes) {
  EXPECT_THROW(Fields(R"({"reson":"x"})", {"reason"}), Error);
  EXPECT_THROW(Fields("[]", {}), Error);
  EXPECT_THROW(Fields("{", {}), Error);
  const Fields fields(R"({"text":"t","flag":true,"time":"2026-11-20T03:04:05Z","span":"2h","list":["a"],"number":5})",
                      {"text", "flag", "time", "span", "list", "number"});
  EXPECT_EQ(fields.text("text"), "t");
  EXPECT_TRUE(fields.flag("flag"));
  EXPECT_EQ(format_time(*fields.time("time")), "2026-11-20T03:04:05.000Z");
  EXPECT_EQ(fields.duration("span"), Duration(std::chrono::hours(2)));
  EXPECT_EQ(fields.texts("list").size(), 1u);
  EXPECT_THROW(fields.text("number"), Error);
  EXPECT_THROW(fields.flag("text"), Error);
  EXPECT_THROW(fields.time("text"), Error);
  EXPECT_THROW(fields.duration("text"), Error);
  EXPECT_THROW(fields.texts("text"), Error);
  EXPECT_THROW(fields.required_text("none"), Error);
  EXPECT_EQ(Fields("", {"a"}).text("a", "b"), "b");
}

TEST(RateLimiter, GivesABurstAndThenARate) {
  RateLimiter limiter(3, 0.5);
  const auto start = RateLimiter::Clock::now();
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(limiter.take("a", start)) << i;
  EXPECT_EQ(limiter.take("a", start), 2);
  EXPECT_EQ(limiter.take("a", start + std::chrono::seconds(1)), 1);
  EXPECT_FALSE(limiter.take("b", start));
  EXPECT_FALSE(limiter.take("a", start + std::chrono::seconds(2)));
  EXPECT_EQ(limiter.take("a", start + std::chrono::seconds(2)), 2);
  EXPECT_FALSE(limiter.take("a", start + std::chrono::hours(1)));
}

TEST(Metrics, EscapeLabelsAndAddUpBuckets) {
  Metrics metrics;
  metrics.count("GET", "/x", 200, std::chrono::milliseconds(2));
  metrics.count("GET", "/x", 404, std::chrono::milliseconds(60));
  MetricsText out;
  metrics.write(out);
  out.sample("odd", {{"l", "a\"b\\c\nd"}}, 1.5);
  EXPECT_NE(out.text().find("fairlead_http_requests_total{route=\"GET /x\",status=\"404\"} 1\n"), std::string::npos) << out.text();
  EXPECT_NE(out.text().find("fairlead_http_request_seconds_bucket{le=\"0.005\",route=\"GET /x\"} 1\n"), std::string::npos);
  EXPECT_NE(out.text().find("fairlead_http_request_seconds_bucket{le=\"+Inf\",route=\"GET /x\"} 2\n"), std::string::npos);
  EXPECT_NE(out.text().find("odd{l=\"a\\\"b\\\\c\\nd\"} 1.5\n"), std::string::npos);
}

pipeline::ServerConfig config_with(const std::string& roles) {
  auto parsed = pipeline::parse_server(
      "apps: { a: { repository: 'https://x/a' } }\nenvironments: { p: { approval: { require: [ { from: ['user:lead@x', 'slack:@leads'] } ] "
      "} } }\n" +
          roles,
      "f");
  return parsed.value();
}

engine::Person person(const std::string& id, std::set<std::string> groups = {}) {
  return {.id = id, .aliases = {}, .groups = std::move(groups)};
}

TEST(Access, WithoutRolesOnlyLocalUsersAct) {
  const auto config = config_with("");
  EXPECT_EQ(access_of(person("local:root"), config), Access::admin);
  EXPECT_EQ(access_of(person("user:lead@x"), config), Access::viewer);
  EXPECT_EQ(access_of_token(person("token:ci"), Access::admin, config), Access::viewer);
}

TEST(Access, RolesDecideAndAbsenceDenies) {
  const auto config = config_with("roles: { admin: ['user:ops@x'], deployer: ['slack:@engineers', 'local:jo', 'token:ci'] }\n");
  EXPECT_EQ(access_of(person("user:ops@x"), config), Access::admin);
  EXPECT_EQ(access_of(person("slack:U1", {"slack:@engineers"}), config), Access::deployer);
  EXPECT_EQ(access_of(person("user:nobody@x"), config), Access::none);
  EXPECT_EQ(access_of(person("user:lead@x"), config), Access::approver);
  EXPECT_EQ(access_of(person("user:a@x", {"slack:@leads"}), config), Access::approver);
  EXPECT_EQ(access_of(person("local:root"), config), Access::admin);
  EXPECT_EQ(access_of(person("local:jo"), config), Access::deployer);
  EXPECT_EQ(access_of_token(person("token:ci"), Access::admin, config), Access::deployer);
  EXPECT_EQ(access_of_token(person("token:ci"), Access::viewer, config), Access::viewer);
  EXPECT_EQ(access_of_token(person("token:other"), Access::deployer, config), Access::deployer);
}

TEST(Access, AnyoneGivesARoleButMakesNobodyAnApprover) {
  const auto config = config_with("roles: { viewer: ['*'] }\n");
  EXPECT_EQ(access_of(person("user:nobody@x"), config), Access::viewer);
  EXPECT_EQ(access_of(person("local:root"), config), Access::admin);
}

}  // namespace
}  // namespace fairlead::web
