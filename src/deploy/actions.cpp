// SPDX-License-Identifier: Apache-2.0
#include "fairlead/deploy/actions.hpp"

#include "deploy/ecs/action_plan.hpp"
#include "deploy/ecs/deploy_step.hpp"
#include "deploy/ecs/janitor.hpp"
#include "deploy/ecs/run_task.hpp"
#include "deploy/ecs/schedule.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::deploy {
namespace {

/// What the ECS actions share.
struct Shared {
  explicit Shared(const Parts& given) : parts(given), poller(parts.executor, *parts.aws) {}
  Parts parts;
  ecs::Poller poller;
};

/// An answer of AWS that is not of the documented shape ends the step, not the server.
template <class T>
Awaitable<T> guarded(Awaitable<T> work) {
  std::string what;
  try {
    co_return co_await std::move(work);
  } catch (const Json::exception& error) {
    what = error.what();
  }
  throw Error(ErrorKind::unavailable, "an answer of AWS, or an input, does not have the expected form: " + what);
}

class DeployAction : public engine::Action {
 public:
  explicit DeployAction(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  std::string_view name() const override { return "ecs-deploy"; }
  bool plans() const override { return true; }
  Awaitable<engine::ActionPlan> plan(engine::PlanContext& context) override {
    co_return co_await guarded(ecs::plan_deploy(context, shared_->parts, shared_->poller));
  }
  bool keeps_time() const override { return true; }
  Awaitable<engine::StepOutcome> run(engine::StepContext& step) override {
    ecs::DeployStep deploy(step, shared_->parts, shared_->poller);
    co_return co_await guarded(deploy.run());
  }

 private:
  std::shared_ptr<Shared> shared_;
};

class RunTaskAction : public engine::Action {
 public:
  explicit RunTaskAction(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  std::string_view name() const override { return "ecs-run-task"; }
  bool plans() const override { return true; }
  Awaitable<engine::ActionPlan> plan(engine::PlanContext& context) override {
    co_return co_await guarded(ecs::plan_run_task(context, shared_->parts));
  }
  bool keeps_time() const override { return true; }
  Awaitable<engine::StepOutcome> run(engine::StepContext& step) override {
    ecs::RunTaskStep task(step, shared_->parts);
    co_return co_await guarded(task.run());
  }

 private:
  std::shared_ptr<Shared> shared_;
};

class ScheduleAction : public engine::Action {
 public:
  explicit ScheduleAction(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  std::string_view name() const override { return "ecs-schedule"; }
  bool plans() const override { return true; }
  Awaitable<engine::ActionPlan> plan(engine::PlanContext& context) override {
    co_return co_await guarded(ecs::plan_schedule(context, shared_->parts));
  }
  Awaitable<engine::StepOutcome> run(engine::StepContext& step) override {
    ecs::ScheduleStep schedule(step, shared_->parts);
    co_return co_await guarded(schedule.run());
  }

 private:
  std::shared_ptr<Shared> shared_;
};

}  // namespace

void add_ecs_actions(engine::Actions& actions, const Parts& parts) {
  const auto shared = std::make_shared<Shared>(parts);
  ecs::resume_draining(shared->parts, shared->poller);
  actions["ecs-deploy"] = std::make_shared<DeployAction>(shared);
  actions["ecs-run-task"] = std::make_shared<RunTaskAction>(shared);
  actions["ecs-schedule"] = std::make_shared<ScheduleAction>(shared);
}

}  // namespace fairlead::deploy
