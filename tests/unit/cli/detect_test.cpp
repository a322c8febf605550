// SPDX-License-Identifier: Apache-2.0
#include "cli/detect.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fairlead/pipeline/definition.hpp"
#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::cli {

namespace {

using testing::Contains;
using testing::HasSubstr;

Sighting seen(std::map<std::string, std::string> files) {
  Sighting sighting;
  sighting.folder = "/srv/shop";
  sighting.repository = "git@github.com:acme/Shop_API.git";
  sighting.files = std::move(files);
  return sighting;
}

pipeline::Definition parsed(const Sketch& sketch) {
  auto definition = pipeline::parse_pipeline(sketch.pipeline, ".fairlead.yml");
  EXPECT_TRUE(definition) << (definition ? "" : format(definition.error())) << "\n" << sketch.pipeline;
  return definition ? std::move(*definition) : pipeline::Definition{};
}

std::vector<std::string> scripts(const pipeline::Job& job) {
  std::vector<std::string> texts;
  for (const auto& step : job.steps) {
    EXPECT_EQ(step.action, "run");
    texts.push_back(step.with.at("script").is_string() ? step.with.at("script").get<std::string>() : step.with.at("script").dump());
  }
  return texts;
}

}  // namespace

TEST(Init, NamesTheAppAfterTheRepository) {
  EXPECT_EQ(sketch(seen({})).app, "shop-api");
  auto numbers = seen({});
  numbers.repository = "file:///srv/git/2048.git";
  EXPECT_EQ(sketch(numbers).app, "app-2048");
}

TEST(Init, RunsTheScriptsOfANodeProject) {
  const auto result = sketch(seen({{"package.json", R"({"scripts":{"test":"vitest","build":"tsc"}})"}, {"package-lock.json", "{}"}}));
  const auto definition = parsed(result);
  ASSERT_EQ(definition.stages.at(0).jobs.size(), 1u);
  EXPECT_EQ(scripts(definition.stages[0].jobs[0]), (std::vector<std::string>{"npm ci", "npm run build", "npm test"}));
}

TEST(Init, SurvivesABrokenPackageFile) {
  const auto definition = parsed(sketch(seen({{"package.json", "{"}})));
  EXPECT_EQ(scripts(definition.stages.at(0).jobs.at(0)), (std::vector<std::string>{"npm install", "npm test"}));
}

TEST(Init, DeploysWithTheMakefileThatCan) {
  const auto definition = parsed(sketch(seen({{"Makefile", "VERSION := 1\ntest: all\n\ttrue\ndeploy:\n\ttrue\n"}})));
  ASSERT_EQ(definition.stages.size(), 2u);
  EXPECT_EQ(scripts(definition.stages[0].jobs.at(0)), std::vector<std::string>{"make test"});
  EXPECT_EQ(definition.stages[1].environment, "staging");
  EXPECT_EQ(scripts(definition.stages[1].jobs.at(0)), std::vector<std::string>{"make deploy"});
}

TEST(Init, KnowsEveryBuildSystemAtOnce) {
  std::map<std::string, std::string> files;
  for (const auto& name : known_files()) files[name] = "";
  const auto result = sketch(seen(files));
  const auto definition = parsed(result);
  std::vector<std::string> jobs;
  for (const auto& job : definition.stages.at(0).jobs) jobs.push_back(job.id);
  EXPECT_EQ(jobs, (std::vector<std::string>{"node", "go", "cargo", "maven"}));
  EXPECT_THAT(result.notes, Contains(HasSubstr("build-image")));
  EXPECT_THAT(result.notes, Contains(HasSubstr("genova")));
}

TEST(Init, WritesAValidServerFileForAnyRepository) {
  for (const char* repository : {"git@github.com:acme/shop.git", "https://example.com/a.git", "file:///srv/x%3A%20y"}) {
    auto sighting = seen({});
    sighting.repository = repository;
    sighting.branch = "feature/\"quoted\": yes";
    const auto result = sketch(sighting);
    const auto config = pipeline::parse_server(result.server, "fairlead.yml");
    ASSERT_TRUE(config) << format(config.error()) << "\n" << result.server;
    EXPECT_EQ(config->apps.at(result.app).repository, repository);
    EXPECT_EQ(config->apps.at(result.app).branch, sighting.branch);
  }
}

TEST(Init, LeavesAPlaceWhenItKnowsNothing) { EXPECT_EQ(parsed(sketch(seen({}))).stages.at(0).jobs.at(0).id, "test"); }

}  // namespace fairlead::cli
