// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fairlead/base/fd.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/git/repository.hpp"
#include "git/links.hpp"
#include "git/objects.hpp"
#include "git/workspace_git.hpp"

namespace fairlead::git {
namespace {

constexpr std::size_t max_entries = 2'000'000;  // a tree of a few objects can stand for billions of files
constexpr std::size_t max_depth = 256;
constexpr std::size_t max_link = 4095;  // PATH_MAX - 1

std::vector<std::string> folder_parts(const std::string& subfolder) {
  std::vector<std::string> parts;
  for (const auto& part : split(subfolder, '/')) {
    if (part.empty() || part == ".") continue;
    if (!is_safe_name(part)) throw Error(ErrorKind::invalid, "the folder " + subfolder + " is not a path below the repository's top");
    parts.push_back(part);
  }
  return parts;
}

bool is_lfs_pointer(std::string_view content) {
  return content.size() < 1024 && content.starts_with("version https://git-lfs.github.com/spec/");
}

/// Writes one tree below one folder. Every folder is entered by descriptor and without following links, every file is created
/// anew: whatever the tree names, nothing outside is reached.
class TreeWriter {
 public:
  TreeWriter(const Repository::State& state, const CheckoutOptions& options)
      : state_(state), options_(options), wanted_(folder_parts(options.subfolder)) {}

  void write_tree(const git_oid& id, int folder, const std::string& prefix, std::size_t depth);
  bool found_folder() const { return wanted_.empty() || found_; }

  CheckoutResult result;
  std::vector<IndexEntry> index;

 private:
  struct Place {
    const git_tree_entry* entry;
    int folder;  ///< -1: listed in the index, not written
    std::string path;
    std::size_t depth;
    const char* name() const { return git_tree_entry_name(entry); }
  };

  bool is_wanted(std::string_view name, bool is_folder, std::size_t depth);
  void write_entry(const Place&);
  void write_folder(const Place&);
  void write_file(const Place&);
  void write_link(const Place&);
  void write_submodule(const Place&);
  void remember(const Place&, bool written);
  OdbObject blob(const Place&) const;

