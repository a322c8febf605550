// SPDX-License-Identifier: Apache-2.0
#include "fairlead/git/repository.hpp"

#include <unistd.h>

#include <algorithm>

#include "fairlead/base/files.hpp"
#include "fairlead/base/ids.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/git/refs.hpp"
#include "git/objects.hpp"

namespace fairlead::git {
namespace {

/// libgit2 reads no configuration but the mirror's own, takes mirrors of any owner (the folder is ours by configuration)
/// and keeps little in memory: most runs read one commit once.
void start_libgit2() {
  static const bool started = [] {
    git_libgit2_init();
    for (const int level : {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_GLOBAL, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_PROGRAMDATA})
      git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, static_cast<ssize_t>(8 << 20));
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, static_cast<std::size_t>(16 << 20));
    return true;
  }();
  static_cast<void>(started);
}

/// Null when there is none.
RepositoryHandle open_existing(const std::filesystem::path& folder) {
  git_repository* raw = nullptr;
  const int opened = git_repository_open_ext(&raw, folder.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH | GIT_REPOSITORY_OPEN_BARE, nullptr);
  if (opened != 0 && opened != GIT_ENOTFOUND) throw_git_error(opened, "opening " + folder.string());
  return RepositoryHandle(raw);
}

/// Made beside its place and moved there: a server that is killed meanwhile leaves nothing half done that the next one would
/// stumble over. What it leaves beside is removed by the next that makes one.
RepositoryHandle create(const std::filesystem::path& folder) {
  const std::string mark = folder.filename().string() + ".new-", mine = mark + std::to_string(::getpid()) + "-";
  make_folders(folder.parent_path());
  for (const auto& entry : std::filesystem::directory_iterator(folder.parent_path())) {
    const auto name = entry.path().filename().string();
    if (name.starts_with(mark) && !name.starts_with(mine)) remove_tree(entry.path());
  }
  const auto made = folder.parent_path() / (mine + new_uuid());
  git_repository_init_options options = GIT_REPOSITORY_INIT_OPTIONS_INIT;
  options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKDIR;
  options.initial_head = "main";
  git_repository* raw = nullptr;
  check(git_repository_init_ext(&raw, made.c_str(), &options), "making " + folder.string());
  git_repository_free(raw);
  std::error_code error;
  std::filesystem::rename(made, folder, error);
  auto opened = open_existing(folder);  // another thread may have been first
  if (error && !opened) {               // something that is no repository is in its place
    remove_tree(folder);
    std::filesystem::rename(made, folder);
    opened = open_existing(folder);
  } else if (error) {
    remove_tree(made);
  }
  return opened;
}

RepositoryHandle open_or_create(const std::filesystem::path& folder) {
  if (auto opened = open_existing(folder)) return opened;
  return create(folder);
}

bool is_short_sha(std::string_view name) {
  return name.size() >= 4 && name.size() < GIT_OID_HEXSZ && name.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

std::optional<Resolved> resolve_ref(const Repository::State& state, const std::string& ref);
std::optional<Resolved> resolve_short(const Repository::State& state, const std::string& name);

Time time_of(const git_commit* commit) { return Time(std::chrono::seconds(git_commit_time(commit))); }

Person person(const git_signature* signature) {
  if (!signature) return {};
  return {signature->name ? signature->name : "", signature->email ? signature->email : ""};
}

/// Clean relative path of a file in a tree, or nullopt: libgit2 refuses some of the others, not all.
bool is_tree_path(std::string_view path) {
  if (path.empty() || path.contains('\0')) return false;
  return std::ranges::none_of(split(path, '/'), [](const auto& part) { return part.empty() || part == "." || part == ".."; });
}

std::vector<Ref> refs_below(const Repository::State& state, const std::string& prefix, std::size_t limit);

}  // namespace

