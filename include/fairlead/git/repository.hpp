// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/git/types.hpp"

namespace fairlead::git {

/// A bare mirror as it lies on the disk; reads only, never the network. Every function blocks: pool thread, one at a time per
/// object (open another one for another thread; opening costs well under a millisecond). Objects that a `git` child adds
/// later are seen. A damaged repository throws Error(io) with libgit2's words; an id that is not there throws Error(not_found).
class Repository {
 public:
  /// Makes an empty mirror when there is none. Throws Error(io).
  explicit Repository(std::filesystem::path folder);
  Repository(Repository&&) noexcept;
  Repository& operator=(Repository&&) noexcept;
  ~Repository();

  const std::filesystem::path& folder() const;

  /// Is this object (of any type) here? Commits come and go with everything they need.
  bool has(const Sha&) const;
  /// The commit of an object: annotated tags are peeled. nullopt when the object is absent or is no commit.
  std::optional<Sha> peel(const Sha&) const;
  /// A full id, a full ref, a branch, a tag, a short id (≥ 4 digits), in this order. The name is text: no "main~2", no "@{1}".
  /// nullopt when nothing matches; throws Error(invalid) for an ambiguous short id.
  std::optional<Resolved> resolve(std::string_view name) const;

  Commit commit(const Sha&) const;
  /// Content of a file at a commit; nullopt when there is none. Throws Error(too_large), Error(invalid) for a folder or link.
  std::optional<std::string> read_file(const Sha&, std::string_view path, std::size_t max_bytes = 1u << 20) const;

  /// What a push changed, by our own tree comparison (hosts cap their lists): before → after, also after a force-push; for a new
  /// branch from its merge base with the default branch. The error is the reason why it cannot be told: then every path counts.
  std::expected<Changes, std::string> changed_paths(const PushRange&) const;
  /// What `to` has and `from` has not; at most `limit` of them are read. Throws Error(not_found) when one of the two is not here.
  CommitRange commits_between(const Sha& from, const Sha& to, std::size_t limit = 50) const;
  /// Is `ancestor` reachable from `descendant` (or the same)? false when one of them is not here.
  bool is_ancestor(const Sha& ancestor, const Sha& descendant) const;

  /// Newest first.
  std::vector<Ref> branches(std::size_t limit = 1000) const;
  std::vector<Ref> tags(std::size_t limit = 1000) const;

  /// Writes the tree of a commit into `folder`, which must be absent or empty. File modes and symbolic links are kept; no
  /// filters (line ends, LFS) are applied; submodules become empty folders. Names such as ".." or ".git" in a hostile tree throw
  /// Error(invalid); nothing is ever written outside `folder`. What was written before an error stays: remove the folder.
  CheckoutResult checkout(const Sha&, const std::filesystem::path& folder, const CheckoutOptions& = {}) const;

  /// Number of packs: tells when to repack.
  std::size_t packs() const;

  struct State;  ///< of the room's own use

 private:
  std::unique_ptr<State> state_;
};

}  // namespace fairlead::git
