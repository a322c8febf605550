// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/git/refs.hpp"
#include "fairlead/git/repository.hpp"
#include "git/objects.hpp"

namespace fairlead::git {
namespace {

using Base = std::expected<Sha, std::string>;

Base new_branch_base(const Repository& repository, const Repository::State& state, const PushRange& push, const Sha& after) {
  if (push.ref == "refs/heads/" + push.default_branch) return std::unexpected("it is the first push of the default branch");
  const auto trunk = repository.resolve("refs/heads/" + push.default_branch);
  if (!trunk) return std::unexpected("the branch is new and the default branch " + push.default_branch + " is not in the repository");
  git_oid base;
  const auto ours = to_oid(after);
  const auto theirs = to_oid(trunk->sha);
  const int found = git_merge_base(&base, state.repo.get(), &*ours, &*theirs);
  if (found == GIT_ENOTFOUND) return std::unexpected("the branch is new and shares no history with " + push.default_branch);
  check(found, "looking for the merge base of " + after.str() + " and " + push.default_branch);
  if (to_sha(base) == after) return std::unexpected("the branch is new and has no commit that " + push.default_branch + " lacks");
  return to_sha(base);
}

Base base_of(const Repository& repository, const Repository::State& state, const PushRange& push, const Sha& after) {
  if (push.before.empty() || is_zero_sha(push.before)) return new_branch_base(repository, state, push, after);
  const auto before = repository.peel(Sha(push.before));
  if (!before) return std::unexpected("the commit before the push, " + push.before.substr(0, 64) + ", is not in the repository any more");
  return *before;
}

std::vector<std::string> differing_paths(const Repository::State& state, const Sha& from, const Sha& to) {
  const auto old_tree = state.tree_of(from);
  const auto new_tree = state.tree_of(to);
  git_diff_options options = GIT_DIFF_OPTIONS_INIT;
  options.flags = GIT_DIFF_SKIP_BINARY_CHECK | GIT_DIFF_INCLUDE_TYPECHANGE;
  const auto diff = make<DiffHandle>("comparing " + from.str() + " with " + to.str(), git_diff_tree_to_tree, state.repo.get(),
                                     old_tree.get(), new_tree.get(), &options);
  std::vector<std::string> paths;
  paths.reserve(git_diff_num_deltas(diff.get()));
  for (std::size_t i = 0; i < git_diff_num_deltas(diff.get()); ++i) paths.emplace_back(git_diff_get_delta(diff.get(), i)->new_file.path);
  std::ranges::sort(paths);
  paths.erase(std::ranges::unique(paths).begin(), paths.end());
  return paths;
}

}  // namespace

std::expected<Changes, std::string> Repository::changed_paths(const PushRange& push) const {
  const auto after = to_sha(*git_commit_id(state_->need_commit(push.after).get()));
  const auto base = base_of(*this, *state_, push, after);
  if (!base) return std::unexpected(base.error());
  return Changes{*base, differing_paths(*state_, *base, after)};
}

}  // namespace fairlead::git
