// SPDX-License-Identifier: Apache-2.0
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <memory>

#include "exec/job/folders.hpp"
#include "exec/keep/archive.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/exec/archives.hpp"

namespace fairlead::exec {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t entries_max = 1'000'000;
constexpr std::size_t remarks_max = 20;

using Reader = std::unique_ptr<archive, decltype(&archive_read_free)>;

/// One archive being extracted. Every name is resolved by the kernel below the folder and never through a link, so that what
/// an entry made cannot lead a later one out.
class Unpacking {
 public:
  /// `any`: not only what we packed.
  Unpacking(const fs::path& path, const std::map<std::string, fs::path>& folders, std::int64_t max_bytes, bool any)
      : path_(path), folders_(folders), left_(max_bytes), any_(any) {}

  std::vector<std::string> run() {
    const Reader reader(archive_read_new(), archive_read_free);
    archive_read_support_format_tar(reader.get());
    archive_read_support_filter_zstd(reader.get());
    if (any_) {
      archive_read_support_format_zip(reader.get());
      archive_read_support_filter_gzip(reader.get());
      archive_read_support_filter_bzip2(reader.get());
      archive_read_support_filter_xz(reader.get());
    }
    if (archive_read_open_filename(reader.get(), path_.c_str(), 128 << 10) != ARCHIVE_OK) refuse(reader.get());
    archive_entry* entry = nullptr;
    std::size_t count = 0;
    for (int code; (code = archive_read_next_header(reader.get(), &entry)) != ARCHIVE_EOF;) {
      if (code != ARCHIVE_OK && code != ARCHIVE_WARN) refuse(reader.get());
      if (++count > entries_max) throw Error(ErrorKind::too_large, path_.string() + " has more than a million entries");
      extract(reader.get(), entry);
    }
    return std::move(remarks_);
  }

 private:
  [[noreturn]] void refuse(archive* reader) const {
    const char* why = archive_error_string(reader);
    throw Error(ErrorKind::invalid, "reading " + path_.string() + ": " + (why != nullptr ? why : "not an archive"));
  }

  void leave_out(const std::string& name, const std::string& why) {
    if (remarks_.size() < remarks_max) remarks_.push_back(strip_control(name) + ": " + why + ": left out");
  }

  void extract(archive* reader, archive_entry* entry) {
    const char* raw = archive_entry_pathname(entry);
    const std::string full = raw != nullptr ? raw : "";
    const fs::path* folder = nullptr;
    std::size_t prefix = 0;
    for (const auto& [start, where] : folders_) {
      if (full.starts_with(start) && (folder == nullptr || start.size() >= prefix)) {
        folder = &where;
        prefix = start.size();
      }
    }
    if (folder == nullptr) return leave_out(full, "belongs nowhere");
    const fs::path given(full.substr(prefix));
    for (const auto& part : given) {
      if (part == "..") return leave_out(full, "leads out of the folder");
    }
    if (given.is_absolute()) return leave_out(full, "leads out of the folder");
    const auto name = given.lexically_normal();
    if (name.empty() || name == ".") return;
    if (archive_entry_hardlink(entry) != nullptr) return leave_out(full, "is a hard link");
    const Fd parent = open_folder(*folder, name.has_filename() ? name.parent_path() : name.parent_path().parent_path());
    if (!parent) return leave_out(full, "lies behind a link or a file");
    const auto leaf = (name.has_filename() ? name : name.parent_path()).filename();
    switch (archive_entry_filetype(entry)) {
      case AE_IFDIR: return make_folder(parent, leaf, full);
      case AE_IFLNK: return make_link(parent, leaf, name, archive_entry_symlink(entry), full);
      case AE_IFREG: return make_file(parent, leaf, reader, entry, full);
      default: return leave_out(full, "is neither file nor folder nor link");
    }
  }

  static Fd open_at(int folder, const fs::path& name) {
    open_how how{};
    how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    return Fd(static_cast<int>(::syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how)));
  }

  /// Opens a folder below `base`, making what is missing; no descriptor when something else is in its place.
  static Fd open_folder(const fs::path& base, const fs::path& name) {
    Fd at(::open(base.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!at) throw errno_error("opening " + base.string());
    for (const auto& part : name) {
      Fd next = open_at(at.get(), part);
      if (!next && errno == ENOENT && ::mkdirat(at.get(), part.c_str(), 0755) == 0) next = open_at(at.get(), part);
      if (!next) return {};
      at = std::move(next);
    }
    return at;
  }

  void make_folder(const Fd& parent, const fs::path& leaf, const std::string& full) {
    if (::mkdirat(parent.get(), leaf.c_str(), 0755) == 0) return;
    if (!open_at(parent.get(), leaf)) leave_out(full, "a file is in its place");
  }

  void make_link(const Fd& parent, const fs::path& leaf, const fs::path& name, const char* target, const std::string& full) {
    const fs::path to(target != nullptr ? target : "");
    if (to.empty() || to.is_absolute() || !inside("/", (name.parent_path() / to).string())) return leave_out(full, "links to the outside");
    ::unlinkat(parent.get(), leaf.c_str(), 0);
    if (::symlinkat(to.c_str(), parent.get(), leaf.c_str()) != 0) leave_out(full, "a folder is in its place");
  }

  void make_file(const Fd& parent, const fs::path& leaf, archive* reader, archive_entry* entry, const std::string& full) {
    ::unlinkat(parent.get(), leaf.c_str(), 0);
    const auto mode = static_cast<mode_t>(archive_entry_perm(entry)) & 0777u;
    const Fd file(::openat(parent.get(), leaf.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!file && errno == EISDIR) return leave_out(full, "a folder is in its place");
    if (!file && errno == EEXIST) return leave_out(full, "a folder is in its place");
    if (!file) throw errno_error("creating " + full);
    const void* data = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    for (int code; (code = archive_read_data_block(reader, &data, &size, &offset)) != ARCHIVE_EOF;) {
      if (code != ARCHIVE_OK && code != ARCHIVE_WARN) refuse(reader);
      left_ -= static_cast<std::int64_t>(size);
      if (left_ < 0) throw Error(ErrorKind::too_large, path_.string() + " unpacks to more than its limit");
      if (::pwrite(file.get(), data, size, offset) != static_cast<ssize_t>(size)) throw errno_error("writing " + full);
    }
    ::fchmod(file.get(), mode);
    const timespec times[2] = {{archive_entry_mtime(entry), archive_entry_mtime_nsec(entry)},
                               {archive_entry_mtime(entry), archive_entry_mtime_nsec(entry)}};
    ::futimens(file.get(), times);
  }

  const fs::path& path_;
  const std::map<std::string, fs::path>& folders_;
  std::int64_t left_;
  bool any_;
  std::vector<std::string> remarks_;
};

}  // namespace

std::vector<std::string> unpack(const fs::path& path, const std::map<std::string, fs::path>& folders, std::int64_t max_bytes) {
  for (const auto& [prefix, folder] : folders) make_folders(folder);
  return Unpacking(path, folders, max_bytes, false).run();
}

std::vector<std::string> unpack_any(const fs::path& path, const fs::path& folder, std::int64_t max_bytes) {
  make_folders(folder);
  const std::map<std::string, fs::path> folders{{"", folder}};
  return Unpacking(path, folders, max_bytes, true).run();
}

}  // namespace fairlead::exec
