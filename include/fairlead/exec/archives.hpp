// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::exec {

/// Extracts an archive of anybody's (tar, also compressed by gzip, bzip2, xz or zstd; zip) into a folder. Entries that lead out of it
/// (absolute, "..", through a link, links to the outside), hard links, devices and pipes are left out: returned as remarks. Throws
/// Error(invalid) for what is no archive, Error(too_large) beyond `max_bytes`, Error(io). Blocks.
std::vector<std::string> unpack_any(const std::filesystem::path& archive, const std::filesystem::path& folder, std::int64_t max_bytes);

/// As `gzip -n` would make it. Throws Error(io).
std::string gzip(std::string_view text);

}  // namespace fairlead::exec
