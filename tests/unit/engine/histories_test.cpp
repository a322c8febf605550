// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "fairlead/base/files.hpp"
#include "fairlead/base/strings.hpp"
#include "run_driver.hpp"

/// Recorded histories must fold to the same end for ever (architecture.md, the event log). A file of the corpus holds one event
/// a line and the run's JSON in its last line. To add one, write a scenario below and run this test with
/// FAIRLEAD_RECORD_HISTORIES=<folder>; files that exist are never rewritten.
namespace fairlead::engine {
namespace {

using namespace test;

struct History {
  std::vector<store::Event> events;
  Json expected;
};

History read_history(const std::filesystem::path& path) {
  History history;
  for (const auto& line : split_lines(read_file(path))) {
    if (line.empty()) continue;
    const Json json = parse_json(line, 256);
    if (json.contains("expected")) {
      history.expected = json["expected"];
      continue;
    }
    store::Event event;
    event.stream = "run:" + path.stem().string();
    event.version = number_at(json, "version");
    event.type = text_at(json, "type");
    event.at = from_micros(number_at(json, "at"));
    event.actor = text_at(json, "actor");
    event.payload = dump(json["payload"]);
    history.events.push_back(std::move(event));
  }
  return history;
}

void record(const std::string& name, RunDriver run) {
  const char* folder = std::getenv("FAIRLEAD_RECORD_HISTORIES");
  const auto path = std::filesystem::path(folder == nullptr ? "" : folder) / (name + ".jsonl");
  if (folder == nullptr || std::filesystem::exists(path)) return;
  run.state.id = RunId(name);
  std::string text;
  for (const auto& event : run.log) {
    const Json line{{"version", event.version},
                    {"type", event.type},
                    {"at", to_micros(event.at)},
                    {"actor", event.actor},
                    {"payload", parse_json(event.payload, 256)}};
    text += dump(line) + "\n";
  }
  write_file(path, text + dump({{"expected", run_json(run.state)}}) + "\n");
}

ApprovalPolicy two_groups() {
  ApprovalPolicy policy;
  policy.require = {{{"slack:@deployers", "github:team:acme/sre"}, 1}, {{"user:qa@example.com"}, 1}};
  policy.expires = std::chrono::hours(4);
  policy.exclude = {"requester", "pusher"};
  return policy;
}

void cast(RunDriver& run, const std::string& environment, Ballot ballot) {
  ballot.via = "cli";
  const auto result = vote(run.state, "", *run.environment(environment).approval, ballot, run.world.now);
  ASSERT_EQ(result.kind, VoteResult::Kind::accepted) << result.text;
  for (const auto& event : result.events) run.append(event);
  run.settle();
}

RunDriver build_and_deploy() {
  auto image = job("image", {"unit"});
  auto production = stage("production", {job("migrate"), job("api", {"migrate"})}, "production");
  production.checks = Json::array({Json{{"kind", "http"}, {"with", {{"url", "https://status.example.com/ok"}, {"expect", 200}}}}});
  RunDriver run(plan({stage("build", {job("unit"), image}), stage("staging", {job("stage-api")}, "staging"), production}));
  run.environment("production").approval = two_groups();
  run.environment("production").wait_timer = std::chrono::minutes(5);
  run.environment("production").calendar_closed = "outside mon-fri 10:00-17:00 Asia/Tokyo";
  run.environment("production").calendar_changes_at = at_minute(90);
  run.start_all();
  run.post(events::step_started, {{"job", "unit"}, {"attempt", 1}, {"index", 0}});
  run.post(events::step_finished,
           {{"job", "unit"}, {"attempt", 1}, {"index", 0}, {"state", "succeeded"}, {"exit_code", 0}, {"summary", "12 tests passed"}});
  run.end("unit", State::succeeded, {{"artifacts", {"dist"}}, {"reports", {{"junit", {{"tests", 12}, {"failed", 0}}}}}}).start_all();
  run.end("image", State::succeeded, {{"outputs", {{"uri", "registry.example.com/shop-api@sha256:0"}}}}).start_all();
  run.post(events::step_progress, {{"job", "stage-api"}, {"attempt", 1}, {"index", 0}, {"healthy", 1}, {"wanted", 2}});
  run.end("stage-api").pass(std::chrono::minutes(10));
  cast(run, "production", {.person = {"user:lead@example.com", {}, {"slack:@deployers"}}});
  cast(run, "production", {.person = {"user:qa@example.com", {}, {}}, .reason = "tested on staging"});
  run.world.now = at_minute(90);
  run.environment("production").calendar_closed.reset();
  run.settle();
  run.world.checks["production/check:0"] = {true, "answered 200", run.world.now};
  run.settle();
  run.start_all().end("migrate").start_all().end("api");
  return run;
}

RunDriver retry_and_rollback() {
  auto deploy = stage("deploy", {job("api"), job("worker")}, "production");
  deploy.on_failure.kind = pipeline::OnFailure::Kind::rollback;
  auto build = stage("build", {job("unit"), job("lint")});
  build.on_failure = {pipeline::OnFailure::Kind::retry, 1};
  build.jobs[0].retry = {.attempts = 2, .on_failure = false, .on_lost = true, .on_timeout = false, .on_exit = {75}};
  RunDriver run(plan({build, deploy}));
  run.start_all();
  run.end("unit", State::lost, {{"retry_at", to_micros(*retry_at(run.state, "unit", {State::lost, {}, false}, run.world.now))}});
  run.pass(std::chrono::minutes(1))
      .end("lint", State::failed, {{"exit_code", 2}, {"reason", "exit 2"}})
      .start_all()
      .end("unit")
      .start_all();
  run.end("lint").start_all().end("api").end("worker", State::failed, {{"reason", "health check failed 3 times"}});
  run.post(events::stage_rolled_back, {{"stage", "deploy"}, {"run", "0191"}, {"label", "shop#43"}});
  run.settle();
  run.pass(std::chrono::minutes(20)).retry().start_all().end("worker");
  return run;
}

RunDriver matrix_and_cancel() {
  std::vector<pipeline::PlanJob> jobs;
  for (int version : {18, 20, 22}) {
    jobs.push_back(matrix_job("unit", version));
    jobs.back().max_parallel = 2;
  }
  jobs.push_back(job("docs"));
  auto cleanup = stage("cleanup", {job("sweep")});
  cleanup.condition = "always()";
  RunDriver run(plan({stage("test", jobs), stage("deploy", {job("api")}, "production"), cleanup}));
  run.start_all()
      .end("unit (18)", State::failed, {{"exit_code", 1}})
      .end("unit (20)", State::canceled, {{"reason", "unit (18) failed (fail-fast)"}});
  run.cancel("user:ops@example.com", "wrong branch").end("docs", State::canceled).start_all().end("sweep");
  return run;
}

RunDriver rejected() {
  RunDriver run(plan({stage("production", {job("api")}, "production")}), created({{"trigger", "command"}, {"environment", "production"}}));
  run.environment("production").approval = two_groups();
  run.settle();
  run.post(events::gate_reminded, {{"stage", "production"}, {"times", 1}});
  cast(run, "production", {.person = {"user:lead@example.com", {}, {"slack:@deployers"}}});
  const auto back = revoke(run.state, "", two_groups(), {"user:lead@example.com", {}, {}}, run.world.now);
  for (const auto& event : back.events) run.append(event);
  cast(run, "production", {.person = {"user:qa@example.com", {}, {}}, .approve = false, .reason = "two alarms are red"});
  return run;
}

RunDriver never_planned() {
  RunDriver run;
  run.post(events::run_parked, {{"reason", "handling it ended the server three times"}});
  run.retry();
  run.post(events::run_finished,
           {{"state", "failed"}, {"reason", ".fairlead.yml has 1 problem"}, {"errors", {".fairlead.yml:3:5: unknown key"}}});
  return run;
}

RunDriver superseded() {
  RunDriver run(plan({stage("build", {job("unit")}), stage("production", {job("api")}, "production")}));
  run.environment("production").queue_latest = true;
  run.environment("production").holder = "shop#41";
  run.start_all().end("unit");
  run.environment("production").newer = "shop#43";
  run.settle();
  return run;
}

/// An approval of what the steps said they would do, void because somebody deployed in between, and given again.
RunDriver approved_anew() {
  RunDriver run(plan({stage("production", {job("api")}, "production")}), created({{"trigger", "command"}, {"environment", "production"}}));
  run.environment("production").approval.emplace().require = {{{"*"}, 1}};
  run.world.planning = {"run"};
  const auto told = [&run](const std::string& line, const std::string& digest) {
    Json steps =
        Json::array({Json{{"job", "api"}, {"step", 0}, {"name", "api"}, {"action", "ecs-deploy"}, {"lines", Json::array({line})}}});
    steps[0]["problems"] = Json::array({Json{{"fatal", false}, {"text", "alarm api-5xx is quiet since a minute"}, {"advice", ""}}});
    steps[0]["digest"] = digest;
    run.world.plans["production"] = {.known = true, .digest = digest, .steps = std::make_shared<const Json>(steps), .at = run.world.now};
    run.settle();
  };
  run.world.plans["production"] = {.known = false, .why = "ecs:DescribeServices was throttled", .at = run.world.now};
  run.settle();
  run.pass(std::chrono::minutes(1));
  told("service web/api runs api:7, 4 tasks wanted", "digest-of-7");
  run.pass(std::chrono::minutes(1));
  cast(run, "production", {.person = {"user:lead@example.com", {}, {}}});
  told("service web/api runs api:8, 4 tasks wanted", "digest-of-8");
  cast(run, "production", {.person = {"user:lead@example.com", {}, {}}, .reason = "still right"});
  run.start_all().end("api");
  return run;
}

TEST(Histories, scenarios_end_as_meant) {
  struct Row {
    const char* name;
    RunDriver (*play)();
    State end;
  };
  for (const auto& row : std::vector<Row>{{"build-and-deploy", build_and_deploy, State::succeeded},
                                          {"retry-and-rollback", retry_and_rollback, State::succeeded},
                                          {"matrix-and-cancel", matrix_and_cancel, State::canceled},
                                          {"rejected", rejected, State::failed},
                                          {"approved-anew", approved_anew, State::succeeded},
                                          {"never-planned", never_planned, State::failed},
                                          {"superseded", superseded, State::superseded}}) {
    const RunDriver run = row.play();
    EXPECT_EQ(run.state.state, row.end) << row.name << ": " << run.state.reason << run_json(run.state)["explain"].dump();
    record(row.name, run);
  }
}

TEST(Histories, recorded_ones_fold_to_the_same_end) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(FIXTURES) / "histories")) {
    if (entry.path().extension() != ".jsonl") continue;
    ++count;
    const History history = read_history(entry.path());
    EXPECT_EQ(run_json(fold(history.events)), history.expected) << entry.path();
  }
  EXPECT_GE(count, 7);
}

}  // namespace
}  // namespace fairlead::engine
