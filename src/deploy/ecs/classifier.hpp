// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "deploy/ecs/observation.hpp"

/// Why a task stopped, and whether that says anything of the version. Pure.
namespace fairlead::deploy::ecs {

enum class Cause {
  config,    ///< the same for every task: image, secret, role, command that does not exist
  app,       ///< a container ended by itself, or ran out of memory
  health,    ///< load balancer or container health check
  pull,      ///< the registry did not answer: says nothing of the version
  capacity,  ///< no room to start it
  platform,  ///< spot, host gone, maintenance
  human,     ///< somebody stopped it
  scaling    ///< ECS stopped it on purpose
};

std::string_view to_string(Cause);
std::optional<Cause> parse_cause(std::string_view);

struct Classified {
  Cause cause = Cause::app;
  std::string fingerprint;  ///< equal for tasks that stopped for the same reason
  std::string sentence;     ///< what happened, in one line for people
  std::string advice;       ///< what to look at; may be empty
};

/// `task` has stopped.
Classified classify(const Task& task);

/// What an event of the service says of the deployment, when it is more than a description of the ordinary.
enum class EventMeaning {
  nothing,
  tasks_stopped,  ///< look at the stopped tasks
  no_room,        ///< capacity: stalled until somebody helps
  impossible      ///< the deployment can never move: settings or role
};
EventMeaning meaning_of(std::string_view event);

/// Ids, addresses, numbers and times replaced by "#": what is left is equal for equal reasons.
std::string normalised(std::string_view text);

}  // namespace fairlead::deploy::ecs
