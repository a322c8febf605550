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

/// The folder of a job's attempt that goes when the attempt is forgotten: `work` in it is the checkout, `home` is $HOME in a
/// container.
std::filesystem::path workspace_folder(const std::filesystem::path& data, const engine::JobKey&);

/// What `job.json` in the folder of an attempt tells a server that knows nothing else of it.
struct JobRecord {
  std::string job;
  std::string workspace;
  bool container = false;
};
void write_record(const std::filesystem::path& folder, const JobRecord&);
std::optional<JobRecord> read_record(const std::filesystem::path& folder);

}  // namespace fairlead::exec
