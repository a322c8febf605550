// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace fairlead::exec {

/// Files and symbolic links below `base` that match an ordered list of globs (`!` negates; a pattern that names a folder means
/// everything in it), as paths relative to `base`, sorted. Links are not followed; the top `.git` is left out. Throws
/// Error(too_large) above 200,000 files. Blocks.
std::vector<std::string> matching_files(const std::filesystem::path& base, const std::vector<std::string>& patterns);

}  // namespace fairlead::exec
