// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "exec/supervise/protocol.hpp"
#include "fairlead/engine/executor.hpp"
#include "fairlead/exec/masker.hpp"

namespace fairlead::exec {

/// What an exit means for the step: state, reason, exit code.
engine::ProcessOutcome judge(const Exit&, const engine::ProcessSpec&, const std::string& cancel_reason);

/// Adds what the process wrote to its output, env and summary files in `<folder>/<step>`, masked. Values of env that contain a
/// secret are left out here (they would end in the database); `later` gets them as they are. Returns remarks for the log.
std::vector<std::string> read_results(const std::filesystem::path& folder, const std::string& step, const std::string& name,
                                      const MaskPatterns&, engine::ProcessOutcome&, std::map<std::string, std::string>& later);

/// What processes of earlier steps wrote to $FAIRLEAD_ENV, in order: for a job that is adopted.
std::map<std::string, std::string> recorded_env(const std::filesystem::path& folder);

}  // namespace fairlead::exec
