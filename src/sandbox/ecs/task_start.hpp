// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/ecs/ecs.hpp"

/// From the pull to the running containers.
namespace fairlead::sandbox::ecs {

struct StartProblem {
  std::string reason, container;
};
/// Why the task cannot start: image, log group, secrets.
std::optional<StartProblem> start_problem(Context&, Task&);
/// Asks the shell for the containers of a real task.
void start_containers(Context&, Task&);
void fail_to_start(Context&, Task&, const std::string& reason, const std::string& container);

}  // namespace fairlead::sandbox::ecs
