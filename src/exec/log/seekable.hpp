// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace fairlead::exec {

/// Rewrites a file as zstd frames of 256 KiB with a seek table at the end (zstd's contrib/seekable_format: `zstd -d` reads it, too),
/// durably. Throws Error(io). Blocks.
void compress_seekable(const std::filesystem::path& from, const std::filesystem::path& to);

/// Length of what such a file holds. Throws Error(invalid) for another format.
std::uint64_t seekable_size(const std::filesystem::path&);
/// At most `limit` bytes from `offset`. Throws Error(invalid) for damage.
std::string read_seekable(const std::filesystem::path&, std::uint64_t offset, std::size_t limit);

/// Writes all that it holds to an open file. Throws as above, and Error(io).
void unpack_seekable(const std::filesystem::path&, int to);

}  // namespace fairlead::exec
