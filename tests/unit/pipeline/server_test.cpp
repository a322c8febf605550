// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>

#include "fairlead/base/files.hpp"
#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::pipeline {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

ServerConfig parse(std::string_view text) {
  auto parsed = parse_server(text, "fairlead.yml");
  EXPECT_TRUE(parsed) << format(parsed ? Problems{} : parsed.error());
  return parsed ? *parsed : ServerConfig{};
}

std::string problems_of(std::string_view text) {
  const auto parsed = parse_server(text, "fairlead.yml");
  return parsed ? "" : format(parsed.error());
}

TEST(ParseServer, ReadsTheWholeExampleOfTheLanguage) {
  const ServerConfig c = parse(read_file(FIXTURES "/server/good/language.yml"));
  EXPECT_EQ(c.server.public_url, "https://deploy.example.com");
  EXPECT_EQ(c.server.tls->key, "tls/server.key");
  EXPECT_EQ(c.server.trusted_proxies, std::vector<std::string>{"10.0.0.0/8"});
  EXPECT_EQ(c.store.kind, StoreConfig::Kind::sqlite);
  EXPECT_EQ(c.slack->bot_token.kind, SecretRef::Kind::secret);
  EXPECT_EQ(c.slack->bot_token.name, "SLACK_BOT_TOKEN");
  EXPECT_EQ(c.webhooks.at("github").secrets[0].name, "GITHUB_WEBHOOK");
  EXPECT_EQ(c.apps.at("shop-api").folder, "services/api");
  EXPECT_EQ(c.environments.at("staging").aws->external_id, "x");

  const EnvironmentConfig& production = c.environments.at("production");
  EXPECT_EQ(production.branches, (std::vector<std::string>{"main", "release/*"}));
  EXPECT_EQ(production.queue, QueueMode::latest);
  EXPECT_EQ(production.calendar, "office-hours");
  EXPECT_TRUE(production.lock_after_rollback);
  const ApprovalConfig& approval = *production.approval;
  ASSERT_EQ(approval.require.size(), 2u);
  EXPECT_EQ(approval.require[0].from, (std::vector<std::string>{"slack:@deployers", "github:team:acme/sre"}));
  EXPECT_FALSE(approval.self_allowed);
  EXPECT_EQ(approval.exclude.size(), 3u);
  EXPECT_TRUE(approval.reject_needs_reason && !approval.approve_needs_reason);
  EXPECT_EQ(approval.expires, 4h);
  EXPECT_EQ(approval.remind, (std::vector<Duration>{30min, 2h}));
  EXPECT_EQ(approval.break_glass->notify, std::vector<std::string>{"#incidents"});

  const CalendarConfig& calendar = c.calendars.at("office-hours");
  EXPECT_EQ(calendar.zone, "Asia/Tokyo");
  EXPECT_EQ(std::get<WeekWindow>(calendar.allow[0].when).days, 0b0001111);
  EXPECT_EQ(std::get<WeekWindow>(calendar.allow[1].when).to_minute, 15 * 60);
  EXPECT_EQ(calendar.holidays, (std::vector<std::string>{"jp", "./company.ics"}));
  EXPECT_EQ(c.executors.at("big").kind, ExecutorConfig::Kind::ecs);
  EXPECT_EQ(c.roles.at(Role::viewer), std::vector<std::string>{"*"});
  EXPECT_EQ(c.notify[0].on[1], "deployment.rolled-back");
  EXPECT_EQ(c.retention.logs, 24h * 90);
  EXPECT_EQ(c.retention.runs, std::nullopt);
}

TEST(ParseServer, ExplainsEveryBadFile) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(FIXTURES "/server/bad")) {
    if (entry.path().extension() != ".yml") continue;
    EXPECT_EQ(problems_of(read_file(entry.path())), read_file(fs::path(entry.path()).replace_extension(".txt"))) << entry.path().filename();
    ++count;
  }
  EXPECT_GE(count, 1);
}

TEST(ParseServer, HasDefaultsForEverything) {
  const ServerConfig c = parse("");
  EXPECT_EQ(c.server.listen, "127.0.0.1:7070");
  EXPECT_EQ(c.data, "./data");
  EXPECT_EQ(c.executors.at("local").slots, 2);
  EXPECT_TRUE(c.roles.empty());
}

TEST(ParseServer, GivesAnApprovalSafeDefaults) {
  const ApprovalConfig approval = *parse("environments: { p: { approval: } }").environments.at("p").approval;
  ASSERT_EQ(approval.require.size(), 1u);
  EXPECT_EQ(approval.require[0].from, std::vector<std::string>{"*"});
  EXPECT_TRUE(approval.exclude.contains(Exclusion::requester) && approval.exclude.contains(Exclusion::pusher));
  EXPECT_TRUE(parse("environments: { p: { approval: { self: allow } } }").environments.at("p").approval->exclude.empty());
}

