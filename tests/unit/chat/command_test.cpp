// SPDX-License-Identifier: Apache-2.0
#include "fairlead/chat/command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "fairlead/base/error.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::chat::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Vocabulary known{.apps = {"shop-api", "shop-web", "billing"}, .environments = {"staging", "production"}, .genova = false};

Command said(std::string_view text) {
  const auto command = parse_command(text, known);
  if (!command) {
    ADD_FAILURE() << text << ": " << command.error().sentence << " | " << command.error().hint;
    return {};
  }
  return *command;
}

Misunderstanding refused(std::string_view text, const Vocabulary& words = known) {
  const auto command = parse_command(text, words);
  if (command) {
    ADD_FAILURE() << text << " was understood as " << to_text(*command);
    return {};
  }
  return command.error();
}

std::vector<std::string> commands(const Misunderstanding& why) {
  std::vector<std::string> list;
  for (const auto& choice : why.choices) list.push_back(choice.command);
  return list;
}

TEST(Grammar, ADeployIsSaidInManyWays) {
  const Command wanted{.verb = Verb::deploy, .app = "shop-api", .environment = "production"};
  for (const auto* text :
       {"shop-api production", "deploy shop-api production", "deploy shop-api to production", "/deploy shop-api production",
        "/deploy deploy shop-api on production", "<@UBOT> deploy shop-api production", "<@UBOT|fairlead> shop-api production",
        "Deploy Shop-API to Production", "production shop-api", "deploy \"shop-api\" production now",
        "deploy\xC2\xA0shop-api\xE3\x80\x80production", "<@UBOT> /deploy shop-api production please"})
    EXPECT_EQ(said(text), wanted) << text;
}

TEST(Grammar, NothingOpensThePicker) {
  for (const auto* text : {"", "   ", "deploy", "/deploy", "<@UBOT>", "\xC2\xA0"}) EXPECT_EQ(said(text).verb, Verb::picker) << text;
}

TEST(Grammar, ARefHoldsSlashesAndNothingIsCutThere) {
  EXPECT_EQ(said("shop-api staging @feature/login").ref, "feature/login");
  EXPECT_EQ(said("shop-api staging @refs/heads/feature/a#b").ref, "refs/heads/feature/a#b");
  EXPECT_EQ(said("shop-api staging ref:release/1.4").ref, "release/1.4");
  EXPECT_EQ(said("shop-api staging --ref=release/1.4").ref, "release/1.4");
  EXPECT_EQ(said("shop-api staging release/1.4").ref, "release/1.4");
  EXPECT_EQ(said("shop-api staging @ \xE2\x80\x9Cmain\xE2\x80\x9D").ref, "main");
  EXPECT_EQ(said("shop-api staging `main`").ref, "main");
  EXPECT_EQ(said("shop-api staging @a&amp;b").ref, "a&b");
  EXPECT_THAT(refused("shop-api/feature staging").sentence, HasSubstr("shop-api/feature"));
}

TEST(Grammar, WhatSlackMadeOfAtSignsHashesAndNamesIsUndone) {
  EXPECT_EQ(said("shop-api staging <@U7|main>").ref, "main");
  EXPECT_EQ(said("shop-api staging @<http://v1.example.com|v1.example.com>").ref, "v1.example.com");
  EXPECT_EQ(said("shop-api staging <#C7|41>").run, "shop-api#41");
  EXPECT_EQ(said("shop-api staging -- see <https://bugs.example.com/7|https://bugs.example.com/7>, <@U1|ann> &amp; <#C1|ops>").reason,
            "see https://bugs.example.com/7, @ann & #ops");
  EXPECT_EQ(said("shop-api staging -- <https://evil.example.com|https://good.example.com>").reason, "https://evil.example.com");
  EXPECT_EQ(said("history by <@U9|ann>").by, "slack:U9");
}

