// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "fairlead/engine/approval.hpp"
#include "unit/engine/shell_fixture.hpp"

namespace fairlead::engine {
namespace {

using testing::HasSubstr;

/// A step that says what it would do: what its input is, from what the world is.
class TellingAction : public Action {
 public:
  std::string world = "1";
  bool down = false, early = false;
  int asked = 0, ran = 0;

  std::string_view name() const override { return "ecs-deploy"; }
  bool plans() const override { return true; }
  Awaitable<ActionPlan> plan(PlanContext& context) override {
    ++asked;
    early = context.early();
    if (down) throw Error(ErrorKind::unavailable, "ecs was throttled");
    const Json& image = member(member(context.with(), "images"), "app");
    ActionPlan plan;
    plan.lines = {"api:" + world + " becomes " + (image.is_string() ? image.get<std::string>() : "what is built")};
    plan.digest = plan.lines.front();
    if (text_at(context.with(), "service") == "none")
      throw Error(ErrorKind::not_found, "there is no service \"none\"", "did you mean api?");
    co_return plan;
  }
  Awaitable<StepOutcome> run(StepContext&) override {
    ++ran;
    co_return StepOutcome{};
  }
};

constexpr auto server = R"(
apps: { shop: { repository: "file:///srv/shop.git" } }
environments: { prod: { approval: { require: [ { from: ["*"], count: 1 } ] } } }
)";

/// `more`: of the job that deploys.
std::string deploying(const std::string& service = "api", const std::string& more = "") {
  return R"(
stages:
  - name: build
    jobs:
      image:
        steps: [ { id: made, run: make } ]
        outputs: { uri: "${{ steps.made.outputs.uri }}" }
        artifacts: { dist: ["dist/**"] }
  - name: prod
    environment: prod
    jobs: { live: { )" +
         more + R"(steps: [ { ecs-deploy: { cluster: web, service: )" + service +
         R"(, images: { app: "${{ jobs.image.outputs.uri }}" } } } ] } }
)";
}

class PlanShell : public ShellTest {
 protected:
  PlanShell() {
    configure(server);
    actions["ecs-deploy"] = action;
    start();
    executor->outcomes["make"].outputs["uri"] = "api@sha256:2";
  }

  std::string approve(const RunId& id) { return wait_for(engine->vote(id, "", {.person = {"user:ann", {}, {}}, .via = "api"})); }
  std::string refusal(const RunId& id) {
    try {
      return "approved: " + approve(id);
    } catch (const Error& error) {
      return error.message();
    }
  }
  GateState gate(const RunId& id) { return *state(id).stage("prod")->gate("approval"); }

  std::shared_ptr<TellingAction> action = std::make_shared<TellingAction>();
};

TEST_F(PlanShell, a_gate_shows_what_the_steps_do_with_what_was_built) {
  const auto id = run(deploying());
  until_state(id, State::waiting);
  EXPECT_EQ((*gate(id).plan)[0]["lines"][0], "api:1 becomes api@sha256:2");
  approve(id);
  until_over(id);
  EXPECT_EQ(state(id).state, State::succeeded) << state(id).reason;
  EXPECT_EQ(action->ran, 1);
  EXPECT_EQ(action->asked, 2) << "before people, and when one of them decided";
}

TEST_F(PlanShell, what_was_built_is_known_but_not_what_artifacts_bring) {
  until_state(run(deploying()), State::waiting);
  EXPECT_FALSE(action->early);
  until_state(run(deploying("api", "artifacts-from: [image], ")), State::waiting);
  EXPECT_TRUE(action->early) << "the commit does not have all files";
}

TEST_F(PlanShell, somebody_who_deployed_in_between_voids_the_approval) {
  const auto id = run(deploying());
  until_state(id, State::waiting);
  action->world = "3";
  EXPECT_THAT(refusal(id), HasSubstr("has changed since you looked at it"));
  until([&] { return gate(id).reason.contains("now: api:3 becomes api@sha256:2"); });
  EXPECT_EQ(action->ran, 0);
  approve(id);
  until_over(id);
  EXPECT_EQ(action->ran, 1);
}

TEST_F(PlanShell, what_cannot_be_asked_waits_and_survives_a_restart) {
  action->down = true;
  const auto id = run(deploying());
  until_state(id, State::waiting);
  EXPECT_THAT(refusal(id), HasSubstr("is not known yet (ecs was throttled)"));
  stop();
  action->down = false;
  start();
  until([&] { return gate(id).plan_error.empty(); });
  approve(id);
  until_over(id);
  EXPECT_EQ(state(id).state, State::succeeded);
}

TEST_F(PlanShell, a_problem_of_the_plan_is_shown_where_people_decide) {
  const auto id = run(deploying("none"));
  until_state(id, State::waiting);
  const Json problem = (*gate(id).plan)[0]["problems"][0];
  EXPECT_EQ(problem["text"], "there is no service \"none\"");
  EXPECT_EQ(problem["advice"], "did you mean api?");
}

TEST_F(PlanShell, a_preview_names_what_is_not_built_yet) {
  source->pipeline = deploying();
  const Json preview = wait_for(engine->preview({.app = "shop", .actor = "user:dev", .environment = "prod"}));
  EXPECT_EQ(preview["stages"][1]["jobs"][0]["steps"][0]["plan"]["lines"][0], "api:1 becomes what is built");
  action->down = true;
  const Json unknown = wait_for(engine->preview({.app = "shop", .actor = "user:dev", .environment = "prod"}));
  EXPECT_EQ(unknown["stages"][1]["plan_error"], "ecs was throttled");
  EXPECT_EQ(action->ran, 0);
}

}  // namespace
}  // namespace fairlead::engine
