// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>

#include "fairlead/base/files.hpp"
#include "fairlead/pipeline/definition.hpp"

namespace fairlead::pipeline {
namespace {

namespace fs = std::filesystem;

Definition parse(std::string_view text) {
  auto parsed = parse_pipeline(text, ".fairlead.yml");
  EXPECT_TRUE(parsed) << format(parsed ? Problems{} : parsed.error());
  return parsed ? *parsed : Definition{};
}

std::string problems_of(std::string_view text) {
  const auto parsed = parse_pipeline(text, ".fairlead.yml");
  return parsed ? "" : format(parsed.error());
}

TEST(ParsePipeline, ReadsEveryGoodFile) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(FIXTURES "/pipeline/good")) {
    const auto parsed = parse_pipeline(read_file(entry.path()), entry.path().filename());
    EXPECT_TRUE(parsed) << format(parsed ? Problems{} : parsed.error());
    ++count;
  }
  EXPECT_GE(count, 1);
}

/// Every bad file comes with exactly what is said about it.
TEST(ParsePipeline, ExplainsEveryBadFile) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(FIXTURES "/pipeline/bad")) {
    if (entry.path().extension() != ".yml") continue;
    const auto parsed = parse_pipeline(read_file(entry.path()), ".fairlead.yml");
    EXPECT_EQ(parsed ? "nothing\n" : format(parsed.error()), read_file(fs::path(entry.path()).replace_extension(".txt")))
        << entry.path().filename();
    ++count;
  }
  EXPECT_GE(count, 1);
}

TEST(ParsePipeline, ReadsTheWholeExampleOfTheLanguage) {
  const Definition d = parse(read_file(FIXTURES "/pipeline/good/language.yml"));
  ASSERT_EQ(d.stages.size(), 3u);
  EXPECT_EQ(d.on.push->branches, (std::vector<std::string>{"main", "release/*"}));
  EXPECT_EQ(d.on.push->ignore_paths, std::vector<std::string>{"docs/**"});
  EXPECT_EQ(d.on.tag->tags, std::vector<std::string>{"v*"});
  ASSERT_EQ(d.on.schedules.size(), 1u);
  EXPECT_EQ(d.on.schedules[0].late, std::chrono::minutes(30));
  EXPECT_EQ(d.on.http_secret, "NIGHTLY_HOOK");
  EXPECT_EQ(d.inputs[1].type, InputType::choice);
  EXPECT_EQ(d.env.at("NODE_ENV"), "production");

  const Job& unit = d.stages[0].jobs[0];
  EXPECT_EQ(unit.container->image, "node:20-bookworm");
  EXPECT_EQ(unit.matrix.axes[0].second, (std::vector<Json>{18, 20}));
  EXPECT_EQ(unit.matrix.max_parallel, 2);
  EXPECT_EQ(unit.services.at("db").ready, "pg_isready");
  EXPECT_EQ(unit.timeout, std::chrono::minutes(20));
  EXPECT_EQ(unit.retry->on_exit, std::vector<int>{75});
  EXPECT_TRUE(unit.retry->on_lost && unit.retry->on_timeout && !unit.retry->on_failure);
  EXPECT_EQ(unit.cache[0].restore_keys, std::vector<std::string>{"npm-"});
  EXPECT_EQ(unit.steps[0].with["script"], "npm ci\nnpm test\n");
  EXPECT_EQ(unit.steps[0].working_directory, "api");
  EXPECT_EQ(unit.artifacts.at("dist"), std::vector<std::string>{"dist/**"});

  const Step& image = d.stages[0].jobs[1].steps[0];
  EXPECT_EQ(image.action, "build-image");
  EXPECT_EQ(image.with["args"]["V"], "1");
  EXPECT_EQ(image.with["push"], true);
  EXPECT_EQ(d.stages[2].environment, "production");
  EXPECT_EQ(d.stages[2].on_failure.kind, OnFailure::Kind::rollback);
  EXPECT_EQ(d.stages[2].checks[0].with["names"], Json::parse(R"(["api-5xx"])"));
  EXPECT_EQ(d.stages[2].jobs[1].needs, std::vector<std::string>{"migrate"});
}

TEST(ParsePipeline, TakesTheShortForms) {
  const Definition d = parse("jobs: { test: { steps: [make test, {run: [a, b]}, {wait: 30s}] } }");
  ASSERT_EQ(d.stages.size(), 1u);
  EXPECT_EQ(d.stages[0].name, "main");
  EXPECT_TRUE(d.on.push && d.on.pull_request && d.on.command && !d.on.tag);
  const Job& job = d.stages[0].jobs[0];
  EXPECT_EQ(job.steps[0].action, "run");
  EXPECT_EQ(job.steps[0].with["script"], "make test");
  EXPECT_EQ(job.steps[1].with["script"], "a\nb");
  EXPECT_EQ(job.steps[2].with, Json::parse(R"({"for": "30s"})"));
}

TEST(ParsePipeline, TakesShortTriggers) {
  const std::string jobs = "jobs: { t: { steps: [x] } }\n";
  EXPECT_TRUE(parse("on: push\n" + jobs).on.push);
  EXPECT_FALSE(parse("on: push\n" + jobs).on.pull_request);
  EXPECT_EQ(parse("on: { push: [main], tag: true }\n" + jobs).on.push->branches, std::vector<std::string>{"main"});
  EXPECT_TRUE(parse("on: { push: , tag: }\n" + jobs).on.tag);
  EXPECT_FALSE(parse("on: { push: false }\n" + jobs).on.push);
  EXPECT_EQ(parse("on: { schedule: { cron: '0 3 * * *' } }\n" + jobs).on.schedules.size(), 1u);
}

TEST(ParsePipeline, KeepsTextAsItIsWritten) {
  const Definition d = parse("env: { PY: 3.10, N: 1, B: true }\njobs: { t: { matrix: { v: [3.10, 3.9] }, steps: [x] } }");
  EXPECT_EQ(d.env, (Texts{{"B", "true"}, {"N", "1"}, {"PY", "3.10"}}));
  EXPECT_EQ(d.stages[0].jobs[0].matrix.axes[0].second, (std::vector<Json>{"3.10", 3.9}));
}

TEST(ParsePipeline, ShowsTheFixForAnExpressionInAScript) {
  EXPECT_EQ(problems_of("jobs:\n  t:\n    steps:\n      - run: echo ${{ git.message }}\n"),
            ".fairlead.yml:4:14: jobs.t.steps[0].run: an expression may not stand in a script: text from commits and branches must not "
            "become shell. "
            "Instead write env: { MESSAGE: \"${{ git.message }}\" } and use \"$MESSAGE\" in the script\n");
}

TEST(ParsePipeline, TellsAnEmptyFileWhatTheShortestOneIs) {
  EXPECT_EQ(problems_of(""), ".fairlead.yml:1:1: the file is empty; the shortest pipeline is jobs: { test: { steps: [make test] } }\n");
}

TEST(ParsePipeline, LetsStagesRepeatAJobThatNothingRefersTo) {
  const std::string stages =
      "stages:\n"
      "  - name: one\n    jobs: { api: { steps: [x], outputs: { a: 1 } } }\n"
      "  - name: two\n    jobs: { api: { steps: [x] } }\n";
  EXPECT_EQ(problems_of(stages), "");
  EXPECT_EQ(problems_of(stages + "  - name: three\n    if: jobs.api.result == 'failed'\n    jobs: { b: { steps: [x] } }\n"),
            ".fairlead.yml:7:9: stages[2].if: there are several jobs \"api\"; give the one that is meant an id of its own\n");
}

}  // namespace
}  // namespace fairlead::pipeline
