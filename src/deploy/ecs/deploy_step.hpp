// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "deploy/ecs/deploy_plan.hpp"
#include "deploy/ecs/rollout.hpp"
#include "deploy/ecs/watch.hpp"
#include "fairlead/deploy/actions.hpp"

namespace fairlead::deploy::ecs {

/// One `ecs-deploy` step: performs what the machine says and feeds back what it sees. Started again from its first line after
/// a restart of the server: the plan, the machine's memory and the effects are in the journal. Lives as long as its coroutine.
class DeployStep {
 public:
  DeployStep(engine::StepContext& step, const Parts& parts, Poller& poller);
  Awaitable<engine::StepOutcome> run();

 private:
  Awaitable<void> prepare();
  Awaitable<void> plan();
  Awaitable<bool> take_lock();
  Awaitable<void> walk();
  Awaitable<void> perform(Command);
  Awaitable<void> look(Do what);
  Awaitable<void> tell();
  Awaitable<void> ask_people();
  Awaitable<void> wait_until(Time);
  void check_time();

  // Effects (deploy_effects.cpp).
  const Deployment* ours_in(const Service&) const;
  Awaitable<void> update();
  Awaitable<void> stop_deployment();
  Awaitable<void> restore();
  Awaitable<std::optional<std::string>> updated_already();
  Awaitable<Json> look_patiently();
  Awaitable<void> check_baseline();
  Awaitable<Json> set_service(Json request);
  Awaitable<std::string> send_update(Json request);
  Awaitable<std::string> send_stop();
  Awaitable<std::string> try_stop();
  Awaitable<std::optional<std::string>> restored_already();
  Awaitable<std::string> send_restore(Json request);

  // Diagnosis (deploy_diagnosis.cpp).
  Awaitable<void> diagnose();

  Awaitable<engine::StepOutcome> finish();
  Json progress_now() const;
  Json record() const;

  engine::StepContext& step_;
  const Parts& parts_;
  Poller& poller_;
  Inputs inputs_;
  aws::Scope scope_;
  DeployPlan plan_;
  std::string lock_;
  std::unique_ptr<Watch> watch_;
  std::optional<Rollout> rollout_;
  Time deadline_ = Time::max();  ///< of the step's timeout
  bool timed_out_ = false;
  std::string told_progress_, kept_memory_, report_;
};

}  // namespace fairlead::deploy::ecs
