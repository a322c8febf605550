// SPDX-License-Identifier: Apache-2.0
#include "git/local_remote.hpp"

#include <map>

#include "git/objects.hpp"

namespace fairlead::git {
namespace {

using Refs = std::map<std::string, Sha>;

RepositoryHandle open(const std::filesystem::path& folder) {
  git_repository* raw = nullptr;
  if (git_repository_open_ext(&raw, folder.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr) < 0) return nullptr;
  return RepositoryHandle(raw);
}

std::optional<Sha> target(git_repository* repo, const std::string& ref) {
  git_oid oid;
  if (git_reference_name_to_id(&oid, repo, ref.c_str()) < 0) return std::nullopt;
  return to_sha(oid);
}

Refs branches_and_tags(git_repository* repo) {
  const auto iterator = make<RefIteratorHandle>("listing refs", git_reference_iterator_new, repo);
  Refs refs;
  git_reference* raw = nullptr;
  while (git_reference_next(&raw, iterator.get()) == 0) {
    const ReferenceHandle reference(raw);
    const std::string name = git_reference_name(reference.get());
    if (!name.starts_with("refs/heads/") && !name.starts_with("refs/tags/")) continue;
    const auto* direct = git_reference_target(reference.get());
    const auto sha = direct ? to_sha(*direct) : target(repo, name);
    if (sha) refs.emplace(name, *sha);
  }
  return refs;
}

}  // namespace

bool is_current(const Repository& mirror, const std::filesystem::path& remote, const std::string& ref) {
  const auto theirs = open(remote);
  const auto ours = open(mirror.folder());
  if (!theirs || !ours) return false;
  if (ref.empty()) {
    const auto refs = branches_and_tags(theirs.get());
    return !refs.empty() && refs == branches_and_tags(ours.get());
  }
  const auto tip = target(theirs.get(), ref);
  return tip && tip == target(ours.get(), ref) && mirror.peel(*tip);
}

}  // namespace fairlead::git