TEST(Grammar, RunsAreNamedByNumberIdLinkOrLatest) {
  EXPECT_EQ(said("shop-api staging #41").run, "shop-api#41");
  EXPECT_EQ(said("shop-api staging shop-api#41").run, "shop-api#41");
  EXPECT_EQ(said("approve Shop-Api#42").run, "shop-api#42");
  EXPECT_EQ(said("approve shop-api #42 fine"), (Command{.verb = Verb::approve, .run = "shop-api#42", .reason = "fine"}));
  EXPECT_EQ(said("status shop-api #42").verb, Verb::show);
  EXPECT_EQ(said("cancel latest:billing").run, "latest:billing");
  const std::string id = "0192aaaa-bbbb-7ccc-8ddd-eeeeffff0000";
  EXPECT_EQ(said("retry " + id).run, id);
  EXPECT_EQ(said("retry <https://fairlead.example.com/runs/" + id + ">").run, id);
  EXPECT_THAT(commands(refused("approve #42")), ElementsAre("approve shop-api#42", "approve shop-web#42", "approve billing#42"));
  const Vocabulary one{.apps = {"shop"}, .environments = {}};
  EXPECT_EQ(parse_command("approve #42", one)->run, "shop#42");
  EXPECT_EQ(parse_command("approve 42 fine", one)->run, "shop#42");
}

TEST(Grammar, AReasonIsKeptAsItWasWritten) {
  EXPECT_EQ(said("shop-api staging -- it's a \"test\"").reason, "it's a \"test\"");
  EXPECT_EQ(said("shop-api staging \xE2\x80\x94 it\xE2\x80\x99s late").reason, "it\xE2\x80\x99s late");
  EXPECT_EQ(said("shop-api staging --reason \xE2\x80\x9Cmove on\xE2\x80\x9D").reason, "move on");
  EXPECT_EQ(said("shop-api staging --reason=\"move on\"").reason, "move on");
  EXPECT_EQ(said("shop-api staging because we must").reason, "we must");
  EXPECT_EQ(said("approve shop-api#42 looks good, all of it").reason, "looks good, all of it");
  EXPECT_EQ(said("reject shop-api#42 -- not today").reason, "not today");
  EXPECT_EQ(said("shop-api staging -- \xE3\x83\x90\xE3\x82\xB0").reason, "\xE3\x83\x90\xE3\x82\xB0");
}

TEST(Grammar, ALaterOrRecurringDeployNamesItsTime) {
  const auto at = said("shop-api production at 22:00 Asia/Tokyo -- quiet hours");
  EXPECT_EQ(at.at->minute, 22 * 60);
  EXPECT_EQ(at.at->zone, "Asia/Tokyo");
  EXPECT_EQ(at.reason, "quiet hours");
  EXPECT_EQ(said("shop-api production at tomorrow 9:30").at->day, "tomorrow");
  EXPECT_EQ(said("shop-api production at 9pm friday").at->day, "fri");
  EXPECT_EQ(said("shop-api production at \"2026-11-20 22:00\" @main").at->day, "2026-11-20");
  EXPECT_EQ(said("shop-api production at 2026-11-20T22:00:00+09:00").at->exact, parse_time("2026-11-20T13:00:00Z"));
  EXPECT_EQ(said("shop-api production in 2h").at->in, std::chrono::hours(2));
  EXPECT_EQ(said("shop-api production every \xE2\x80\x9C"
                 "0 22 * * 1\xE2\x80\x93"
                 "4\xE2\x80\x9D")
                .cron,
            "0 22 * * 1-4");
  EXPECT_EQ(said("shop-api production every 0 22 * * mon-fri @main").cron, "0 22 * * mon-fri");
  EXPECT_EQ(said("shop-api production every 0 22 * * mon-fri Asia/Tokyo").zone, "Asia/Tokyo");
  EXPECT_THAT(refused("shop-api production at noonish").sentence, HasSubstr("noonish"));
  EXPECT_THAT(refused("shop-api production every \"* *\"").sentence, HasSubstr("cron"));
  EXPECT_THAT(refused("shop-api production at 25:00").sentence, HasSubstr("25:00"));
}

