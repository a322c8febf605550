// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "fairlead/pipeline/plan.hpp"

namespace fairlead::pipeline {
namespace {

Definition with_on(const std::string& on) {
  auto parsed = parse_pipeline((on.empty() ? "" : "on: " + on + "\n") + "jobs: { t: { steps: [x] } }", ".fairlead.yml");
  EXPECT_TRUE(parsed) << format(parsed ? Problems{} : parsed.error());
  return parsed ? *parsed : Definition{};
}

TriggerFacts push(std::string branch, std::optional<std::vector<std::string>> changed = {}, std::string message = "Fix it") {
  TriggerFacts facts;
  facts.branch = std::move(branch);
  facts.changed_paths = std::move(changed);
  facts.message = std::move(message);
  return facts;
}

std::string verdict(const Definition& definition, const TriggerFacts& facts) {
  const Verdict v = match_trigger(definition, facts);
  return (v.accepted ? "accepted" : "ignored") + (v.reason.empty() ? "" : ": " + v.reason);
}

TEST(Trigger, RunsForPushesAndPullRequestsByDefault) {
  EXPECT_EQ(verdict(with_on(""), push("any/branch")), "accepted");
  TriggerFacts facts = push("main");
  facts.kind = TriggerKind::pull_request;
  EXPECT_EQ(verdict(with_on(""), facts), "accepted");
  facts.kind = TriggerKind::tag;
  EXPECT_EQ(verdict(with_on(""), facts), "ignored: the pipeline does not run for a tag (on: has none)");
  facts.kind = TriggerKind::command;
  EXPECT_EQ(verdict(with_on(""), facts), "accepted");
  EXPECT_EQ(verdict(with_on("{ push: true, command: false }"), facts), "ignored: the pipeline is not started by hand (on: command: false)");
}

TEST(Trigger, MatchesBranches) {
  const Definition d = with_on("{ push: { branches: [main, 'release/*', '!release/old'] } }");
  EXPECT_EQ(verdict(d, push("main")), "accepted");
  EXPECT_EQ(verdict(d, push("release/1")), "accepted");
  EXPECT_EQ(verdict(d, push("release/old")), "ignored: branch release/old is not among on.push.branches (main, release/*, !release/old)");
  EXPECT_EQ(verdict(d, push("release/1/2")).substr(0, 7), "ignored");
  EXPECT_EQ(verdict(with_on("{ push: { branches: ['!wip/**'] } }"), push("x/y")), "accepted");
  EXPECT_EQ(verdict(with_on("{ push: { branches: ['!wip/**'] } }"), push("wip/y")).substr(0, 7), "ignored");
}

TEST(Trigger, MatchesTags) {
  const Definition d = with_on("{ tag: ['v*'] }");
  TriggerFacts facts;
  facts.kind = TriggerKind::tag;
  facts.tag = "v1.2";
  facts.message = "[skip ci]";
  facts.changed_paths = std::vector<std::string>{};
  EXPECT_EQ(verdict(d, facts), "accepted");
  facts.tag = "x";
  EXPECT_EQ(verdict(d, facts), "ignored: tag x is not among on.tag (v*)");
}

TEST(Trigger, FiltersByChangedPaths) {
  const Definition d = with_on("{ push: { paths: ['src/**', '!src/**/*.md', Dockerfile], ignore-paths: ['src/gen/**'] } }");
  EXPECT_EQ(verdict(d, push("main", {{"README.md", "src/a.c"}})), "accepted");
  EXPECT_EQ(verdict(d, push("main", {{"Dockerfile"}})), "accepted");
  EXPECT_EQ(verdict(d, push("main", {{"README.md", "src/doc/a.md"}})),
            "ignored: none of the 2 changed files matches the path filters (src/**, !src/**/*.md, Dockerfile)");
  EXPECT_EQ(verdict(d, push("main", {{"src/gen/x.c"}})).substr(0, 7), "ignored");
  EXPECT_EQ(verdict(d, push("main", {{"src/gen/x.c", "src/b.c"}})), "accepted");
  EXPECT_EQ(verdict(d, push("main", {std::vector<std::string>{}})).substr(0, 7), "ignored");
}

TEST(Trigger, MatchesWhenChangedPathsAreUnknown) {
  EXPECT_EQ(verdict(with_on("{ push: { paths: ['src/**'] } }"), push("main")),
            "accepted: the changed files could not be found out, so the path filters count as matched");
}

TEST(Trigger, FiltersByTheFolderOfTheApp) {
  TriggerFacts facts = push("main", {{"services/web/a"}});
  facts.app_paths = {"services/api/**"};
  EXPECT_EQ(verdict(with_on(""), facts), "ignored: none of the 1 changed files belongs to this app (services/api/**)");
  facts.changed_paths->push_back("services/api/b");
  EXPECT_EQ(verdict(with_on(""), facts), "accepted");
}

TEST(Trigger, HonoursSkipMarkers) {
  for (const char* marker : {"[skip ci]", "[CI Skip]", "[no ci]", "[skip deploy]", "[deploy skip]"})
    EXPECT_EQ(verdict(with_on(""), push("main", {}, std::string("Fix\n\nx ") + marker)).substr(0, 32), "ignored: the commit message says")
        << marker;
  EXPECT_EQ(verdict(with_on(""), push("main", {}, "Fix\n\nskip-checks: true\n")), "ignored: the commit message says skip-checks: true");
  EXPECT_EQ(verdict(with_on(""), push("main", {}, "Explain skip ci")), "accepted");
  TriggerFacts facts = push("main", {}, "[skip ci]");
  facts.kind = TriggerKind::command;
  EXPECT_EQ(verdict(with_on(""), facts), "accepted");
}

TEST(Trigger, IsSpelledAsInTheFile) {
  for (const char* name : {"push", "tag", "pull-request", "schedule", "http", "sqs", "command"})
    EXPECT_EQ(to_string(*trigger_kind(name)), name);
  EXPECT_FALSE(trigger_kind("manual"));
}

}  // namespace
}  // namespace fairlead::pipeline
