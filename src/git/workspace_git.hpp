// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <git2.h>
#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "fairlead/git/repository.hpp"

namespace fairlead::git {

/// One file of a checkout, as the index of `git status` wants it.
struct IndexEntry {
  std::string path;
  std::uint32_t mode = 0;
  git_oid id{};
  struct stat stat{};
  bool absent = false;  ///< left out on purpose: `git status` must not call it deleted
};

/// The `.git` of a workspace: detached HEAD, the mirror's branches (as origin's) and tags, objects borrowed from the mirror. Users'
/// scripts may commit and tag in it without touching the mirror.
void write_git_folder(const Repository::State&, const std::filesystem::path& workspace, const Sha& head, const std::string& origin);
/// Entries in the order of the tree.
void write_index(const std::filesystem::path& workspace, const std::vector<IndexEntry>&);

}  // namespace fairlead::git
