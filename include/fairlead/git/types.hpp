// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/ids.hpp"
#include "fairlead/base/secret.hpp"
#include "fairlead/base/time.hpp"

namespace fairlead::git {

struct Person {
  std::string name;
  std::string email;
};

/// Text fields are the bytes of the commit: not always UTF-8.
struct Commit {
  Sha sha;
  std::string message;  ///< whole, with its trailing newline
  Person author;
  Person committer;
  Time time;  ///< committer's
  std::vector<Sha> parents;
};

/// A branch or a tag of a mirror, for pickers.
struct Ref {
  std::string name;     ///< "main", "v1.2"
  std::string full;     ///< "refs/heads/main"
  Sha sha;              ///< the commit: annotated tags are peeled
  Time time;            ///< of that commit
  std::string subject;  ///< first line of its message
};

/// What a name stands for: the commit, and the full ref it was found under (empty for a commit id).
struct Resolved {
  Sha sha;
  std::string ref;
};

/// The two ends of a push, as a webhook tells them.
struct PushRange {
  std::string before;          ///< id; empty or all zeros for a new ref
  Sha after;                   ///< id of a commit or of an annotated tag
  std::string ref;             ///< full ref that was pushed; may be empty
  std::string default_branch;  ///< "main"; base of comparison for new branches
};

/// Paths that differ between two trees: additions, deletions, changes of content, mode or type; a rename counts both sides. Sorted.
struct Changes {
  Sha base;
  std::vector<std::string> paths;
};

/// Commits that one end has and the other has not, newest first.
struct CommitRange {
  std::vector<Commit> commits;  ///< the newest of them
  std::size_t total = 0;        ///< counted up to 10,000
};

struct CheckoutOptions {
  std::string subfolder;            ///< only this folder of the tree is written, at its own path; empty: everything
  bool git_folder = true;           ///< also a `.git` (objects borrowed from the mirror), so that `git describe` and the like work
  bool keep_outside_links = false;  ///< also create symbolic links that lead out of the folder
  std::string origin;               ///< URL for `.git/config`, written without credentials
};

struct CheckoutResult {
  std::size_t files = 0;
  std::vector<std::string> submodules;     ///< left as empty folders
  std::vector<std::string> outside_links;  ///< symbolic links that lead out of the folder, not created unless asked for
  std::vector<std::string> lfs_pointers;   ///< files whose content is in Git LFS: the pointer was written
};

/// How to prove who we are. Nothing of it reaches an argument list, a URL or an environment.
struct Credentials {
  std::string username;               ///< for http(s); "x-access-token" when empty and there is a password
  Secret password;                    ///< token or password for http(s)
  std::filesystem::path ssh_key;      ///< empty: what `ssh` finds by itself
  std::filesystem::path known_hosts;  ///< empty: the user's own and the system's; unknown hosts are always refused
  std::filesystem::path ca_file;      ///< certificate authorities for https, instead of the system's
};

/// Where a mirror comes from. A user and password inside `url` are taken out of it and used as credentials.
struct Remote {
  std::string url;
  Credentials credentials;
};

/// What a fetch must bring. With neither, all branches and tags.
struct Want {
  std::string ref;         ///< full ref: "refs/heads/main", "refs/tags/v1", "refs/pull/3/head"
  std::optional<Sha> sha;  ///< this object, even if `ref` has moved on since
};

struct FetchResult {
  bool transferred = false;  ///< false: nothing new was wanted, git was not started
  std::optional<Sha> sha;    ///< the commit for what was wanted (tags peeled); nullopt when everything was
};

struct RemoteRef {
  std::string ref;            ///< full
  Sha sha;                    ///< what it points at: the tag object for an annotated tag
  std::optional<Sha> peeled;  ///< the commit of an annotated tag
  const Sha& commit() const { return peeled ? *peeled : sha; }
};

struct RemoteRefs {
  std::string head;  ///< full ref of the default branch; empty when the remote does not say
  std::vector<RemoteRef> refs;
};

}  // namespace fairlead::git
