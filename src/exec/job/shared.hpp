// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "fairlead/exec/local_executor.hpp"

namespace fairlead::exec {

struct LocalExecutor::Shared {
  LocalParts parts;
  std::filesystem::path supervisor;
};

/// Where the workspace of a job's attempt lies.
std::filesystem::path workspace_folder(const std::filesystem::path& data, const engine::JobKey&);

/// What `job.json` in the folder of an attempt tells a server that knows nothing else of it.
struct JobRecord {
  std::string job;
  std::string workspace;
};
void write_record(const std::filesystem::path& folder, const JobRecord&);
std::optional<JobRecord> read_record(const std::filesystem::path& folder);

}  // namespace fairlead::exec
