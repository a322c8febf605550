// SPDX-License-Identifier: Apache-2.0
#include "fairlead/git/mirror.hpp"
#include "git/fetch_plan.hpp"
#include "git/git_child.hpp"

namespace fairlead::git {

Awaitable<RemoteRefs> ls_remote(Remote remote, std::filesystem::path home, Deadline deadline) {
  auto child = git_child(remote, home, {"ls-remote", "--quiet", "--symref"}, {"HEAD", "refs/heads/*", "refs/tags/*"});
  const auto output = co_await run_git(std::move(child), deadline, "asking for the refs of");
  co_return parse_ls_remote(output);
}

}  // namespace fairlead::git
