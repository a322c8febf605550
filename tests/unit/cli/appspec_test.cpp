// SPDX-License-Identifier: Apache-2.0
#include "cli/appspec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fairlead/base/files.hpp"
#include "fairlead/pipeline/definition.hpp"

namespace fairlead::cli {

namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::Pair;

/// The ec2-deploy steps of a pipeline whose only job has these lines.
pipeline::Definition pipeline_of(const std::string& job) {
  auto definition =
      pipeline::parse_pipeline("stages:\n  - name: production\n    environment: production\n    jobs:\n      fleet: " + job, "p");
  EXPECT_TRUE(definition) << (definition ? "" : format(definition.error()));
  return definition ? std::move(*definition) : pipeline::Definition{};
}

std::string step(const std::string& more) { return "{ ec2-deploy: { targets: { tags: { app: shop } }" + more + " } }"; }

}  // namespace

TEST(ValidateAppspec, KnowsOneByNameOrByContent) {
  EXPECT_TRUE(is_appspec("x/appspec.yml", "nonsense"));
  EXPECT_TRUE(is_appspec("appspec.yaml", ""));
  EXPECT_TRUE(is_appspec("hosts.yml", "version: 0.0\nos: linux\n"));
  EXPECT_TRUE(is_appspec("ecs.yml", "version: 0.0\nResources: []\n"));
  EXPECT_FALSE(is_appspec(".fairlead.yml", "jobs: { test: { steps: [make] } }\n"));
  EXPECT_FALSE(is_appspec("compose.yml", "version: 3\nos: linux\n"));
  EXPECT_FALSE(is_appspec("hosts.yml", "version: 0.0\n"));
}

TEST(ValidateAppspec, NamesEveryMistakeWithItsPlace) {
  const TempFolder folder;
  write_file(folder.path() / "start.sh", "");
  const std::string text =
      "version: 0.0\nos: linux\nfiles:\n  - source: dist\n    destination: srv\nhooks:\n  AfterInstal:\n    - location: start.sh\n"
      "  ApplicationStart:\n    - location: start.sh\n      timeout: 0\n    - location: gone.sh\n";
  const auto check = check_appspec(text, "appspec.yml", folder.path());
  EXPECT_EQ(format(check.problems),
            "appspec.yml:4:13: files[0].source: there is no dist in the bundle: commit it, or, when a build makes it, take it from there "
            "with artifacts-from\n"
            "appspec.yml:5:18: files[0].destination: must be an absolute path\n"
            "appspec.yml:7:3: hooks.AfterInstal: no such event; did you mean \"AfterInstall\"?\n"
            "appspec.yml:11:16: hooks.ApplicationStart[0].timeout: \"0\" must be a number of seconds above 0\n"
            "appspec.yml:12:17: hooks.ApplicationStart[1].location: there is no gone.sh in the bundle\n");
}

TEST(ValidateAppspec, ReadsItAsADeployDoes) {
  EXPECT_EQ(format(check_appspec("version: 0.0\nos: linux\nos: linux\n", "a.yml", std::nullopt).problems),
            "a.yml:3:1: os: duplicate key, the first is at line 2\n");
  EXPECT_EQ(check_appspec("version: 0.0\nos: [\n", "a.yml", std::nullopt).problems.size(), 1u);
  const auto asked = check_appspec("version: 0.0\nos: ${{ inputs.os }}\n", "a.yml", std::nullopt);
  EXPECT_FALSE(asked.problems.empty()) << "a deploy gives an appspec no contexts";
  const auto good = check_appspec("version: 0.0\nos: linux\nhooks: { AfterInstall: [ { location: a.sh } ] }\n", "a.yml", std::nullopt);
  EXPECT_THAT(good.problems, testing::IsEmpty());
  EXPECT_THAT(good.hooks, ElementsAre("AfterInstall"));
}

