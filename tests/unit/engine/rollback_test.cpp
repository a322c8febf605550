// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "fairlead/store/rows.hpp"
#include "unit/engine/shell_fixture.hpp"

/// `on-failure: rollback` through the shell: the way back, the lock it leaves, and who waits meanwhile.
namespace fairlead::engine {
namespace {

using testing::HasSubstr;

/// The rollback must not depend on how the run was started or on the branch being there still.
std::string pipeline(const std::string& script) {
  return "on: { push: {}, command: false }\n"
         "concurrency: parallel\n"
         "inputs: { size: { type: string, required: true } }\n"
         "stages:\n"
         "  - name: production\n"
         "    environment: production\n"
         "    if: ${{ git.branch == 'main' }}\n"
         "    on-failure: rollback\n"
         "    jobs: { live: { env: { SIZE: \"${{ inputs.size }}\" }, steps: [" +
         script + "] } }\n";
}

class Rollback : public ShellTest {
 protected:
  const std::string good_sha = std::string(40, 'a');
  const std::string bad_sha = std::string(40, 'b');

  void begin(const std::string& rules) {
    configure("apps:\n  shop: { repository: \"file:///srv/shop.git\", branch: main }\nenvironments:\n  production: { " + rules + " }\n");
    start();
    source->of_commit = {{good_sha, pipeline("make good")}, {bad_sha, pipeline("make bad")}};
    executor->outcomes["make bad"] = {.state = State::failed, .reason = "exit 1", .exit_code = 1};
  }
  RunId push(const std::string& sha) {
    StartRequest request;
    request.trigger = "push";
    request.ref = "refs/heads/main";
    request.sha = sha;
    request.inputs = R"({"size":"large"})";
    return run("", request);
  }
  RunId number(std::int64_t wanted) { return wait_for(engine->resolve("shop#" + std::to_string(wanted))); }
  std::vector<std::string> reasons(const RunId& id) {
    std::vector<std::string> found;
    const RunState run = state(id);
    for (const auto& gate : run.stages.at(0).gates)
      if (gate.is_open()) found.push_back(gate.reason);
    return found;
  }
};

TEST_F(Rollback, StartsByItselfWithWhatWasRecordedAndLocksTheEnvironment) {
  begin("");
  until_over(push(good_sha));
  const RunId bad = push(bad_sha);
  until_over(bad);
  EXPECT_EQ(state(bad).state, State::failed);
  EXPECT_EQ(state(bad).stages[0].rollback, "shop#3");
  const RunId back = number(3);
  until_over(back);
  EXPECT_EQ(state(back).state, State::succeeded) << state(back).reason;
  EXPECT_EQ(state(back).sha.str(), good_sha);
  EXPECT_EQ(executor->env.at("make good").at("SIZE"), "large");

  const auto locks = wait_for(engine->locks());
  ASSERT_EQ(locks.size(), 1u);
  EXPECT_TRUE(locks[0].automatic);
  EXPECT_EQ(locks[0].environment + " " + locks[0].app, "production shop");
  EXPECT_THAT(locks[0].reason, HasSubstr("shop#2 failed and is rolled back to aaaaaaaaaaaa by shop#3"));

  const RunId next = push(good_sha);
  until_state(next, State::waiting);
  EXPECT_THAT(reasons(next), testing::ElementsAre(HasSubstr("locked after a rollback: shop#2 failed")));
  EXPECT_THAT(reasons(next).front(), HasSubstr("fairlead unlock production shop"));
  wait_for(engine->unlock("production", "shop", "user:ops@example.com"));
  until_over(next);
  EXPECT_EQ(state(next).state, State::succeeded);
}

TEST_F(Rollback, LocksNothingWhenToldSo) {
  begin("lock-after-rollback: false");
  until_over(push(good_sha));
  until_over(push(bad_sha));
  until_over(number(3));
  EXPECT_EQ(state(number(3)).trigger, "rollback");
  EXPECT_TRUE(wait_for(engine->locks()).empty());
}

TEST_F(Rollback, LocksNothingWhenThereIsNothingToGoBackTo) {
  begin("");
  const RunId bad = push(bad_sha);
  until_over(bad);
  EXPECT_THAT(state(bad).stages[0].rollback, HasSubstr("no earlier successful deployment"));
  EXPECT_TRUE(wait_for(engine->locks()).empty());
}

TEST_F(Rollback, LockIsAlsoGivenBackByTheEnvironmentsNameAlone) {
  begin("");
  until_over(push(good_sha));
  until_over(push(bad_sha));
  EXPECT_THROW(wait_for(engine->unlock("production", "other", "user:ops@example.com")), Error);
  wait_for(engine->unlock("production", "", "user:ops@example.com"));
  EXPECT_TRUE(wait_for(engine->locks()).empty());
  stop();
  start();
  EXPECT_TRUE(wait_for(engine->locks()).empty());
}

TEST_F(Rollback, LetsNobodyInBeforeIt) {
  begin("lock-after-rollback: false, queue: every");
  until_over(push(good_sha));
  executor->held = {"make bad", "make good"};
  const RunId bad = push(bad_sha);
  until([&] { return executor->env.contains("make bad"); });
  const RunId next = push(good_sha);
  until_state(next, State::waiting);
  executor->release("make bad");
  until_over(bad);
  const RunId back = number(4);
  until_state(back, State::running);
  EXPECT_EQ(state(next).state, State::waiting);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (reasons(next) != std::vector<std::string>{"shop#4 is being deployed to production"}) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << "it does not wait for the rollback";
  }
  executor->release("make good");
  until_over(back);
  until_over(next);
  EXPECT_EQ(state(next).state, State::succeeded) << state(next).reason;
}

/// Deploys what the step says, or what was recorded; "bad" does not start.
class RecordingDeploy : public Action {
 public:
  std::vector<std::string> deployed;
  std::string_view name() const override { return "ecs-deploy"; }
  Awaitable<StepOutcome> run(StepContext& step) override {
    const Json& then = step.recorded();
    const std::string image = text_at(member(then.is_object() ? then : step.with(), "images"), "app");
    deployed.push_back(image + (then.is_object() ? " as recorded" : ""));
    StepOutcome outcome;
    if (image == "bad") outcome.state = State::failed;
    if (image != "bad") outcome.record = dump(Json{{"kind", "ecs-deploy"}, {"images", {{"app", image}}}});
    co_return outcome;
  }
};

class RecordedRollback : public ShellTest {
 protected:
  std::shared_ptr<RecordingDeploy> deploys = std::make_shared<RecordingDeploy>();
  const std::string text =
      "inputs: { image: { required: true } }\n"
      "stages:\n"
      "  - name: build\n"
      "    jobs: { pack: { steps: [make pack], artifacts: { dist: [d] }, outputs: { image: \"${{ inputs.image }}\" } } }\n"
      "  - name: production\n"
      "    environment: production\n"
      "    on-failure: rollback\n"
      "    jobs: { live: { steps: [ { ecs-deploy: { cluster: web, service: api, images: { app: \"${{ jobs.pack.outputs.image }}\" } } } ] "
      "} }\n";
  void begin() {
    configure("apps:\n  shop: { repository: \"file:///srv/shop.git\" }\nenvironments:\n  production: { lock-after-rollback: false }\n");
    actions = {{"ecs-deploy", deploys}};
    start();
  }
  RunId deploy(const std::string& image) {
    StartRequest request;
    request.sha = std::string(40, 'a');
    request.inputs = dump(Json{{"image", image}});
    const RunId id = run(text, request);
    until_over(id);
    return id;
  }
  store::DeploymentRow row(const RunId& id) {
    const RunState run = state(id);
    const std::string key = deployment_id(run.id, *run.stage("production"));
    return wait_for(store->read([key](store::View& view) { return view.deployment(key).value(); }));
  }
};

TEST_F(RecordedRollback, DeploysWhatWasRecordedThen) {
  begin();
  const RunId one = deploy("shop:1");
  const RunId two = deploy("shop:2");
  const Json recorded = member(parse_json(row(one).detail), "recorded");
  ASSERT_EQ(recorded.size(), 1u) << row(one).detail;
  EXPECT_EQ(recorded[0].at("images").at("app"), "shop:1");
  EXPECT_EQ(recorded[0].at("job"), "live");
  EXPECT_TRUE(leads_back(row(one), row(two))) << "the same commit, but another image";
  EXPECT_FALSE(leads_back(row(two), row(two)));

  StartRequest request;
  request.trigger = "rollback";
  request.environment = "production";
  request.sha = std::string(40, 'a');
  request.reuse = one;
  request.inputs = R"({"image":"shop:9"})";
  const RunId back = run(text, request);
  until_over(back);
  EXPECT_EQ(state(back).state, State::succeeded) << state(back).reason;
  EXPECT_EQ(deploys->deployed, (std::vector<std::string>{"shop:1", "shop:2", "shop:1 as recorded"}));
  EXPECT_EQ(member(parse_json(row(back).detail), "recorded")[0].at("images").at("app"), "shop:1") << "it can be gone back to, too";
}

TEST_F(RecordedRollback, HappensAlsoWithinOneCommit) {
  begin();
  deploy("shop:1");
  const RunId bad = deploy("bad");
  EXPECT_EQ(state(bad).stages[1].rollback, "shop#3");
  until_over(wait_for(engine->resolve("shop#3")));
  EXPECT_EQ(deploys->deployed.back(), "shop:1 as recorded");
  EXPECT_FALSE(parse_json(row(bad).detail).contains("recorded")) << "what failed is nothing to go back to";
}

TEST_F(RecordedRollback, SaysWhenNothingWasRecorded) {
  begin();
  deploy("shop:1");
  const RunId bad = deploy("bad");
  StartRequest request;
  request.trigger = "rollback";
  request.environment = "production";
  request.sha = std::string(40, 'a');
  request.reuse = bad;
  request.inputs = R"({"image":"shop:1"})";
  const RunId back = run(text, request);
  until_over(back);  // it waits for shop#3, which may end while this is being written
  EXPECT_THAT(state(back).notes, testing::Contains(HasSubstr("shop#2 left no record of live")));
}

}  // namespace
}  // namespace fairlead::engine
