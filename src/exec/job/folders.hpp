// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

#include "fairlead/base/fd.hpp"

namespace fairlead::exec {

/// Opens a file that a step may have made: never through a symbolic link, never outside `root`, never a device or pipe.
/// nullopt when it is no regular file there.
std::optional<Fd> open_beneath(const std::filesystem::path& root, const std::filesystem::path& relative);

/// Its first `limit` bytes; nullopt as above.
std::optional<std::string> read_beneath(const std::filesystem::path& root, const std::filesystem::path& relative, std::size_t limit);

/// `relative` inside `root`; nullopt when it leads out ("../x", "/etc").
std::optional<std::filesystem::path> inside(const std::filesystem::path& root, const std::string& relative);

/// Is there anything? A link counts as what it points to.
bool is_present(const std::filesystem::path&);

/// A key such as "unit (18)" as a file name: other bytes than letters, digits, `.`, `_` and `-` become %XX. Reversible, hence unique.
std::string key_as_file_name(const std::string& key);

}  // namespace fairlead::exec