  const Repository::State& state_;
  const CheckoutOptions& options_;
  std::vector<std::string> wanted_;
  std::size_t entries_ = 0;
  bool found_ = false;
};

void TreeWriter::write_tree(const git_oid& id, int folder, const std::string& prefix, std::size_t depth) {
  if (depth > max_depth)
    throw Error(ErrorKind::too_large, "folders are nested more than " + std::to_string(max_depth) + " deep at " + prefix);
  const auto tree =
      make<TreeHandle>("reading the tree of " + (prefix.empty() ? "the commit" : prefix), git_tree_lookup, state_.repo.get(), &id);
  const auto count = git_tree_entrycount(tree.get());
  entries_ += count;
  if (entries_ > max_entries) throw Error(ErrorKind::too_large, "the tree has more than " + std::to_string(max_entries) + " entries");
  for (std::size_t i = 0; i < count; ++i) {
    const auto* entry = git_tree_entry_byindex(tree.get(), i);
    const std::string_view name = git_tree_entry_name(entry);
    if (!is_safe_name(name))
      throw Error(ErrorKind::invalid, "the tree has an entry named \"" + strip_control(name) + "\" in \"" + prefix + "\"");
    const bool written = folder >= 0 && is_wanted(name, git_tree_entry_type(entry) == GIT_OBJECT_TREE, depth);
    write_entry({entry, written ? folder : -1, prefix + std::string(name), depth});
  }
}

bool TreeWriter::is_wanted(std::string_view name, bool is_folder, std::size_t depth) {
  if (depth >= wanted_.size()) return true;
  if (!is_folder || name != wanted_[depth]) return false;
  found_ = depth + 1 == wanted_.size();
  return true;
}

void TreeWriter::write_entry(const Place& place) {
  const auto mode = git_tree_entry_filemode(place.entry);
  if (mode == GIT_FILEMODE_TREE) return write_folder(place);
  if (place.folder < 0) return remember(place, false);
  if (mode == GIT_FILEMODE_LINK) return write_link(place);
  if (mode == GIT_FILEMODE_COMMIT) return write_submodule(place);
  write_file(place);
}

void TreeWriter::write_folder(const Place& place) {
  if (place.folder < 0) {
    if (options_.git_folder) write_tree(*git_tree_entry_id(place.entry), -1, place.path + "/", place.depth + 1);
    return;
  }
  if (::mkdirat(place.folder, place.name(), 0755) < 0) throw errno_error("making the folder " + place.path);
  const Fd inside(::openat(place.folder, place.name(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!inside) throw errno_error("entering the folder " + place.path);
  write_tree(*git_tree_entry_id(place.entry), inside.get(), place.path + "/", place.depth + 1);
}

void TreeWriter::write_file(const Place& place) {
  const auto content = blob(place);
  const auto* data = static_cast<const char*>(git_odb_object_data(content.get()));
  const auto size = git_odb_object_size(content.get());
  const mode_t mode = git_tree_entry_filemode(place.entry) == GIT_FILEMODE_BLOB_EXECUTABLE ? 0755 : 0644;
  const Fd file(::openat(place.folder, place.name(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!file) throw errno_error("creating " + place.path);
  for (std::size_t done = 0; done < size;) {
    const auto written = ::write(file.get(), data + done, size - done);
    if (written < 0) throw errno_error("writing " + place.path);
    done += static_cast<std::size_t>(written);
  }
  if (is_lfs_pointer({data, size})) result.lfs_pointers.push_back(place.path);
  remember(place, true);
}

void TreeWriter::write_link(const Place& place) {
  const auto content = blob(place);
  const std::string target(static_cast<const char*>(git_odb_object_data(content.get())), git_odb_object_size(content.get()));
  if (target.empty() || target.size() > max_link || target.contains('\0'))
    throw Error(ErrorKind::invalid, place.path + " is a symbolic link without a usable target");
  const bool inside = stays_inside(place.depth, target);
  if (!inside) result.outside_links.push_back(place.path);
  const bool written = inside || options_.keep_outside_links;
  if (written && ::symlinkat(target.c_str(), place.folder, place.name()) < 0) throw errno_error("creating the link " + place.path);
  remember(place, written);
}

void TreeWriter::write_submodule(const Place& place) {
  if (::mkdirat(place.folder, place.name(), 0755) < 0) throw errno_error("making the folder " + place.path);
  result.submodules.push_back(place.path);
  remember(place, true);
}

void TreeWriter::remember(const Place& place, bool written) {
  if (written) ++result.files;
  if (!options_.git_folder) return;
  IndexEntry entry{
      .path = place.path, .mode = static_cast<std::uint32_t>(git_tree_entry_filemode(place.entry)), .id = *git_tree_entry_id(place.entry)};
  entry.absent = place.folder < 0;
  if (written && ::fstatat(place.folder, place.name(), &entry.stat, AT_SYMLINK_NOFOLLOW) < 0) throw errno_error("looking at " + place.path);
  index.push_back(std::move(entry));
}

OdbObject TreeWriter::blob(const Place& place) const {
  return make<OdbObject>("reading " + place.path, git_odb_read, state_.odb.get(), git_tree_entry_id(place.entry));
}

Fd empty_folder(const std::filesystem::path& folder) {
  make_folders(folder);
  if (!std::filesystem::is_empty(folder)) throw Error(ErrorKind::conflict, "the workspace " + folder.string() + " is not empty");
  Fd opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened) throw errno_error("opening " + folder.string());
  return opened;
}

}  // namespace

CheckoutResult Repository::checkout(const Sha& sha, const std::filesystem::path& folder, const CheckoutOptions& options) const {
  const auto commit = state_->need_commit(sha);
  TreeWriter writer(*state_, options);
  const auto top = empty_folder(folder);
  if (options.git_folder) write_git_folder(*state_, folder, to_sha(*git_commit_id(commit.get())), options.origin);
  writer.write_tree(*git_commit_tree_id(commit.get()), top.get(), "", 0);
  if (!writer.found_folder()) throw Error(ErrorKind::not_found, "there is no folder " + options.subfolder + " at commit " + sha.str());
  if (options.git_folder) write_index(folder, writer.index);
  return std::move(writer.result);
}

}  // namespace fairlead::git
