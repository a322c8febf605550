// SPDX-License-Identifier: Apache-2.0
#include "cli/log_choice.hpp"

#include <gtest/gtest.h>

#include "fairlead/base/json.hpp"

namespace fairlead::cli {

namespace {

Json run_of(const std::string& state, const std::string& unit, const std::string& step) {
  return {{"state", state},
          {"stages",
           {{{"name", "build"},
             {"jobs",
              {{{"id", "unit"}, {"state", unit}, {"steps", {{{"index", 0}, {"name", "unit tests"}, {"id", "tests"}, {"state", step}}}}},
               {{"id", "arm/64"}, {"state", "queued"}, {"steps", {{{"index", 0}, {"name", "make"}, {"state", "queued"}}}}}}}}}}};
}

}  // namespace

TEST(LogChoice, NamesAJobOrAStepOfIt) {
  const Json run = run_of("running", "running", "running");
  const Json& step = run["stages"][0]["jobs"][0]["steps"][0];
  EXPECT_EQ(choose_logs(run, "unit").job, "unit");
  EXPECT_EQ(choose_logs(run, "unit").step, "");
  for (const std::string name : {"0", "unit tests", "tests"}) {
    const auto choice = choose_logs(run, "unit/" + name);
    EXPECT_EQ(choice.job, "unit");
    EXPECT_TRUE(choice.has_step(step)) << name;
  }
  EXPECT_FALSE(choose_logs(run, "unit/1").has_step(step));
  EXPECT_EQ(choose_logs(run, "arm/64").job, "arm/64") << "a job whose name has a slash";
  EXPECT_EQ(choose_logs(run, "arm/64/0").job, "arm/64");
  EXPECT_EQ(choose_logs(run, "arm/64/0").step, "0");
}

TEST(LogChoice, SaysWhyThereIsNoLog) {
  Json run = run_of("running", "running", "running");
  run["app"] = "shop", run["number"] = 3;
  run["explain"] = {{{"stage", "build"}, {"job", "arm/64"}, {"reason", "needs unit"}},
                    {{"stage", "build"}, {"job", "x"}, {"reason", "no"}}};
  EXPECT_EQ(why_no_log(run, {"unit", ""}), "");
  EXPECT_EQ(why_no_log(run, {"unit", "tests"}), "");
  EXPECT_EQ(why_no_log(run, {"arm/64", ""}), "job arm/64 of shop#3 has not begun: needs unit");
  EXPECT_EQ(why_no_log(run, {"arm/64", "0"}), "step 0 of job arm/64 of shop#3 has not begun: needs unit");
  run["explain"] = {{{"stage", "build"}, {"job", nullptr}, {"reason", "locked"}}};
  EXPECT_EQ(why_no_log(run, {"arm/64", ""}), "job arm/64 of shop#3 has not begun: locked");
  run["stages"][0]["jobs"][1]["state"] = "skipped";
  run["stages"][0]["jobs"][1]["reason"] = "its condition is false";
  EXPECT_EQ(why_no_log(run, {"arm/64", ""}), "job arm/64 of shop#3 was skipped: its condition is false");
  run["stages"] = Json::array();
  EXPECT_EQ(why_no_log(run, {"unit", ""}), "job unit of shop#3 has not begun: there is no plan yet");
}

TEST(LogChoice, IsOverWithWhatWasChosen) {
  const Json running = run_of("running", "running", "succeeded");
  EXPECT_FALSE(is_over(running, {}));
  EXPECT_FALSE(is_over(running, {"unit", ""}));
  EXPECT_TRUE(is_over(running, {"unit", "0"}));
  EXPECT_FALSE(is_over(running, {"arm/64", "0"}));
  EXPECT_FALSE(is_over(running, {"", ""}));
  EXPECT_TRUE(is_over(run_of("running", "failed", "failed"), {"unit", ""}));
  EXPECT_TRUE(is_over(run_of("canceled", "running", "running"), {"unit", ""})) << "with its run";
  EXPECT_FALSE(is_over(Json{{"state", "queued"}, {"stages", Json::array()}}, {"unit", ""})) << "before the plan is made";
}

}  // namespace fairlead::cli