Repository::Repository(std::filesystem::path folder) : state_(std::make_unique<State>()) {
  start_libgit2();
  state_->folder = std::move(folder);
  state_->repo = open_or_create(state_->folder);
  state_->odb = make<OdbHandle>("opening " + state_->folder.string(), git_repository_odb, state_->repo.get());
}
Repository::Repository(Repository&&) noexcept = default;
Repository& Repository::operator=(Repository&&) noexcept = default;
Repository::~Repository() = default;

const std::filesystem::path& Repository::folder() const { return state_->folder; }

bool Repository::has(const Sha& sha) const {
  const auto oid = to_oid(sha);
  return oid && git_odb_exists(state_->odb.get(), &*oid) == 1;
}

std::optional<Sha> Repository::peel(const Sha& sha) const {
  const auto oid = to_oid(sha);
  const auto commit = oid ? state_->find_commit(*oid) : nullptr;
  if (!commit) return std::nullopt;
  return to_sha(*git_commit_id(commit.get()));
}

std::optional<Resolved> Repository::resolve(std::string_view name) const {
  const std::string text(name);
  if (is_sha(name)) {
    auto sha = peel(Sha(text));
    return sha ? std::optional(Resolved{*sha, {}}) : std::nullopt;
  }
  for (const auto* prefix : {"", "refs/heads/", "refs/tags/"})
    if (auto found = resolve_ref(*state_, prefix + text)) return found;
  return is_short_sha(name) ? resolve_short(*state_, text) : std::nullopt;
}

Commit Repository::commit(const Sha& sha) const {
  const auto commit = state_->need_commit(sha);
  Commit result{.sha = to_sha(*git_commit_id(commit.get())),
                .message = git_commit_message(commit.get()),
                .author = person(git_commit_author(commit.get())),
                .committer = person(git_commit_committer(commit.get())),
                .time = time_of(commit.get())};
  for (unsigned i = 0; i < git_commit_parentcount(commit.get()); ++i)
    result.parents.push_back(to_sha(*git_commit_parent_id(commit.get(), i)));
  return result;
}

std::optional<std::string> Repository::read_file(const Sha& sha, std::string_view path, std::size_t max_bytes) const {
  const auto tree = state_->tree_of(sha);
  if (!is_tree_path(path)) return std::nullopt;
  const std::string text(path);
  git_tree_entry* raw = nullptr;
  const int found = git_tree_entry_bypath(&raw, tree.get(), text.c_str());
  if (found == GIT_ENOTFOUND) return std::nullopt;
  check(found, "looking for " + text + " in " + sha.str());
  const EntryHandle entry(raw);
  const auto mode = git_tree_entry_filemode(entry.get());
  if (mode != GIT_FILEMODE_BLOB && mode != GIT_FILEMODE_BLOB_EXECUTABLE)
    throw Error(ErrorKind::invalid, text + " at " + sha.str() + " is not a file but a " +
                                        (mode == GIT_FILEMODE_LINK     ? "symbolic link"
                                         : mode == GIT_FILEMODE_COMMIT ? "submodule"
                                                                       : "folder"));
  std::size_t size = 0;
  git_object_t type{};
  check(git_odb_read_header(&size, &type, state_->odb.get(), git_tree_entry_id(entry.get())), "reading " + text);
  if (size > max_bytes)
    throw Error(ErrorKind::too_large,
                text + " at " + sha.str() + " has " + std::to_string(size) + " bytes; at most " + std::to_string(max_bytes) + " are read");
  const auto blob = make<OdbObject>("reading " + text, git_odb_read, state_->odb.get(), git_tree_entry_id(entry.get()));
  return std::string(static_cast<const char*>(git_odb_object_data(blob.get())), git_odb_object_size(blob.get()));
}

