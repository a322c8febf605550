// SPDX-License-Identifier: Apache-2.0
#include "git/fetch_plan.hpp"

#include "fairlead/base/strings.hpp"
#include "fairlead/git/refs.hpp"

namespace fairlead::git {

std::vector<FetchTry> fetch_plan(const Want& want, bool empty_mirror) {
  const FetchTry everything{{"+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"}, true};
  std::vector<FetchTry> tries;
  const bool ordinary = want.ref.starts_with("refs/heads/") || want.ref.starts_with("refs/tags/");
  if (empty_mirror && (want.ref.empty() || ordinary)) tries.push_back(everything);
  if (!want.ref.empty()) tries.push_back({{"+" + want.ref + ":" + want.ref}});
  // A ref of our own keeps the commit from being pruned: no branch may contain it any more.
  if (want.sha) tries.push_back({{"+" + want.sha->str() + ":refs/fairlead/keep/" + want.sha->str()}});
  if (!empty_mirror || tries.empty() || !ordinary) tries.push_back(everything);
  return tries;
}

bool may_go_on(const Error& error, const Want& want) {
  if (error.kind() == ErrorKind::not_found) return want.sha.has_value();
  const auto& words = error.message();
  return words.contains("cannot lock ref") || words.contains("could not be updated") || words.contains("refusing to fetch") ||
         words.contains("unable to update local ref");
}

bool is_stale_lock(std::string_view words) { return words.contains(".lock': File exists"); }

void check_want(const Want& want) {
  if (!want.ref.empty() && !is_ref(want.ref))
    throw Error(ErrorKind::invalid, "\"" + ellipsize(strip_control(want.ref), 200) + "\" is not a full Git ref such as refs/heads/main");
  if (want.sha && !is_sha(want.sha->str()))
    throw Error(ErrorKind::invalid, "\"" + ellipsize(strip_control(want.sha->str()), 200) + "\" is not a full Git commit id");
}

namespace {

/// "ref: refs/heads/main\tHEAD", "<id>\t<ref>" or, for the commit of the annotated tag just before it, "<id>\t<ref>^{}".
void read_line(std::string_view line, RemoteRefs& remote) {
  constexpr std::string_view symbolic = "ref: ";
  constexpr std::string_view peeled = "^{}";
  const auto tab = line.find('\t');
  if (tab == std::string_view::npos) return;
  const auto left = line.substr(0, tab);
  const auto right = line.substr(tab + 1);
  if (left.starts_with(symbolic)) {
    if (right == "HEAD" && is_ref(left.substr(symbolic.size()))) remote.head = left.substr(symbolic.size());
  } else if (right.ends_with(peeled)) {
    const auto name = right.substr(0, right.size() - peeled.size());
    if (!remote.refs.empty() && remote.refs.back().ref == name && is_sha(left)) remote.refs.back().peeled = Sha(std::string(left));
  } else if (is_sha(left) && is_ref(right)) {
    remote.refs.push_back({std::string(right), Sha(std::string(left)), std::nullopt});
  }
}

}  // namespace

RemoteRefs parse_ls_remote(std::string_view output) {
  RemoteRefs remote;
  for (const auto& line : split_lines(output)) read_line(line, remote);
  return remote;
}

}  // namespace fairlead::git
