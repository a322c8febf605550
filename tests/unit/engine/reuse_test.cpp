// SPDX-License-Identifier: Apache-2.0
#include "engine/reuse.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "run_driver.hpp"

namespace fairlead::engine::test {
namespace {

using testing::HasSubstr;

pipeline::RunPlan deploys() {
  return plan({stage("build", {job("unit"), job("image")}), stage("staging", {job("api")}, "staging"), stage("smoke", {job("curl")}),
               stage("production", {job("live")}, "production"), stage("after", {job("tell")})});
}

/// Has built, and is on staging.
RunDriver builder() {
  RunDriver run(deploys());
  run.start_all();
  run.end("unit").end("image", State::succeeded, {{"outputs", {{"uri", "shop@1"}}}, {"artifacts", {"dist"}}}).start_all();
  return run;
}

Json taken(const RunDriver& source, const std::string& environment, const ArtifactsKept& kept = {}) {
  return reusable(source.state, deploys(), environment, kept);
}

TEST(Reuse, TakesWholeStagesThatCameBeforeTheEnvironment) {
  auto source = builder();
  const Json all = taken(source, "staging");
  EXPECT_EQ(all.at("label"), "shop#42");
  EXPECT_EQ(all.at("jobs").size(), 2u);
  EXPECT_EQ(all.at("jobs").at("image").at("outputs").at("uri"), "shop@1");
  source.end("api").start_all().end("curl").start_all().end("live").start_all().end("tell");
  EXPECT_EQ(source.state.state, State::succeeded);
  const Json later = taken(source, "production").at("jobs");
  EXPECT_TRUE(later.contains("curl"));
  EXPECT_FALSE(later.contains("api")) << "what deploys is never taken over";
  EXPECT_FALSE(later.contains("tell")) << "what follows the deploy is run again";
}

TEST(Reuse, TakesNothingOfAStageThatIsNotAllThere) {
  RunDriver half(deploys());
  half.start_all().end("unit");
  EXPECT_TRUE(taken(half, "staging").is_null());
  half.end("image", State::failed);
  EXPECT_TRUE(taken(half, "staging").is_null());
  EXPECT_TRUE(taken(builder(), "staging", [](const RunId&, const std::string&, const auto&) { return false; }).is_null());
}

TEST(Reuse, TakesNothingOfAFork) {
  auto frozen = deploys();
  frozen.trusted = false;
  RunDriver fork(frozen);
  fork.start_all().end("unit").end("image").start_all();
  EXPECT_EQ(fork.state.stage("build")->state, State::succeeded);
  EXPECT_TRUE(taken(fork, "staging").is_null());
}

TEST(Reuse, ARunGoesOnFromWhatItTookOver) {
  RunDriver run(created({{"environment", "staging"}}));
  const auto frozen = deploys();
  run.post(events::run_planned, {{"sha", std::string(40, 'a')}, {"plan", to_json(frozen)}, {"reused", taken(builder(), "staging")}});
  run.world.environments["staging"].known = true;
  EXPECT_EQ(run.state.stage("build")->state, State::succeeded);
  EXPECT_EQ(run.state.stage("build")->reason, "built by shop#42");
  EXPECT_EQ(run.state.job("image")->taken_from.str(), "0190");
  EXPECT_EQ(run.state.job("image")->artifacts, std::vector<std::string>{"dist"});
  run.start_all();
  EXPECT_EQ(run.state.job("api")->state, State::running);
  EXPECT_EQ(run.state.job("unit")->attempt, 0) << "it was not started";
  EXPECT_TRUE(taken(run, "staging").at("jobs").at("image").at("run") == "0190") << "a chain leads to where it was built";
}

TEST(Reuse, ADeployWhoseStageIsSkippedHasNotSucceeded) {
  RunDriver run(created({{"environment", "staging"}}));
  auto frozen = deploys();
  frozen.stages[1].skip = "only on other branches";
  run.post(events::run_planned, {{"sha", std::string(40, 'a')}, {"plan", to_json(frozen)}, {"reused", taken(builder(), "staging")}});
  run.start_all();
  while (!is_terminal(run.state.state)) {
    const auto& stage = *std::ranges::find_if(run.state.stages, [](const auto& one) { return !is_terminal(one.state); });
    run.end(stage.jobs.front().id).start_all();
  }
  EXPECT_EQ(run.state.state, State::skipped);
  EXPECT_THAT(run.state.reason, HasSubstr("only on other branches"));
}

TEST(Reuse, AGivenImageTakesThePlaceOfTheBuild) {
  auto given = deploys();
  given.stages[1].jobs[0].steps[0].with = {{"images", {{"app", {{"$expr", "jobs.image.outputs.uri"}}}}}};
  EXPECT_EQ(pin_image(given, "staging", "registry.example.com/shop@sha256:12"), std::nullopt);
  EXPECT_EQ(given.stages[1].jobs[0].steps[0].with.at("images").at("app"), "registry.example.com/shop@sha256:12");
  EXPECT_THAT(given.stages[0].skip, HasSubstr("was given"));
  EXPECT_THAT(pin_image(given, "production", "shop:1").value_or(""), HasSubstr("nothing to do with shop:1"));
  given.stages[1].jobs[0].steps[0].with["images"]["proxy"] = "p:1";
  EXPECT_THAT(pin_image(given, "staging", "shop:1").value_or(""), HasSubstr("--image app=shop:1"));
  EXPECT_EQ(pin_image(given, "staging", "proxy=p:2"), std::nullopt);
  EXPECT_EQ(given.stages[1].jobs[0].steps[0].with.at("images").at("proxy"), "p:2");
}

}  // namespace
}  // namespace fairlead::engine::test
