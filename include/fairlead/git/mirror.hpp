// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/git/types.hpp"

namespace fairlead {
class Pool;
}

namespace fairlead::git {

/// The local copy of one app's repository: `data/git/<app>.git`, bare. Transfers are done by a `git` child that is killed at the
/// deadline; everything else reads the disk through libgit2 on the pool. io thread only; what is under way keeps what it needs
/// alive, so the object may go first; the pool may not.
class Mirror {
 public:
  /// Touches nothing yet; the folder is made when it is first needed. `<parent of folder>/home` holds the settings of the child.
  Mirror(asio::any_io_executor, Pool&, std::filesystem::path folder, Remote);
  Mirror(Mirror&&) noexcept;
  Mirror& operator=(Mirror&&) noexcept;
  ~Mirror();

  const std::filesystem::path& folder() const;
  /// Without credentials.
  const std::string& url() const;
  /// For fetches that start from now on.
  void set_remote(Remote);

  /// Brings what is wanted. A commit that is here, or a ref of a repository on this machine
  /// that has not moved, costs no start of git. One transfer at a time: callers that wait for the
  /// same thing share the next one. A wanted commit that its ref no longer contains is asked for by id, then looked for among
  /// all refs. Throws Error(timeout); Error(invalid) for a URL or ref that git would not take as such; Error(unauthorized |
  /// not_found | unavailable) with git's own words, credentials removed.
  Awaitable<FetchResult> fetch(Want, Deadline);
  /// What the remote has now, without bringing it. Errors as above.
  Awaitable<RemoteRefs> ls_remote(Deadline);

  /// As in Repository, on the pool.
  Awaitable<bool> has(Sha);
  Awaitable<std::optional<Resolved>> resolve(std::string name);
  Awaitable<Commit> commit(Sha);
  Awaitable<std::optional<std::string>> read_file(Sha, std::string path);
  Awaitable<std::expected<Changes, std::string>> changed_paths(PushRange);
  Awaitable<CommitRange> commits_between(Sha from, Sha to, std::size_t limit = 50);
  Awaitable<bool> is_ancestor(Sha ancestor, Sha descendant);
  Awaitable<std::vector<Ref>> branches(std::size_t limit = 1000);
  Awaitable<std::vector<Ref>> tags(std::size_t limit = 1000);
  Awaitable<CheckoutResult> checkout(Sha, std::filesystem::path folder, CheckoutOptions = {});

  struct State;  ///< of the room's own use

 private:
  std::shared_ptr<State> state_;
};

/// The same without a mirror; `home` is a folder for the settings of the child, made when absent.
Awaitable<RemoteRefs> ls_remote(Remote, std::filesystem::path home, Deadline);

}  // namespace fairlead::git
