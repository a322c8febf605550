// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fairlead/exec/artifacts.hpp"

namespace fairlead::exec {

/// Packs the files below `base` that match. nullopt when none does. Throws Error(io). Blocks.
std::optional<Artifact> keep_artifact(const std::filesystem::path& data, const RunId&, const std::string& job, const std::string& name,
                                      const std::filesystem::path& base, const std::vector<std::string>& patterns);

}  // namespace fairlead::exec
