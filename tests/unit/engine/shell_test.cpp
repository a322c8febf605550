// SPDX-License-Identifier: Apache-2.0
#include "fairlead/engine/events.hpp"
#include "unit/engine/shell_fixture.hpp"

namespace fairlead::engine {
namespace {

constexpr auto one_step = "jobs: { test: { steps: [make test] } }";

constexpr auto with_production = R"(
concurrency: parallel
stages:
  - name: build
    jobs: { unit: { steps: [make test] } }
  - name: production
    environment: production
    jobs: { live: { steps: [make deploy] } }
)";

constexpr auto approved_server = R"(
apps:
  shop: { repository: "file:///srv/shop.git" }
environments:
  production:
    approval: { require: [ { from: ["user:lead@example.com", "user:dev@example.com"], count: 1 } ] }
)";

Ballot ballot(const std::string& person, bool approve = true) {
  return {.person = {person, {}, {}}, .approve = approve, .reason = "looked at it", .via = "api"};
}

TEST_F(ShellTest, RunsOneStepToSuccess) {
  start();
  const RunId id = run(one_step);
  until_over(id);
  const RunState end = state(id);
  EXPECT_EQ(end.state, State::succeeded) << end.reason;
  EXPECT_EQ(end.number, 1);
  EXPECT_EQ(executor->starts, (std::map<std::string, int>{{"test/1/0", 1}}));
}

TEST_F(ShellTest, FailedStepFailsTheRunWithItsReason) {
  start();
  executor->outcomes["make test"] = {.state = State::failed, .reason = "exit 3", .exit_code = 3};
  const RunId id = run(one_step);
  until_over(id);
  EXPECT_EQ(state(id).state, State::failed);
  EXPECT_NE(state(id).reason.find("exit 3"), std::string::npos) << state(id).reason;
}

TEST_F(ShellTest, PipelineThatDoesNotParseIsAFailedRunWithItsErrors) {
  start();
  const RunId id = run("jobs: { test: { stepz: [make test] } }");
  until_over(id);
  const RunState end = state(id);
  EXPECT_EQ(end.state, State::failed);
  ASSERT_FALSE(end.errors.empty());
  EXPECT_NE(end.errors.front().find("did you mean \"steps\"?"), std::string::npos) << end.errors.front();
}

TEST_F(ShellTest, RepositoryThatCannotBeFetchedIsAFailedRunWithGitsWords) {
  start();
  source->failure = Error(ErrorKind::unavailable, "cannot fetch git@example.com:shop.git: Connection refused");
  const RunId id = run(one_step);
  until_over(id);
  EXPECT_EQ(state(id).state, State::failed);
  EXPECT_NE(state(id).reason.find("Connection refused"), std::string::npos) << state(id).reason;
}

TEST_F(ShellTest, ActionNotBuiltYetFailsAtRunTimeWithThatText) {
  start();
  const RunId id = run("jobs: { mail: { steps: [ { notify: { text: hello, to: [\"#releases\"] } } ] } }");
  until_over(id);
  EXPECT_EQ(state(id).state, State::failed);
  EXPECT_NE(state(id).reason.find("not built yet in this version"), std::string::npos) << state(id).reason;
}

TEST_F(ShellTest, SameIdempotencyKeyGivesTheSameRun) {
  start();
  StartRequest request;
  request.idempotency_key = "deploy-17";
  const RunId first = run(one_step, request);
  EXPECT_EQ(run(one_step, request), first);
}

TEST_F(ShellTest, UnknownAppIsRefusedNamingTheNearest) {
  start();
  StartRequest request;
  request.app = "shpo";
  try {
    run(one_step, request);
    FAIL() << "an unknown app was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::not_found);
    EXPECT_EQ(error.hint(), "did you mean \"shop\"?");
  }
}

TEST_F(ShellTest, GateWaitsForApprovalAndGoesOn) {
  configure(approved_server);
  start();
  const RunId id = run(with_production);
  until_state(id, State::waiting);
  EXPECT_EQ(executor->starts.count("live/1/0"), 0u);
  EXPECT_THROW(wait_for(engine->vote(id, "", ballot("user:dev@example.com"))), Error) << "the requester may not approve";
  EXPECT_THROW(wait_for(engine->vote(id, "", ballot("user:stranger@example.com"))), Error);
  wait_for(engine->vote(id, "", ballot("user:lead@example.com")));
  until_over(id);
  EXPECT_EQ(state(id).state, State::succeeded) << state(id).reason;
  EXPECT_EQ(executor->starts.at("live/1/0"), 1);
}

