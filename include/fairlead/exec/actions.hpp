// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "fairlead/engine/action.hpp"

namespace fairlead::exec {

/// `run`: a script in the job's shell.
std::shared_ptr<engine::Action> make_run_action();

}  // namespace fairlead::exec
