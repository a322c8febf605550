// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/ids.hpp"
#include "fairlead/base/time.hpp"

namespace fairlead::engine {

/// What the engine needs from Git, so that it need not know it. Implemented over the git room where the server is wired.
struct SourceRequest {
  std::string app;
  std::string ref;     ///< full ref, short name, or SHA
  Sha sha;             ///< wanted commit when known
  std::string before;  ///< for changed paths; zeros or empty: none
  std::string pipeline_path;
  std::vector<std::string> also;  ///< further files to read
};

struct SourceFiles {
  Sha sha;
  std::string branch, tag;
  std::string message, author, author_email;
  std::optional<std::string> pipeline;                 ///< text of the file; nullopt: no such file at that commit
  std::optional<std::vector<std::string>> changed;     ///< nullopt: not known
  std::string changed_note;                            ///< why it is not known
  bool on_default_branch = false;
};

struct SourceCommit {
  Sha sha;
  std::string subject, author;
  Time at{};
};

/// What one commit has and another has not.
struct SourceChanges {
  std::vector<SourceCommit> commits;  ///< newest first, at most 50
  std::size_t total = 0;
  std::size_t behind = 0;             ///< commits that only the older side has: then it is no step forward
  std::vector<std::string> files;     ///< sorted
  std::string note;                   ///< why something of it is not known
};

class Source {
 public:
  virtual ~Source() = default;
  /// Brings the commit (fetch only when it is missing) and reads. Throws Error with git's own words, credentials removed.
  virtual Awaitable<SourceFiles> bring(SourceRequest) = 0;
  /// From what is deployed to what would be; `to` was brought before. Never throws for history: it says so in `note`.
  virtual Awaitable<SourceChanges> changes(std::string app, Sha from, Sha to);
  /// Text of a file of a commit that was brought before; nullopt when it has none of that path.
  virtual Awaitable<std::optional<std::string>> file(std::string app, Sha sha, std::string path);
};

}  // namespace fairlead::engine
