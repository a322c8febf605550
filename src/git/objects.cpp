// SPDX-License-Identifier: Apache-2.0
#include "git/objects.hpp"

#include "fairlead/base/strings.hpp"

namespace fairlead::git {

void throw_git_error(int code, std::string_view what) {
  const auto* last = git_error_last();
  const auto words = last && last->message ? strip_control(last->message) : "libgit2 error " + std::to_string(code);
  throw Error(code == GIT_ENOTFOUND ? ErrorKind::not_found : ErrorKind::io, std::string(what) + ": " + words);
}

std::optional<git_oid> to_oid(const Sha& sha) {
  git_oid oid;
  if (sha.str().size() != GIT_OID_HEXSZ || git_oid_fromstr(&oid, sha.str().c_str()) < 0) return std::nullopt;
  return oid;
}

Sha to_sha(const git_oid& oid) {
  std::string text(GIT_OID_HEXSZ, '0');
  git_oid_fmt(text.data(), &oid);
  return Sha(std::move(text));
}

CommitHandle Repository::State::find_commit(const git_oid& oid) const {
  git_object* raw = nullptr;
  const int found = git_object_lookup(&raw, repo.get(), &oid, GIT_OBJECT_ANY);
  if (found == GIT_ENOTFOUND) return nullptr;
  check(found, "reading object " + to_sha(oid).str());
  const ObjectHandle object(raw);
  git_object* commit = nullptr;
  if (git_object_peel(&commit, object.get(), GIT_OBJECT_COMMIT) < 0) return nullptr;
  return CommitHandle(reinterpret_cast<git_commit*>(commit));
}

CommitHandle Repository::State::need_commit(const Sha& sha) const {
  const auto oid = to_oid(sha);
  auto commit = oid ? find_commit(*oid) : nullptr;
  if (!commit)
    throw Error(ErrorKind::not_found, "commit " + ellipsize(strip_control(sha.str()), 80) + " is not in " + folder.filename().string());
  return commit;
}

TreeHandle Repository::State::tree_of(const Sha& sha) const {
  const auto commit = need_commit(sha);
  return make<TreeHandle>("reading the tree of " + sha.str(), git_commit_tree, commit.get());
}

}  // namespace fairlead::git