TEST(Grammar, TheInstantIsOfTheNamedZoneElseOfThePersons) {
  const auto now = *parse_time("2026-11-20T14:00:00Z");
  const auto at = [&](const std::string& text, const std::string& zone) {
    return format_time(instant_of(*said("shop-api production at " + text).at, now, zone));
  };
  EXPECT_EQ(at("22:00", "Asia/Tokyo"), "2026-11-21T13:00:00.000Z");  // it is 23:00 there
  EXPECT_EQ(at("23:30", "Asia/Tokyo"), "2026-11-20T14:30:00.000Z");
  EXPECT_EQ(at("22:00 UTC", "Asia/Tokyo"), "2026-11-20T22:00:00.000Z");
  EXPECT_EQ(at("22:00", ""), "2026-11-20T22:00:00.000Z");
  EXPECT_EQ(at("fri 13:00", ""), "2026-11-27T13:00:00.000Z");
  EXPECT_EQ(at("tomorrow 9am", "America/New_York"), "2026-11-21T14:00:00.000Z");
  EXPECT_THROW(at("2026-11-20 13:00", ""), Error);
  EXPECT_THROW(at("22:00", "Mars/Olympus"), Error);
}

TEST(Grammar, LocksTakeAnAppASpanAndAReason) {
  auto lock = said("lock production shop-api for 2h moving the database");
  EXPECT_EQ(lock.app, "shop-api");
  EXPECT_EQ(lock.span, std::chrono::hours(2));
  EXPECT_EQ(lock.reason, "moving the database");
  lock = said("lock shop-api production moving for 2h");
  EXPECT_EQ(lock.environment, "production");
  EXPECT_EQ(lock.reason, "moving");
  EXPECT_EQ(lock.span, std::chrono::hours(2));
  lock = said("lock production waiting for the vendor");
  EXPECT_EQ(lock.app, "");
  EXPECT_EQ(lock.reason, "waiting for the vendor");
  EXPECT_EQ(said("lock production until 18:00 release train").until->minute, 18 * 60);
  EXPECT_THAT(refused("lock production").sentence, HasSubstr("why"));
  EXPECT_EQ(said("unlock production shop-api").app, "shop-api");
  const auto freeze = said("freeze all until 2027-01-04 09:00 end of the year");
  EXPECT_EQ(freeze.environment, "*");
  EXPECT_EQ(freeze.reason, "end of the year");
  EXPECT_EQ(said("freeze remove f1").verb, Verb::unfreeze);
  EXPECT_EQ(said("freezes").verb, Verb::locks);
}

TEST(Grammar, EveryOtherCommand) {
  EXPECT_EQ(said("status"), (Command{.verb = Verb::status}));
  EXPECT_EQ(said("status production"), (Command{.verb = Verb::status, .environment = "production"}));
  EXPECT_EQ(said("status shop-api#42"), (Command{.verb = Verb::show, .run = "shop-api#42"}));
  EXPECT_EQ(said("where is billing"), (Command{.verb = Verb::where, .app = "billing"}));
  EXPECT_EQ(said("diff shop-api production main").ref, "main");
  EXPECT_EQ(said("history shop-api staging before shop-api#9").before, "shop-api#9");
  EXPECT_EQ(said("history production"), (Command{.verb = Verb::history, .environment = "production"}));
  EXPECT_EQ(said("queue").verb, Verb::queue);
  EXPECT_EQ(
      said("rollback shop-api production to #39 -- empty cart"),
      (Command{.verb = Verb::rollback, .app = "shop-api", .environment = "production", .run = "shop-api#39", .reason = "empty cart"}));
  EXPECT_EQ(said("roll back shop-api production").verb, Verb::rollback);
  EXPECT_EQ(said("logs shop-api#42 unit/0").job, "unit/0");
  EXPECT_EQ(said("logs shop-api").run, "latest:shop-api");
  EXPECT_TRUE(said("retry shop-api#42 all").all);
  EXPECT_EQ(said("approve shop-api#42 --stage production ok").stage, "production");
  EXPECT_EQ(said("approve shop-api"), (Command{.verb = Verb::approve, .app = "shop-api"}));
  EXPECT_THAT(said("subscribe production failure,approvals").events, ElementsAre("failure", "approval"));
  EXPECT_TRUE(said("unsubscribe all").all);
  EXPECT_EQ(said("promote shop-api staging to production").from, "staging");
  EXPECT_EQ(said("help lock").topic, "lock");
  EXPECT_EQ(said("?").verb, Verb::help);
  EXPECT_EQ(said("whoami").verb, Verb::whoami);
  EXPECT_EQ(said("link").verb, Verb::link);
  EXPECT_EQ(said("plan shop-api staging @x").verb, Verb::plan);
  EXPECT_EQ(said("shop-api staging @x --dry-run").verb, Verb::plan);
}

