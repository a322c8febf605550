// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/ids.hpp"

namespace fairlead::exec {

/// What a job kept: `<data>/artifacts/<run>/<job>/<name>.tar.zst`, beside it `<name>.json`.
struct Artifact {
  std::string name;
  std::filesystem::path path;
  std::int64_t size = 0;   ///< of the archive
  std::int64_t bytes = 0;  ///< of the files in it
  std::int64_t files = 0;
  std::string sha256;      ///< of the archive
};

/// Of one job (its key in the plan), sorted by name. Reads small files: cheap, blocks.
std::vector<Artifact> list_artifacts(const std::filesystem::path& data, const RunId&, const std::string& job);
std::optional<Artifact> find_artifact(const std::filesystem::path& data, const RunId&, const std::string& job, const std::string& name);

}  // namespace fairlead::exec
