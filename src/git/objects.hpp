// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <git2.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fairlead/base/error.hpp"
#include "fairlead/base/ids.hpp"
#include "fairlead/git/repository.hpp"

namespace fairlead::git {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
template <class T, auto Free>
using Handle = std::unique_ptr<T, Freed<Free>>;

using RepositoryHandle = Handle<git_repository, git_repository_free>;
using OdbHandle = Handle<git_odb, git_odb_free>;
using OdbObject = Handle<git_odb_object, git_odb_object_free>;
using ObjectHandle = Handle<git_object, git_object_free>;
using CommitHandle = Handle<git_commit, git_commit_free>;
using TreeHandle = Handle<git_tree, git_tree_free>;
using EntryHandle = Handle<git_tree_entry, git_tree_entry_free>;
using DiffHandle = Handle<git_diff, git_diff_free>;
using ReferenceHandle = Handle<git_reference, git_reference_free>;
using RefIteratorHandle = Handle<git_reference_iterator, git_reference_iterator_free>;
using WalkHandle = Handle<git_revwalk, git_revwalk_free>;
using IndexHandle = Handle<git_index, git_index_free>;

/// A fresh handle from a libgit2 constructor: `make<CommitHandle>("reading a commit", git_commit_lookup, repo, &oid)`.
[[noreturn]] void throw_git_error(int code, std::string_view what);

inline void check(int code, std::string_view what) {
  if (code < 0) throw_git_error(code, what);
}

template <class H, class F, class... Args>
H make(std::string_view what, F constructor, Args... args) {
  typename H::pointer raw = nullptr;
  check(constructor(&raw, args...), what);
  return H(raw);
}

/// nullopt for text that is not a full SHA-1 id (libgit2 1.5 knows no other).
std::optional<git_oid> to_oid(const Sha&);
Sha to_sha(const git_oid&);

struct Repository::State {
  std::filesystem::path folder;
  RepositoryHandle repo;
  OdbHandle odb;

  /// The commit an object stands for, tags peeled; null when there is none.
  CommitHandle find_commit(const git_oid&) const;
  /// The same; throws Error(not_found).
  CommitHandle need_commit(const Sha&) const;
  TreeHandle tree_of(const Sha&) const;
};

}  // namespace fairlead::git
