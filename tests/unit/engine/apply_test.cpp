// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "run_driver.hpp"

namespace fairlead::engine {
namespace {

using namespace test;
using testing::HasSubstr;

TEST(Apply, run_created_says_where_the_run_comes_from) {
  const RunDriver run(
      created({{"sha", std::string(40, 'b')}, {"excluded", {"github:octocat"}}, {"reason", "hotfix"}, {"inputs", {{"size", "small"}}}}));
  EXPECT_EQ(run.state.id.str(), "0190");
  EXPECT_EQ(run.state.branch, "main");
  EXPECT_EQ(run.state.number, 42);
  EXPECT_EQ(run.state.start_reason, "hotfix");
  EXPECT_EQ(run.state.excluded, std::vector<std::string>{"github:octocat"});
  EXPECT_EQ((*run.state.inputs)["size"], "small");
  EXPECT_EQ(RunDriver(created({{"ref", "refs/tags/v1"}})).state.tag, "v1");
}

TEST(Apply, refuses_what_is_no_path) {
  struct Row {
    std::string_view type;
    Json payload;
    const char* why;
  };
  RunDriver run(plan({stage("main", {job("a"), job("b", {"a"})}, "prod")}));
  run.start_all();
  const auto frozen = plan({stage("main", {job("a")})});
  for (const auto& row :
       std::vector<Row>{{events::run_created, created(), "created once"},
                        {events::run_planned, {{"plan", to_json(frozen)}}, "planned once"},
                        {events::job_queued, {{"job", "a"}}, "does not wait"},
                        {events::job_queued, {{"job", "nobody"}}, "no job nobody"},
                        {events::job_started, {{"job", "b"}, {"attempt", 1}}, "not ready"},
                        {events::job_finished, {{"job", "a"}, {"attempt", 2}, {"state", "succeeded"}}, "that attempt is over"},
                        {events::job_finished, {{"job", "a"}, {"attempt", 1}, {"state", "running"}}, "not an end"},
                        {events::job_finished, {{"job", "b"}, {"state", "succeeded"}}, "has not run"},
                        {events::stage_started, {{"stage", "main"}}, "no longer waits"},
                        {events::stage_finished, {{"stage", "main"}, {"state", "succeeded"}}, "still running"},
                        {events::run_finished, {{"state", "succeeded"}}, "still running"},
                        {events::run_retried, {{"stages", {"main"}}}, "what has ended"},
                        {events::gate_voted, {{"stage", "main"}, {"key", "approval"}, {"person", "user:x"}}, "no longer waits"},
                        {events::stage_rolled_back, {{"stage", "main"}}, "asked for no rollback"},
                        {events::step_finished, {{"job", "a"}, {"attempt", 1}, {"index", 9}, {"state", "succeeded"}}, "no step 9"}}) {
    const auto version = run.state.version;
    try {
      run.post(row.type, row.payload);
      ADD_FAILURE() << "accepted: " << row.type;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::internal);
      EXPECT_THAT(error.message(), HasSubstr(row.why));
    }
    EXPECT_EQ(run.state.version, version);
  }
}

TEST(Apply, an_end_is_final) {
  RunDriver run(plan({stage("main", {job("a"), job("b")}), stage("next", {job("c")})}));
  run.start_all().end("a");
  EXPECT_THROW(run.post(events::job_finished, {{"job", "a"}, {"attempt", 1}, {"state", "failed"}}), Error);
  EXPECT_THROW(run.post(events::job_queued, {{"job", "a"}}), Error);
  run.end("b").start_all();
  EXPECT_THROW(run.post(events::stage_finished, {{"stage", "main"}, {"state", "failed"}}), Error);
  run.end("c");
  EXPECT_THROW(run.post(events::run_finished, {{"state", "failed"}}), Error);
  EXPECT_THROW(run.post(events::run_parked, {{"reason", "late"}}), Error);
  EXPECT_EQ(run.state.state, State::succeeded);
}

TEST(Apply, refuses_a_gap_in_the_stream) {
  RunDriver run;
  store::Event event = run.log.front();
  event.version = 3;
  EXPECT_THROW(apply(run.state, event), Error);
}

TEST(Apply, counts_and_otherwise_ignores_types_of_a_newer_version) {
  RunDriver run(plan({stage("main", {job("a")})}));
  const auto version = run.state.version;
  run.post("run.praised", {{"stars", 5}});
  EXPECT_EQ(run.state.version, version + 1);
}

TEST(Apply, late_events_of_a_past_attempt_change_nothing) {
  auto one = job("a");
  one.retry.attempts = 2;
  RunDriver run(plan({stage("main", {one})}));
  run.start_all();
  run.post(events::step_started, {{"job", "a"}, {"attempt", 1}, {"index", 0}});
  run.end("a", State::failed, {{"retry_at", to_micros(run.world.now)}}).start_all();
  run.post(events::step_finished, {{"job", "a"}, {"attempt", 1}, {"index", 0}, {"state", "succeeded"}});
  EXPECT_EQ(run.state.job("a")->steps[0].state, State::queued) << "of the second attempt";
  run.end("a");
  run.post(events::step_progress, {{"job", "a"}, {"attempt", 2}, {"index", 0}, {"healthy", 1}});
  EXPECT_EQ(run.state.job("a")->steps[0].progress, nullptr);
}

TEST(Apply, the_end_of_a_job_ends_its_steps) {
  auto one = job("a");
  one.steps.resize(3, one.steps.front());
  for (std::size_t i = 0; i < 3; ++i) one.steps[i].index = i;
  RunDriver run(plan({stage("main", {one})}));
  run.start_all();
  run.post(events::step_started, {{"job", "a"}, {"attempt", 1}, {"index", 0}});
  run.post(events::step_finished, {{"job", "a"}, {"attempt", 1}, {"index", 0}, {"state", "succeeded"}});
  run.post(events::step_started, {{"job", "a"}, {"attempt", 1}, {"index", 1}});
  run.end("a", State::lost);
  const auto& steps = run.state.job("a")->steps;
  EXPECT_EQ(steps[0].state, State::succeeded);
  EXPECT_EQ(steps[1].state, State::lost);
  EXPECT_EQ(steps[2].state, State::skipped);
}

TEST(RunJson, has_the_promised_fields) {
  RunDriver run(plan({stage("build", {job("unit")}), stage("production", {job("api")}, "production")}));
  ApprovalPolicy policy;
  policy.require = {{{"user:lead"}, 1}};
  policy.expires = std::chrono::hours(4);
  run.environment("production").approval = policy;
  run.start_all();
  run.post(events::step_started, {{"job", "unit"}, {"attempt", 1}, {"index", 0}});
  run.post(events::step_finished,
           {{"job", "unit"}, {"attempt", 1}, {"index", 0}, {"state", "succeeded"}, {"exit_code", 0}, {"outputs", {{"a", "b"}}}});
  run.end("unit");
  const Json json = run_json(run.state);
  for (const auto* field : {"id", "app", "number", "state", "ref", "sha", "trigger", "actor", "created_at", "started_at", "finished_at",
                            "stages", "deployments"}) {
    EXPECT_TRUE(json.contains(field)) << field;
  }
  EXPECT_TRUE(json["finished_at"].is_null());
  EXPECT_EQ(json["created_at"], format_time(at_minute(0)));
  const Json& step = json["stages"][0]["jobs"][0]["steps"][0];
  EXPECT_EQ(step["index"], 0);
  EXPECT_EQ(step["name"], "make unit");
  EXPECT_EQ(step["action"], "run");
  EXPECT_EQ(step["exit_code"], 0);
  EXPECT_EQ(step["outputs"]["a"], "b");
  const Json& gate = json["stages"][1]["gates"][0];
  EXPECT_EQ(gate["kind"], "approval");
  EXPECT_EQ(gate["state"], "open");
  EXPECT_EQ(gate["needs"], 1);
  EXPECT_EQ(gate["votes"], Json::array());
  EXPECT_EQ(gate["expires_at"], format_time(at_minute(240)));
  EXPECT_EQ(gate["plan_digest"], "digest-1");
  EXPECT_EQ(json["stages"][1]["state"], "waiting");
  EXPECT_FALSE(run_summary_json(run.state).contains("stages"));
}

TEST(RunJson, explains_everything_that_waits) {
  RunDriver run(plan({stage("build", {job("a"), job("b", {"a"})}), stage("after", {job("c")})}));
  run.settle();
  const Json lines = run_json(run.state)["explain"];
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0]["reason"], "waits for a free slot");
  EXPECT_EQ(lines[1]["reason"], "needs a");
  EXPECT_EQ(lines[2]["reason"], "comes after stage build");
}

TEST(Apply, a_run_of_256_jobs_is_walked_in_good_time) {
  std::vector<pipeline::PlanJob> jobs;
  for (int i = 0; i < 256; ++i) jobs.push_back(matrix_job("unit", i));
  RunDriver run(plan({stage("main", jobs)}));
  const auto start = std::chrono::steady_clock::now();
  run.start_all();
  for (int i = 0; i < 256; ++i) run.end("unit (" + std::to_string(i) + ")");
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(run.state.state, State::succeeded);
  RecordProperty("milliseconds", static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
}

}  // namespace
}  // namespace fairlead::engine
