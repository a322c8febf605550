// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fairlead/engine/run_state.hpp"

namespace fairlead::engine {

/// One thing that waits: why, and until when if that is known.
struct Waiting {
  std::string stage, job, gate;  ///< empty where it does not apply
  std::string reason;
  std::optional<Time> until;
};

/// Everything of the run that waits now, in the order of the pipeline. Empty for a run that has ended.
std::vector<Waiting> explain(const RunState&);

}  // namespace fairlead::engine
