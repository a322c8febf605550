// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fairlead/base/error.hpp"
#include "fairlead/git/types.hpp"

namespace fairlead::git {

/// One `git fetch`: its refspecs, and whether refs that the remote no longer has go.
struct FetchTry {
  std::vector<std::string> refspecs;
  bool prune = false;
};

/// What to ask for, in order, until the wanted commit is here. The first fetch of an empty mirror brings everything: comparisons
/// and pickers need the other branches.
std::vector<FetchTry> fetch_plan(const Want&, bool empty_mirror);

/// After this failure, may a later try still bring what is wanted? A moved or clashing ref yes; a refused key, a silent host no.
bool may_go_on(const Error&, const Want&);

/// Did a killed git leave a lock file behind?
bool is_stale_lock(std::string_view words);

/// Throws Error(invalid) for a ref or id that is none.
void check_want(const Want&);

RemoteRefs parse_ls_remote(std::string_view output);

}  // namespace fairlead::git