TEST_F(ShellTest, RejectionEndsTheRunWithoutTheEffect) {
  configure(approved_server);
  start();
  const RunId id = run(with_production);
  until_state(id, State::waiting);
  wait_for(engine->vote(id, "production", ballot("user:lead@example.com", false)));
  until_over(id);
  EXPECT_EQ(state(id).state, State::failed);
  EXPECT_EQ(executor->starts.count("live/1/0"), 0u);
}

TEST_F(ShellTest, CancelOfARunningJobEndsTheRunAsCanceled) {
  start();
  executor->held.insert("make test");
  const RunId id = run(one_step);
  until([&] { return executor->starts.contains("test/1/0"); });
  wait_for(engine->cancel(id, "user:dev@example.com", "wrong branch"));
  until_over(id);
  EXPECT_EQ(state(id).state, State::canceled);
  EXPECT_EQ(state(id).reason, "canceled by user:dev@example.com: wrong branch");
}

TEST_F(ShellTest, RestartAdoptsARunningStepAndDoesNotStartItAgain) {
  start();
  executor->held.insert("make test");
  const RunId id = run(one_step);
  until([&] { return executor->starts.contains("test/1/0"); });
  stop();
  start();
  until([&] { return !executor->opened.empty(); });
  executor->release("make test");
  until_over(id);
  EXPECT_EQ(state(id).state, State::succeeded) << state(id).reason;
  EXPECT_EQ(executor->starts.at("test/1/0"), 1);
}

constexpr auto env_between_steps = R"(
jobs:
  test:
    env: { MODE: plain }
    steps:
      - make mode
      - make test
      - { run: make fancy, if: "${{ env.MODE == 'fancy' }}" }
)";

TEST_F(ShellTest, EnvForLaterStepsHidesTheJobsOwn) {
  start();
  executor->outcomes["make mode"].env = {{"MODE", "fancy"}};
  until_over(run(env_between_steps));
  EXPECT_EQ(executor->starts.count("test/1/2"), 1u);
  EXPECT_EQ(executor->env.at("make test").count("MODE"), 0u) << "the job's value would hide what the host was told to add";
}

TEST_F(ShellTest, EnvForLaterStepsSurvivesARestart) {
  start();
  executor->outcomes["make mode"].env = {{"MODE", "fancy"}};
  executor->held.insert("make test");
  const RunId id = run(env_between_steps);
  until([&] { return executor->starts.contains("test/1/1"); });
  stop();
  start();
  executor->release("make test");
  until_over(id);
  EXPECT_EQ(executor->starts.count("test/1/2"), 1u);
}

TEST_F(ShellTest, DeployAskedForAtATimeNeedsNoScheduleInThePipeline) {
  configure("apps:\n  shop: { repository: \"file:///srv/shop.git\" }\nenvironments: { production: {} }\n");
  start();
  StartRequest request;
  request.trigger = "schedule";
  request.environment = "production";
  const RunId id = run(with_production, request);
  until_over(id);
  EXPECT_EQ(state(id).state, State::succeeded) << state(id).reason;
}

TEST_F(ShellTest, CancelBeforeARestartReachesTheJobBeforeItsNextStep) {
  start();
  executor->held.insert("make test");
  const RunId id = run("jobs: { test: { steps: [make test, make more] } }");
  until([&] { return executor->starts.contains("test/1/0"); });
  while (state(id).job("test")->steps.at(0).state != State::running) continue;
  wait_for(store->transact([&](store::Tx& tx) {
    const std::string payload = dump(Json{{"by", "user:dev@example.com"}, {"reason", "enough"}, {"as", "canceled"}});
    const std::string stream = "run:" + id.str();
    tx.append(stream, tx.version(stream), {{std::string(events::run_cancel_requested), payload, "user:dev@example.com"}});
  }));
  stop();
  executor->held.clear();
  executor->outcomes["make test"] = {.state = State::canceled, .reason = "canceled"};
  start();
  until_over(id);
  EXPECT_EQ(state(id).state, State::canceled);
  EXPECT_EQ(executor->starts.count("test/1/1"), 0u);
}

