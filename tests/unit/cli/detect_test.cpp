// SPDX-License-Identifier: Apache-2.0
#include "cli/detect.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "fairlead/deploy/actions.hpp"
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

using Kind = deploy::AppspecReport::Kind;

Sighting with_appspec(Kind kind, std::size_t mistakes = 0) {
  auto sighting = seen({{"package.json", R"({"scripts":{"build":"tsc"}})"}});
  sighting.appspec = AppspecCheck{.file = "appspec.yml", .kind = kind, .hooks = {"AfterInstall"}, .problems = {}};
  sighting.appspec->problems.resize(mistakes);
  return sighting;
}

pipeline::ServerConfig server(const Sketch& sketch) {
  auto config = pipeline::parse_server(sketch.server, "fairlead.yml");
  EXPECT_TRUE(config) << (config ? "" : format(config.error())) << "\n" << sketch.server;
  return config ? std::move(*config) : pipeline::ServerConfig{};
}

/// The text with its comments of whole lines that begin with one of these words made part of it.
std::string uncommented(const std::string& text, const std::vector<std::string>& words) {
  std::string out;
  for (const auto& line : split_lines(text)) {
    const auto mark = line.find_first_not_of(' ');
    const bool wanted = std::ranges::any_of(
        words, [&](const std::string& word) { return mark != std::string::npos && line.substr(mark).starts_with("# " + word); });
    out += (wanted ? line.substr(0, mark) + line.substr(mark + 2) : line) + "\n";
  }
  return out;
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

TEST(Init, WritesTheFleetOfAnAppspecAsAStage) {
  const auto result = sketch(with_appspec(Kind::linux_hosts));
  const auto definition = parsed(result);
  ASSERT_EQ(definition.stages.size(), 2u) << "no second example beside it";
  const auto& stage = definition.stages[1];
  EXPECT_EQ(stage.name, "production");
  EXPECT_EQ(stage.environment, "production");
  ASSERT_EQ(stage.jobs.at(0).steps.size(), 1u);
  const auto& step = stage.jobs[0].steps[0];
  EXPECT_EQ(step.action, "ec2-deploy");
  EXPECT_EQ(deploy::problem_of_ec2_inputs(step.with), "");
  EXPECT_EQ(dump(step.with.at("targets")), R"({"tags":{"Name":["EDIT-ME"]}})");
  EXPECT_TRUE(step.with.contains("bucket"));
  const auto config = server(result);
  ASSERT_TRUE(config.environments.contains("production"));
  EXPECT_TRUE(config.environments.at("production").aws) << "tags are of AWS";
  EXPECT_EQ(config.environments.at("production").branches, std::vector<std::string>{"main"});
  EXPECT_FALSE(config.environments.contains("staging")) << "no stage is for it";
  EXPECT_THAT(result.notes, Contains(HasSubstr("AfterInstall; write what is yours where EDIT-ME is")));
}

TEST(Init, DeploysToNoFleetByAPush) {
  EXPECT_EQ(parsed(sketch(with_appspec(Kind::linux_hosts))).stages.at(1).condition, "${{ run.trigger != 'push' }}");
}

TEST(Init, ShowsOnlyWhatIsValidInTheCommentsOfAFleet) {
  auto result = sketch(with_appspec(Kind::linux_hosts));
  const auto before = result;
  result.pipeline = uncommented(result.pipeline, {"artifacts-from", "load-balancer", "min-healthy"});
  result.pipeline =
      replace_all(result.pipeline, "    jobs:\n      node:\n", "    jobs:\n      node:\n        artifacts: { dist: [\"dist/**\"] }\n");
  result.server = uncommented(result.server, {"approval"});
  const auto definition = parsed(result);
  const auto& job = definition.stages.at(1).jobs.at(0);
  EXPECT_EQ(job.artifacts_from, std::vector<std::string>{"node"});
  EXPECT_TRUE(job.steps.at(0).with.contains("load-balancer"));
  EXPECT_EQ(job.steps.at(0).with.at("min-healthy"), "75%");
  EXPECT_EQ(deploy::problem_of_ec2_inputs(job.steps.at(0).with), "");
  EXPECT_TRUE(server(result).environments.at("production").approval);
  EXPECT_FALSE(server(before).environments.at("production").approval);
}

TEST(Init, WritesTheFleetBehindTheStagingOfAMakefile) {
  auto sighting = with_appspec(Kind::linux_hosts);
  sighting.files["Makefile"] = "deploy:\n\ttrue\n";
  const auto result = sketch(sighting);
  const auto definition = parsed(result);
  ASSERT_EQ(definition.stages.size(), 3u);
  EXPECT_EQ(definition.stages[1].name, "staging");
  EXPECT_EQ(definition.stages[2].name, "production");
  EXPECT_EQ(server(result).environments.size(), 2u);
}

TEST(Init, SaysWhatAnAppspecForSomethingElseNeeds) {
  for (const auto& [kind, words] :
       {std::pair{Kind::ecs, "`ecs-deploy`"}, {Kind::lambda, "`lambda-deploy`"}, {Kind::windows_hosts, "not supported"}}) {
    const auto result = sketch(with_appspec(kind, 1));
    EXPECT_EQ(parsed(result).stages.size(), 1u) << words;
    EXPECT_FALSE(server(result).environments.contains("production")) << words;
    EXPECT_THAT(result.notes, Contains(HasSubstr(words)));
    EXPECT_THAT(result.pipeline, HasSubstr(words)) << "the file says it, too";
    EXPECT_THAT(result.notes, testing::Not(Contains(HasSubstr("mistake")))) << words;
  }
}

TEST(Init, TellsOfMistakesInAnAppspec) {
  EXPECT_THAT(sketch(with_appspec(Kind::linux_hosts, 1)).notes,
              Contains("appspec.yml: has a mistake; fairlead validate appspec.yml says which"));
  EXPECT_THAT(sketch(with_appspec(Kind::linux_hosts, 3)).notes,
              Contains("appspec.yml: has 3 mistakes; fairlead validate appspec.yml says which they are"));
}

TEST(Init, LeavesAPlaceWhenItKnowsNothing) { EXPECT_EQ(parsed(sketch(seen({}))).stages.at(0).jobs.at(0).id, "test"); }

}  // namespace fairlead::cli