TEST(Grammar, UnknownWordsSuggestTheNearestAsCommandsToPress) {
  EXPECT_THAT(commands(refused("stauts shop-api")), testing::Contains("status shop-api"));
  EXPECT_THAT(commands(refused("deploy shopapi to production @x -- y")), testing::Contains("deploy shop-api to production @x -- y"));
  EXPECT_THAT(commands(refused("deploy shop production")), ElementsAre("deploy shop-api production", "deploy shop-web production"));
  EXPECT_THAT(commands(refused("deploy shop-api prod")), ElementsAre("deploy shop-api production"));
  EXPECT_THAT(commands(refused("deploy shop-api @main")), ElementsAre("deploy shop-api staging @main", "deploy shop-api production @main"));
  EXPECT_THAT(commands(refused("shop-api production fixes the cart")), ElementsAre("shop-api production -- fixes the cart"));
  EXPECT_EQ(said("shop-api production -- fixes the cart").reason, "fixes the cart");
  EXPECT_THAT(commands(refused("help rolback")), testing::Contains("help rollback"));
  EXPECT_THAT(refused("xyzzy").hint, HasSubstr("help"));
}

TEST(Grammar, GenovaMentionsAreUnderstoodWhenAsked) {
  auto words = known;
  words.genova = true;
  const auto deploy = parse_command("<@UBOT> deploy:service repository=acme/shop-api branch=main cluster=staging service=api", words);
  ASSERT_TRUE(deploy);
  EXPECT_EQ(*deploy, (Command{.verb = Verb::deploy, .app = "shop-api", .environment = "staging", .ref = "main", .confirm = true}));
  EXPECT_EQ(parse_command("deploy repository=billing tag=v1 target=production", words)->ref, "v1");
  EXPECT_EQ(parse_command(
                "deploy:scheduled-task repository=billing branch=main cluster=staging scheduled_task_rule=r scheduled-task-target=t", words)
                ->app,
            "billing");
  EXPECT_EQ(parse_command("history", words)->by, "me");
  EXPECT_EQ(parse_command("redeploy", words)->verb, Verb::redeploy);
  EXPECT_EQ(parse_command("version", words)->verb, Verb::version);
  EXPECT_EQ(parse_command("deploy", words)->verb, Verb::picker);
  EXPECT_THAT(refused("deploy:nothing", words).hint, HasSubstr("run-task"));
  EXPECT_THAT(commands(refused("deploy:service repositry=billing", words)), ElementsAre("deploy:service repository=billing"));
  EXPECT_THAT(refused("deploy:service repository=billing").sentence, HasSubstr("deploy:service"));
}

TEST(Grammar, HelpHasOneLineForEveryCommandAndItsExamplesAreUnderstood) {
  for (const auto& entry : command_help()) {
    EXPECT_EQ(help_of(entry.word), &entry);
    for (const auto& example : entry.examples) {
      const auto command = parse_command(example, known);
      ASSERT_TRUE(command) << example << ": " << command.error().sentence;
      EXPECT_EQ(command->verb, entry.verb) << example;
    }
  }
}

