// SPDX-License-Identifier: Apache-2.0
#include "cli/reasons.hpp"

#include <gtest/gtest.h>

#include "cli/run_text.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::cli {

namespace {

Json part(const std::string& state, const std::string& reason) {
  return {{"state", state}, {"reason", reason}, {"started_at", state == "skipped" ? Json(nullptr) : Json("2026-11-20T03:04:05.678Z")}};
}

Json with(Json json, const char* name, Json value) {
  json[name] = std::move(value);
  return json;
}

Json run_of(const Json& run, const Json& stage, const Json& job, const Json& step) {
  const Json named = with(with(step, "index", 0), "name", "make");
  const Json unit = with(with(job, "id", "unit"), "steps", Json::array({named}));
  return with(with(run, "app", "shop"), "stages", Json::array({with(with(stage, "name", "build"), "jobs", Json::array({unit}))}));
}

std::string shown(const Json& run) {
  testing::internal::CaptureStdout();
  Output output({});
  print_run(output, run);
  std::fflush(stdout);
  return testing::internal::GetCapturedStdout();
}

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST(Reasons, AreToldInFullWhereTheyArose) {
  const std::string why = "two hosts failed:\nhost1: down\nhost2: down";
  const Json run = run_of(part("failed", "stage build: unit: step make: " + why), part("failed", "unit: step make: " + why),
                          part("failed", "step make: " + why), part("failed", why));
  const Reasons reasons(run);
  const Json& stage = run["stages"][0];
  EXPECT_EQ(reasons.of_run(), "stage build: unit: step make: two hosts failed: …");
  EXPECT_EQ(reasons.of_stage(stage), "");
  EXPECT_EQ(reasons.of_job(stage, stage["jobs"][0]), "");
  EXPECT_EQ(reasons.of_step(stage, stage["jobs"][0]["steps"][0]), why);
  const std::string text = shown(run);
  EXPECT_EQ(count(text, "two hosts failed:"), 2) << text;
  EXPECT_EQ(count(text, "\n           host1: down\n           host2: down\n"), 1) << text;
}

TEST(Reasons, OfAJobAreThereWhenNoStepHasThem) {
  const Json run = run_of(part("lost", "stage build: unit: its supervisor died"), part("lost", "unit: its supervisor died"),
                          part("lost", "its supervisor died"), part("skipped", ""));
  const Reasons reasons(run);
  const Json& stage = run["stages"][0];
  EXPECT_EQ(reasons.of_stage(stage), "");
  EXPECT_EQ(reasons.of_job(stage, stage["jobs"][0]), "its supervisor died");
}

TEST(Reasons, OfARunAreNotRepeatedBelow) {
  const std::string why = "canceled by user:dev: too slow\nmuch";
  const Json run = with(run_of(part("canceled", why), part("canceled", why), part("canceled", why), part("canceled", why)), "cancel",
                        {{"by", "user:dev"}});
  EXPECT_EQ(count(shown(run), "too slow\n    much\n"), 1) << shown(run);
  EXPECT_EQ(count(shown(run), "too slow"), 1) << shown(run);
}

TEST(Reasons, OfWhatNeverStartedAreThoseOfItsStage) {
  const Json run = run_of(part("failed", "stage build: rejected by dev"), part("failed", "rejected by dev"),
                          part("skipped", "the stage did not start: rejected by dev"), part("skipped", ""));
  const std::string text = shown(run);
  EXPECT_EQ(count(text, "rejected by dev"), 2) << text;
  EXPECT_NE(text.find("failed  build  rejected by dev\n"), std::string::npos) << text;
  const Json skipped = run_of(part("skipped", "every stage was skipped: every job was skipped: its condition is false"),
                              part("skipped", "every job was skipped: its condition is false"), part("skipped", "its condition is false"),
                              part("skipped", ""));
  EXPECT_NE(shown(skipped).find("skipped  unit  its condition is false\n"), std::string::npos) << shown(skipped);
}

TEST(Reasons, HaveAHeadline) {
  EXPECT_EQ(headline("exited with 1"), "exited with 1");
  EXPECT_EQ(headline("one\ntwo"), "one …");
  EXPECT_EQ(headline("one two three", 10), "one two…");
  EXPECT_EQ(headline(""), "");
  EXPECT_EQ(indented("one\ntwo\n", 2), "one\n  two");
}

}  // namespace fairlead::cli
