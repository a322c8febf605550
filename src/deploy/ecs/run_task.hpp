// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "deploy/ecs/definitions.hpp"
#include "deploy/ecs/observation.hpp"

namespace fairlead::deploy::ecs {

/// Result of tasks that have all stopped. Pure.
struct TasksEnd {
  bool succeeded = false;
  int exit_code = -1;  ///< the worst; -1 when a container never started
  std::string reason;  ///< of the first that failed
};
/// `container`: whose exit code counts.
TasksEnd end_of(const std::vector<Task>&, const std::string& container);

/// One `ecs-run-task` step. Lives as long as its coroutine.
class RunTaskStep {
 public:
  RunTaskStep(engine::StepContext& step, const Parts& parts);
  Awaitable<engine::StepOutcome> run();

 private:
  Awaitable<Json> request(std::string task_definition, Json definition);
  Awaitable<Json> network_of_service(std::string service);
  Awaitable<std::string> start(Json request, std::string token);
  /// Until all have stopped, were canceled, or nothing has moved for too long.
  Awaitable<std::vector<Task>> watch(std::vector<std::string> arns);
  Awaitable<std::vector<Task>> look(std::vector<std::string> arns);
  Awaitable<bool> tail(const std::vector<Task>&);
  Awaitable<std::string> send_stop(Json params);
  Awaitable<void> stop(std::vector<std::string> arns, std::string why);

  engine::StepContext& step_;
  const Parts& parts_;
  aws::Scope scope_;
  std::string cluster_, container_;
  Json definition_;
  std::string stopped_why_;
  Time deadline_ = Time::max();  ///< of the step's timeout
  std::map<std::string, std::string> next_;  ///< log stream → where to go on
};

}  // namespace fairlead::deploy::ecs
