// SPDX-License-Identifier: Apache-2.0
#include "git/workspace_git.hpp"

#include <map>

#include "fairlead/base/files.hpp"
#include "fairlead/git/refs.hpp"
#include "fairlead/git/url.hpp"
#include "git/objects.hpp"

namespace fairlead::git {
namespace {

std::string config_value(std::string_view value) {
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    if (c != '\n' && c != '\0') text += c;
  }
  return text + '"';
}

std::string config_text(const std::string& origin) {
  std::string text = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n";
  if (!origin.empty()) {
    text += "[remote \"origin\"]\n\turl = " + config_value(without_credentials(origin)) + "\n";
    text += "\tfetch = +refs/heads/*:refs/remotes/origin/*\n";
  }
  return text;
}

std::optional<std::string> name_in_workspace(const std::string& ref) {
  if (const auto branch = branch_of(ref)) return "refs/remotes/origin/" + *branch;
  if (tag_of(ref)) return ref;
  return std::nullopt;
}

/// The mirror's branches and tags in the form of `packed-refs`, which wants them sorted. It may also tell the commits of annotated
/// tags; git finds those by itself when it needs them, which is seldom.
std::string packed_refs(const Repository::State& state) {
  const auto iterator =
      make<RefIteratorHandle>("listing the refs of " + state.folder.string(), git_reference_iterator_new, state.repo.get());
  std::map<std::string, std::string> lines;
  git_reference* raw = nullptr;
  while (git_reference_next(&raw, iterator.get()) == 0) {
    const ReferenceHandle reference(raw);
    const auto* target = git_reference_target(reference.get());
    const auto name = name_in_workspace(git_reference_name(reference.get()));
    if (target && name) lines[*name] = to_sha(*target).str() + " " + *name + "\n";
  }
  std::string text = "# pack-refs with: sorted \n";
  for (const auto& [name, line] : lines) text += line;
  return text;
}

git_index_entry raw_entry(const IndexEntry& entry) {
  git_index_entry raw{};
  raw.mode = entry.mode;
  raw.id = entry.id;
  raw.path = entry.path.c_str();
  raw.ctime = {static_cast<std::int32_t>(entry.stat.st_ctim.tv_sec), static_cast<std::uint32_t>(entry.stat.st_ctim.tv_nsec)};
  raw.mtime = {static_cast<std::int32_t>(entry.stat.st_mtim.tv_sec), static_cast<std::uint32_t>(entry.stat.st_mtim.tv_nsec)};
  raw.dev = static_cast<std::uint32_t>(entry.stat.st_dev);
  raw.ino = static_cast<std::uint32_t>(entry.stat.st_ino);
  raw.uid = entry.stat.st_uid;
  raw.gid = entry.stat.st_gid;
  raw.file_size = static_cast<std::uint32_t>(entry.stat.st_size);
  if (entry.absent) raw.flags_extended = GIT_INDEX_ENTRY_SKIP_WORKTREE;
  return raw;
}

}  // namespace

void write_git_folder(const Repository::State& state, const std::filesystem::path& workspace, const Sha& head, const std::string& origin) {
  const auto folder = workspace / ".git";
  make_folders(folder / "objects/info");
  make_folders(folder / "refs");
  write_file(folder / "HEAD", head.str() + "\n");
  write_file(folder / "config", config_text(origin));
  write_file(folder / "objects/info/alternates", (std::filesystem::absolute(state.folder) / "objects").string() + "\n");
  write_file(folder / "packed-refs", packed_refs(state));
}

void write_index(const std::filesystem::path& workspace, const std::vector<IndexEntry>& entries) {
  const auto path = workspace / ".git/index";
  const auto index = make<IndexHandle>("making " + path.string(), git_index_open, path.c_str());
  for (const auto& entry : entries) {
    const auto raw = raw_entry(entry);
    check(git_index_add(index.get(), &raw), "listing " + entry.path);
  }
  check(git_index_write(index.get()), "writing " + path.string());
}

}  // namespace fairlead::git
