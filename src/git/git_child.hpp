// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fairlead/base/error.hpp"
#include "fairlead/base/fd.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/git/types.hpp"

namespace fairlead::git {

/// A `git` that may talk to one remote: nothing of the user's configuration, no prompt, no hook, only the protocol of the URL.
struct GitChild {
  Spawn spawn;
  Fd credential;       ///< the file that the child's credential helper reads; must live until the child has started
  std::string url;     ///< without credentials
  std::string secret;  ///< to be removed from what git says
};

/// `git <options> <command…> --end-of-options <url> <rest…>`. Throws Error(invalid) for a URL that parse_url refuses.
GitChild git_child(const Remote&, const std::filesystem::path& home, std::vector<std::string> command,
                   const std::vector<std::string>& rest);

/// A `git` that works on a local repository only.
Spawn local_git(const std::filesystem::path& home, std::vector<std::string> command);

/// Runs it. Throws Error(timeout), or what `transfer_error` makes of its words.
Awaitable<std::string> run_git(GitChild, Deadline, std::string what);

/// git's words as an error: unauthorized, not_found, or unavailable, each with what to do.
Error transfer_error(const std::string& what, const std::string& words);

}  // namespace fairlead::git