TEST_F(ShellTest, RetryRunsTheFailedJobAgainWithTheSameCommit) {
  start();
  executor->outcomes["make test"] = {.state = State::failed, .reason = "exit 1", .exit_code = 1};
  const RunId id = run(one_step);
  until_over(id);
  executor->outcomes.clear();
  wait_for(engine->retry(id, "user:dev@example.com", false));
  until_over(id);
  EXPECT_EQ(state(id).state, State::succeeded) << state(id).reason;
  EXPECT_EQ(executor->starts.at("test/2/0"), 1);
}

TEST_F(ShellTest, LockHoldsTheStageAndUnlockLetsItGo) {
  configure("apps:\n  shop: { repository: \"file:///srv/shop.git\" }\nenvironments:\n  production: {}\n");
  start();
  wait_for(engine->lock({.environment = "production", .reason = "moving the database"}, "user:ops@example.com"));
  const RunId id = run(with_production);
  until_state(id, State::waiting);
  const Json json = run_json(state(id));
  EXPECT_NE(dump(json).find("locked by user:ops@example.com: moving the database"), std::string::npos) << json.dump(1);
  wait_for(engine->unlock("production", "", "user:ops@example.com"));
  until_over(id);
  EXPECT_EQ(state(id).state, State::succeeded);
}

TEST_F(ShellTest, LockSurvivesARestart) {
  configure("apps:\n  shop: { repository: \"file:///srv/shop.git\" }\nenvironments:\n  production: {}\n");
  start();
  wait_for(engine->lock({.environment = "production", .reason = "moving the database"}, "user:ops@example.com"));
  stop();
  start();
  EXPECT_EQ(wait_for(engine->locks()).size(), 1u);
}

TEST_F(ShellTest, TwoRunsOfAnAppNeverDeployAtTheSameTime) {
  configure("apps:\n  shop: { repository: \"file:///srv/shop.git\" }\nenvironments:\n  production: { queue: every }\n");
  start();
  executor->held.insert("make deploy");
  const RunId first = run(with_production);
  until([&] { return executor->starts.contains("live/1/0"); });
  StartRequest request;
  request.ref = "release";
  const RunId second = run(with_production, request);
  until_state(second, State::waiting);
  EXPECT_NE(dump(run_json(state(second))).find("shop#1"), std::string::npos) << "it says behind whom it waits";
  executor->release("make deploy");
  until_over(first);
  until_over(second);
  EXPECT_EQ(state(second).state, State::succeeded) << state(second).reason;
}

TEST_F(ShellTest, DeploymentsAreListedNewestFirst) {
  configure("apps:\n  shop: { repository: \"file:///srv/shop.git\" }\nenvironments:\n  production: {}\n");
  start();
  std::vector<RunId> wanted;
  for (int i = 0; i < 6; ++i) {
    wanted.insert(wanted.begin(), run(with_production));
    until_over(wanted.front());
    clock += std::chrono::microseconds(500);
  }
  std::vector<RunId> listed;
  for (const auto& row : wait_for(store->read([](store::View& view) { return view.deployments({.app = "shop"}); }))) {
    listed.push_back(row.run);
  }
  EXPECT_EQ(listed, wanted);
}

TEST_F(ShellTest, RunThatCrashesTheServerThreeTimesIsParkedAndOthersGoOn) {
  configure(approved_server);
  start();
  const RunId id = run(with_production);
  until_state(id, State::waiting);
  for (int crash = 0; crash < 3; ++crash) {
    stop();
    std::string mark(64, '\0');
    mark.replace(0, id.str().size(), id.str());
    write_file(folder.path() / "data" / "handling", mark);
    start();
  }
  EXPECT_GT(state(id).parked, 0);
  const RunId other = run(one_step);
  until_over(other);
  EXPECT_EQ(state(other).state, State::succeeded);
}

TEST_F(ShellTest, StateInMemoryEqualsTheFoldOfTheLog) {
  start();
  const RunId id = run(one_step);
  until_over(id);
  const auto history = wait_for(store->read([&id](store::View& view) { return view.events("run:" + id.str()); }));
  EXPECT_EQ(run_json(fold(history)), run_json(state(id)));
  EXPECT_TRUE(wait_for(store->verify()).ok);
}

}  // namespace
}  // namespace fairlead::engine