CommitRange Repository::commits_between(const Sha& from, const Sha& to, std::size_t limit) const {
  constexpr std::size_t most = 10'000;
  const auto newer = state_->need_commit(to);
  const auto older = state_->need_commit(from);
  const auto walk = make<WalkHandle>("walking the history", git_revwalk_new, state_->repo.get());
  check(git_revwalk_sorting(walk.get(), GIT_SORT_TOPOLOGICAL | GIT_SORT_TIME), "walking the history");
  check(git_revwalk_push(walk.get(), git_commit_id(newer.get())), "walking from " + to.str());
  check(git_revwalk_hide(walk.get(), git_commit_id(older.get())), "walking to " + from.str());
  CommitRange range;
  git_oid id;
  while (range.total < most && git_revwalk_next(&id, walk.get()) == 0) {
    if (range.commits.size() < limit) range.commits.push_back(commit(to_sha(id)));
    ++range.total;
  }
  return range;
}

bool Repository::is_ancestor(const Sha& ancestor, const Sha& descendant) const {
  const auto from = peel(ancestor);
  const auto to = peel(descendant);
  if (!from || !to) return false;
  if (*from == *to) return true;
  const auto below = to_oid(*to);
  const auto above = to_oid(*from);
  const int answer = git_graph_descendant_of(state_->repo.get(), &*below, &*above);
  check(answer, "walking from " + descendant.str() + " to " + ancestor.str());
  return answer == 1;
}

std::vector<Ref> Repository::branches(std::size_t limit) const { return refs_below(*state_, "refs/heads/", limit); }
std::vector<Ref> Repository::tags(std::size_t limit) const { return refs_below(*state_, "refs/tags/", limit); }

std::size_t Repository::packs() const {
  std::error_code gone;
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(state_->folder / "objects/pack", gone))
    count += file.path().extension() == ".pack";
  return count;
}

namespace {

std::optional<Resolved> resolve_ref(const Repository::State& state, const std::string& ref) {
  git_oid oid;
  if (!is_ref(ref) || git_reference_name_to_id(&oid, state.repo.get(), ref.c_str()) < 0) return std::nullopt;
  const auto commit = state.find_commit(oid);
  if (!commit) return std::nullopt;
  return Resolved{to_sha(*git_commit_id(commit.get())), ref};
}

std::optional<Resolved> resolve_short(const Repository::State& state, const std::string& name) {
  git_oid prefix;
  check(git_oid_fromstrn(&prefix, name.data(), name.size()), "reading the id " + name);
  git_object* raw = nullptr;
  const int found = git_object_lookup_prefix(&raw, state.repo.get(), &prefix, name.size(), GIT_OBJECT_ANY);
  if (found == GIT_EAMBIGUOUS)
    throw Error(ErrorKind::invalid, "more than one object starts with " + name, "give more digits of the commit id");
  if (found < 0) return std::nullopt;
  const ObjectHandle object(raw);
  const auto commit = state.find_commit(*git_object_id(object.get()));
  if (!commit) return std::nullopt;
  return Resolved{to_sha(*git_commit_id(commit.get())), {}};
}

std::vector<Ref> refs_below(const Repository::State& state, const std::string& prefix, std::size_t limit) {
  const auto pattern = prefix + "*";
  const auto iterator = make<RefIteratorHandle>("listing " + pattern, git_reference_iterator_glob_new, state.repo.get(), pattern.c_str());
  std::vector<Ref> refs;
  git_reference* raw = nullptr;
  while (git_reference_next(&raw, iterator.get()) == 0) {
    const ReferenceHandle reference(raw);
    const auto* target = git_reference_target(reference.get());
    const auto commit = target ? state.find_commit(*target) : nullptr;
    if (!commit) continue;
    const auto* summary = git_commit_summary(commit.get());
    const std::string full = git_reference_name(reference.get());
    refs.push_back({full.substr(prefix.size()), full, to_sha(*git_commit_id(commit.get())), time_of(commit.get()), summary ? summary : ""});
  }
  std::ranges::sort(refs, [](const Ref& a, const Ref& b) { return a.time != b.time ? a.time > b.time : a.name < b.name; });
  if (refs.size() > limit) refs.resize(limit);
  return refs;
}

}  // namespace
}  // namespace fairlead::git
