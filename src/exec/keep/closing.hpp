// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "exec/job/shared.hpp"
#include "fairlead/engine/executor.hpp"
#include "fairlead/exec/masker.hpp"

/// What comes into a job's workspace when it opens and what is kept of it when it closes. Everything here blocks: pool thread.
namespace fairlead::exec {

bool restores_something(const engine::JobSpec&);
/// Artifacts of earlier jobs and caches. Returns lines for the log. A missing artifact throws Error(not_found); a cache never does.
std::vector<std::string> restore(const LocalExecutor::Shared&, const engine::JobSpec&, const std::filesystem::path& base);

bool keeps_something(const engine::JobSpec&);
/// Artifacts, reports, and caches when the job succeeded. What cannot be kept becomes a warning.
engine::JobResults collect(const LocalExecutor::Shared&, const engine::JobSpec&, const std::filesystem::path& base, const MaskPatterns&,
                           bool succeeded);

/// The results as they are recorded in the attempt's folder, which says that the job is over.
void write_closed(const std::filesystem::path& folder, const engine::JobResults&);
std::optional<engine::JobResults> read_closed(const std::filesystem::path& folder);

/// SHA-256 (hex) over the names and contents of the files below `base` that match; empty when none does.
std::string hash_files(const std::filesystem::path& base, const std::vector<std::string>& patterns);

}  // namespace fairlead::exec