TEST(ValidateAppspec, KnowsWhichStepsGoByOne) {
  const TempFolder folder;
  const auto found = [&](const std::string& job) { return appspecs_of(pipeline_of(job), folder.path()); };
  EXPECT_THAT(found("{ steps: [ " + step("") + " ] }"), testing::IsEmpty()) << "there is none";
  write_file(folder.path() / "appspec.yaml", "");
  EXPECT_THAT(found("{ steps: [ " + step("") + " ] }"), ElementsAre(Pair("appspec.yaml", true)));
  write_file(folder.path() / "appspec.yml", "");
  EXPECT_THAT(found("{ steps: [ " + step("") + " ] }"), ElementsAre(Pair("appspec.yml", true)));
  write_file(folder.path() / "other.yml", "");
  EXPECT_THAT(found("{ steps: [ " + step(", appspec: other.yml") + " ] }"), ElementsAre(Pair("other.yml", true)));
  EXPECT_THAT(found("{ steps: [ " + step(", appspec: \"${{ app }}.yml\"") + " ] }"), testing::IsEmpty());
  EXPECT_THAT(found("{ steps: [ " + step(", destination: /srv/shop") + " ] }"), testing::IsEmpty());
  EXPECT_THAT(found("{ steps: [ " + step(", archive: shop.zip") + " ] }"), testing::IsEmpty()) << "it is in the archive";
  EXPECT_THAT(found("{ steps: [ " + step(", strategy: instance-refresh") + " ] }"), testing::IsEmpty());
  EXPECT_THAT(found("{ steps: [ make, " + step("") + " ] }"), ElementsAre(Pair("appspec.yml", false))) << "make may make its files";
}

TEST(ValidateAppspec, ArtifactsMayBringItsFiles) {
  const TempFolder folder;
  write_file(folder.path() / "appspec.yml", "");
  const auto definition = pipeline::parse_pipeline(
      "stages:\n  - { name: build, jobs: { site: { steps: [make], artifacts: { dist: [\"dist/**\"] } } } }\n"
      "  - { name: production, environment: production, jobs: { fleet: { artifacts-from: [site], steps: [ " +
          step("") + " ] } } }\n",
      "p");
  ASSERT_TRUE(definition) << format(definition.error());
  EXPECT_THAT(appspecs_of(*definition, folder.path()), ElementsAre(Pair("appspec.yml", false)));
}

TEST(ValidateAppspec, TheBundleIsTheFolderOfThePipeline) {
  const TempFolder folder;
  fs::create_directories(folder.path() / "shop/deploy");
  const auto appspec = folder.path() / "shop/deploy/appspec.yml";
  EXPECT_EQ(bundle_of(appspec), folder.path() / "shop/deploy") << "there is no other";
  fs::create_directories(folder.path() / ".git");
  EXPECT_EQ(bundle_of(appspec), folder.path());
  write_file(folder.path() / "shop/.fairlead.yml", "");
  EXPECT_EQ(bundle_of(appspec), folder.path() / "shop");
}

TEST(ValidateAppspec, SaysWhatADeployCouldNotDoWithTheFiles) {
  const TempFolder folder;
  const auto problem = [&](const std::string& more, bool complete) {
    return deploy::problem_of_ec2_files(pipeline_of("{ steps: [ " + step(more) + " ] }").stages[0].jobs[0].steps[0].with, folder.path(),
                                        complete);
  };
  const std::string command = ", service: { command: ./start }";
  EXPECT_THAT(problem("", true), testing::StartsWith("there is no appspec.yml in the folder, and neither destination nor service"));
  EXPECT_THAT(problem(", appspec: other.yml", true), testing::StartsWith("there is no other.yml"));
  EXPECT_EQ(problem("", false), "") << "a build may make it";
  EXPECT_EQ(problem(command, true), "");
  EXPECT_EQ(problem(", destination: /srv/shop", true), "");
  EXPECT_EQ(problem(", archive: shop.zip", true), "");
  EXPECT_EQ(problem(", appspec: \"${{ app }}.yml\"", true), "");
  write_file(folder.path() / "appspec.yaml", "");
  EXPECT_EQ(problem("", true), "");
  EXPECT_THAT(problem(command, false), testing::HasSubstr("appspec.yaml in the folder, whose hooks start the application"));
}

}  // namespace fairlead::cli