TEST(Grammar, ACommandAsTextIsTheSameCommand) {
  for (const auto* text :
       {"deploy shop-api production @feature/\"x -- a 'b' &amp; \"c\"", "shop-api staging #4 -- <@U1|ann>",
        "rollback shop-api staging to #3 -- x", "approve shop-api#42 --stage production fine & good", "lock production shop-api for 2h a b",
        "freeze all until tomorrow 9:00 holidays", "history shop-api production by me before shop-api#3",
        "shop-api production every \"0 22 * * 1-4\" Asia/Tokyo", "logs shop-api#3 unit/1", "shop-api production at 22:00 Asia/Tokyo",
        "subscribe production failure", "unsubscribe all", "status shop-api", "help lock"}) {
    const auto command = said(text);
    EXPECT_EQ(said(to_text(command)), command) << text << " -> " << to_text(command);
  }
}

/// Pieces of commands, of Slack's markup and of what attackers send, in any order.
TEST(Grammar, RandomTextNeverBreaksItAndSuggestionsAreCommands) {
  const std::vector<std::string> pieces{"deploy",
                                        "shop-api",
                                        "production",
                                        "@",
                                        "#4",
                                        "--",
                                        "\"",
                                        "'",
                                        "`",
                                        "<@U1|",
                                        "<@U1|x>",
                                        "<",
                                        ">",
                                        "|",
                                        "&amp;",
                                        "&",
                                        "\xE2\x80\x9C",
                                        "\xE2\x80\x94",
                                        "at",
                                        "22:00",
                                        "every",
                                        "* * * * *",
                                        "for",
                                        "2h",
                                        "until",
                                        "lock",
                                        "approve",
                                        "to",
                                        "=",
                                        "deploy:service",
                                        "repository=",
                                        "\xFF",
                                        "\xC3",
                                        "\xE2\x80\xAE",
                                        "\xF0\x9F\x9A\x80",
                                        "<https://x|y>",
                                        "<!channel>",
                                        "latest:",
                                        "\\\"",
                                        "\n",
                                        std::string(1, '\0'),
                                        "99999999999999999999",
                                        "#0",
                                        "-",
                                        "history",
                                        "by",
                                        "/",
                                        "shop",
                                        "subscribe",
                                        "freeze",
                                        "all",
                                        "stage:",
                                        "help",
                                        "--reason=",
                                        "in",
                                        "tomorrow"};
  std::mt19937 random(4);
  std::size_t understood = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string text;
    const auto count = random() % 12;
    for (std::size_t i = 0; i < count; ++i) text += pieces[random() % pieces.size()] + (random() % 3 ? " " : "");
    auto words = known;
    words.genova = random() % 2;
    const auto command = parse_command(text, words);
    if (command) {
      ++understood;
      auto again = *command;
      again.confirm = false;
      EXPECT_EQ(parse_command(to_text(again), known).value_or(Command{}), again) << text << " -> " << to_text(again);
      EXPECT_TRUE(is_valid_utf8(command->reason + command->ref)) << text;
      continue;
    }
    EXPECT_FALSE(command.error().sentence.empty());
    EXPECT_LE(command.error().choices.size(), 10U);
  }
  EXPECT_GT(understood, 100U);
}

TEST(Grammar, AVeryLongTextIsRefused) {
  EXPECT_THAT(refused(std::string(9000, 'a')).sentence, HasSubstr("longer"));
  EXPECT_FALSE(parse_command(std::string(7999, '"'), known));
  EXPECT_FALSE(parse_command(std::string(7999, '<'), known));
  std::string quotes;
  while (quotes.size() < 7900) quotes += "'a ";
  EXPECT_FALSE(parse_command(quotes, known));
}

}  // namespace
}  // namespace fairlead::chat::test
