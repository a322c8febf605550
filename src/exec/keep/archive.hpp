// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace fairlead::exec {

struct Packed {
  std::size_t files = 0;
  std::int64_t bytes = 0;  ///< before compression
  std::int64_t size = 0;   ///< of the archive
  std::string sha256;      ///< of the archive
};

/// A folder and files in it, put into an archive under a prefix ("" or "home/").
struct PackSource {
  std::filesystem::path base;
  std::vector<std::string> files;
  std::string prefix;
};

/// Writes a tar compressed by zstd, durably and whole or not at all. Files are opened without following links; owners are
/// not kept. Throws Error(io). Blocks.
Packed pack(const std::filesystem::path& archive, const std::vector<PackSource>&);

/// Extracts below the folder that belongs to the longest matching prefix; existing files are replaced. Entries that lead out of
/// it (absolute, "..", through a link, links to the outside), hard links, devices and pipes are left out: returned as
/// remarks. Throws Error(invalid) for what is no such archive, Error(too_large) beyond `max_bytes`, Error(io). Blocks.
std::vector<std::string> unpack(const std::filesystem::path& archive, const std::map<std::string, std::filesystem::path>& folders,
                                std::int64_t max_bytes = std::int64_t{64} << 30);

}  // namespace fairlead::exec