TEST(ParseServer, KnowsWhereSecretsComeFrom) {
  const ServerConfig c = parse(
      "webhooks: { github: { secret: ['literal', '${{ secrets.A }}', '${{ env.B }}', 'ssm:/c/d', "
      "'secretsmanager:arn:aws:secretsmanager:eu-west-1:1:secret:e'] } }\n"
      "store: '${{ env.DATABASE_URL }}'\n");
  const auto& secrets = c.webhooks.at("github").secrets;
  ASSERT_EQ(secrets.size(), 5u);
  EXPECT_EQ(secrets[0].kind, SecretRef::Kind::literal);
  EXPECT_EQ(secrets[0].literal.reveal(), "literal");
  EXPECT_EQ(secrets[1].name, "A");
  EXPECT_EQ(secrets[2].kind, SecretRef::Kind::env);
  EXPECT_EQ(secrets[3].name, "/c/d");
  EXPECT_EQ(secrets[4].name, "arn:aws:secretsmanager:eu-west-1:1:secret:e");
  EXPECT_EQ(c.store.kind, StoreConfig::Kind::postgresql);
  EXPECT_EQ(c.store.url.name, "DATABASE_URL");
}

TEST(ParseServer, KnowsTheKeysOfSlack) {
  const ServerConfig c = parse(
      "slack: { transport: http, signing-secret: ['${{ secrets.NEW }}', '${{ secrets.OLD }}'], client-id: '1.2', client-secret: x,\n"
      "  api-url: 'http://127.0.0.1:9000/api/' }\n");
  EXPECT_EQ(c.slack->signing_secrets.size(), 2u);
  EXPECT_EQ(c.slack->signing_secrets[1].name, "OLD");
  EXPECT_EQ(c.slack->api_url, "http://127.0.0.1:9000/api");
  EXPECT_EQ(c.slack->client_id, "1.2");
  EXPECT_FALSE(c.slack->bot_token) << "workspaces bring their own";
  EXPECT_EQ(parse("slack: { app-token: a, bot-token: b }\n").slack->api_url, "https://slack.com/api");
  for (const auto* bad :
       {"{ app-token: a }", "{ transport: http, bot-token: b }", "{ transport: http, bot-token: b, signing-secret: '' }",
        "{ transport: http, signing-secret: s, client-id: c }", "{ app-token: a, bot-token: b, client-id: c, client-secret: d }"})
    EXPECT_FALSE(parse_server("slack: " + std::string(bad) + "\n", "fairlead.yml")) << bad;
}

std::string window(std::string_view text) {
  const auto rule = parse_calendar_rule(text);
  if (!rule) return "none";
  if (const auto* week = std::get_if<WeekWindow>(&rule->when)) {
    std::string days;
    for (int day = 0; day < 7; ++day)
      if (week->days & (1 << day)) days += "mtwTfsS"[day];
    return days + " " + std::to_string(week->from_minute) + "-" + std::to_string(week->to_minute);
  }
  const auto& dates = std::get<DateWindow>(rule->when);
  return std::to_string(dates.from.time_since_epoch().count()) + "+" + std::to_string((dates.until - dates.from).count());
}

TEST(CalendarRule, ReadsDaysTimesAndDates) {
  EXPECT_EQ(window("mon-thu 10:00-17:00"), "mtwT 600-1020");
  EXPECT_EQ(window("Fri"), "f 0-1440");
  EXPECT_EQ(window("sat,sun 9:30-24:00"), "sS 570-1440");
  EXPECT_EQ(window("fri-mon 22:00-02:00"), "mfsS 1320-120");
  EXPECT_EQ(window("09:00-18:00"), "mtwTfsS 540-1080");
  EXPECT_EQ(window("1970-01-02"), "1440+1440");
  EXPECT_EQ(window("1970-01-01..1970-01-03"), "0+4320");
  EXPECT_EQ(window("1970-01-01T12:00..1970-01-02T06:00"), "720+1080");
  EXPECT_EQ(window("1970-01-01T12:00..1970-01-02"), "720+2160");
}

TEST(CalendarRule, RefusesTheRest) {
  for (const char* bad :
       {"", "mo", "mon-", "mon 10", "mon 10-17", "mon 25:00-26:00", "mon 24:00-25:00", "10:00-17:00 mon", "2026-02-30", "2026-13-01",
        "2026-01-02..2026-01-01", "2026-01-01T10:00", "2026-01-01..", "2026-01-01Tx..2026-01-02", "mon--tue", "\xff"})
    EXPECT_EQ(window(bad), "none") << bad;
}

TEST(People, AreSpelledInTheWaysOfTheLanguage) {
  for (const char* good :
       {"*", "user:qa@example.com", "token:ci", "slack:U123", "slack:@deployers", "github:octocat", "github:team:acme/sre", "local:root"})
    EXPECT_TRUE(is_person(good)) << good;
  for (const char* bad : {"", "ann", "user:", "slack:@", "github:team:acme", "github:team:/x", "email:a@b", "user:a b", "user:a:b", "*:x"})
    EXPECT_FALSE(is_person(bad)) << bad;
}

}  // namespace
}  // namespace fairlead::pipeline
