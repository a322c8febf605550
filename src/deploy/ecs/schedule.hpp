// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "deploy/ecs/definitions.hpp"

namespace fairlead::deploy::ecs {

/// What the step changes of a target. Pure.
struct TargetChange {
  std::string task_definition;  ///< ARN
  std::string container;
  Json command;  ///< null: as it is
};
/// An EventBridge target or a Scheduler target with the change; every other field is kept. Throws Error(invalid) when it runs no
/// ECS task.
Json changed_target(Json target, const TargetChange&);
/// The target of a rule that is meant: by id, or the only one that runs ECS tasks. Throws Error(not_found | invalid).
Json choose_target(const Json& targets, const std::string& id, const std::string& rule);
/// UpdateSchedule replaces all: everything that GetSchedule shows and UpdateSchedule takes.
Json schedule_update(const Json& schedule, const TargetChange&, const std::string& expression, const Json& enabled);

/// One `ecs-schedule` step. Lives as long as its coroutine.
class ScheduleStep {
 public:
  ScheduleStep(engine::StepContext& step, const Parts& parts);
  Awaitable<engine::StepOutcome> run();

 private:
  Awaitable<std::string> change_rule(std::string rule, TargetChange);      // the ARN before
  Awaitable<std::string> change_schedule(std::string schedule, TargetChange);
  Awaitable<std::string> send(std::string operation, Json params);
  Awaitable<void> once(std::string name, std::string operation, Json params);

  engine::StepContext& step_;
  const Parts& parts_;
  aws::Scope scope_;
};

}  // namespace fairlead::deploy::ecs
