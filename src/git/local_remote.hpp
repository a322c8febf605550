// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "fairlead/git/repository.hpp"

namespace fairlead::git {

/// Would fetching `ref` (empty: all branches and tags) from the repository at `remote` change nothing? Then git need not be started.
/// false also for everything that libgit2 cannot read: git finds the words for it. Pool thread.
bool is_current(const Repository& mirror, const std::filesystem::path& remote, const std::string& ref);

}  // namespace fairlead::git
