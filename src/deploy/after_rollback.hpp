// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "fairlead/deploy/actions.hpp"
#include "fairlead/engine/action.hpp"

namespace fairlead::deploy {

/// Locks the environment for the app, where it is to be, and says in the log what that means for the next deploy.
inline Awaitable<void> lock_after_rollback(engine::StepContext& step, const Parts& parts, std::string why) {
  const auto environment = step.environment();
  const auto app = step.job().app;
  if (co_await parts.hold(environment, app, "rolled back: " + why))
    co_await step.log(environment + " is locked for " + app + " until somebody has looked (lock-after-rollback): fairlead unlock " +
                      environment + " " + app + "\n");
}

}  // namespace fairlead::deploy
