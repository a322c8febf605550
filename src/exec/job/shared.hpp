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

/// The checkout of a job's attempt.
std::filesystem::path workspace_folder(const std::filesystem::path& data, const engine::JobKey&);
/// $HOME of its container.
std::filesystem::path home_folder(const std::filesystem::path& workspace);
/// Both, and what an unfinished start may have left. Blocks.
void remove_workspace(const std::filesystem::path& workspace);

/// What `job.json` in the folder of an attempt tells a server that knows nothing else of it.
struct JobRecord {
  std::string job;
  std::string workspace;
  bool container = false;
};
void write_record(const std::filesystem::path& folder, const JobRecord&);
std::optional<JobRecord> read_record(const std::filesystem::path& folder);

}  // namespace fairlead::exec
