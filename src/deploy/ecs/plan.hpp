// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "deploy/ecs/observation.hpp"

/// What can be known before anything is changed. Pure.
namespace fairlead::deploy::ecs {

/// What a deploy of a service wants beyond the task definition.
struct Wishes {
  std::optional<int> desired, min_percent, max_percent;
  std::string strategy = "rolling";
};

/// One entry of the list that a preflight gives: `fatal` ones stop the deploy before it changes anything.
struct Finding {
  bool fatal = true;
  std::string text;
  std::string advice;
  bool passing = false;  ///< AWS did not answer: it may another time, and then the plan may be another
};

/// Facts of the service itself: controller, status, desired count, waves, a deployment in progress.
/// `ours`: the PRIMARY's revision was registered by fairlead.
std::vector<Finding> check_service(const Service&, const Wishes&, bool ours);

/// "1. …\n2. …" with advice.
std::string listed(const std::vector<Finding>&);
bool any_fatal(const std::vector<Finding>&);

/// Seconds of a rollout from its waves, for the plan shown.
int waves_of(int desired, int wave);

}  // namespace fairlead::deploy::ecs
