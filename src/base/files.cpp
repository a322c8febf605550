// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <vector>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/fd.hpp"

namespace fairlead {
namespace {

namespace fs = std::filesystem;

std::string content_of(const Fd& file, const fs::path& path, std::size_t max_bytes) {
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) throw errno_error("cannot read " + path.string());
  if (S_ISDIR(info.st_mode)) throw io_error("cannot read " + path.string(), EISDIR);
  std::string out;
  // One byte more than the size, so that the usual file ends with one read() and a growing one is noticed.
  std::size_t step = S_ISREG(info.st_mode) ? static_cast<std::size_t>(info.st_size) + 1 : 4096;
  while (true) {
    std::size_t used = out.size();
    if (used > max_bytes) {
      throw Error(ErrorKind::too_large, path.string() + " is larger than " + std::to_string(max_bytes) + " bytes");
    }
    out.resize(used + std::min(step, max_bytes + 1 - used));
    ssize_t got = ::read(file.get(), out.data() + used, out.size() - used);
    if (got < 0 && errno != EINTR) throw errno_error("cannot read " + path.string());
    out.resize(used + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return out;
    step = std::max<std::size_t>(4096, out.size());
  }
}

void write_all(const Fd& file, std::string_view content, const fs::path& path) {
  while (!content.empty()) {
    ssize_t put = ::write(file.get(), content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) throw errno_error("cannot write " + path.string());
    content.remove_prefix(static_cast<std::size_t>(put));
  }
}

Fd open_for_writing(const fs::path& path, int flags, mode_t mode) {
  Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode));
  if (!file) throw errno_error("cannot write " + path.string());
  return file;
}

void write_new_file(const fs::path& path, std::string_view content, mode_t mode) {
  Fd file = open_for_writing(path, O_EXCL, mode);
  // The mode given to open() is narrowed by the umask.
  if (::fchmod(file.get(), mode) != 0) throw errno_error("cannot set the mode of " + path.string());
  write_all(file, content, path);
  if (::fsync(file.get()) != 0) throw errno_error("cannot sync " + path.string());
}

Fd open_folder_at(int parent, const char* name) {
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  Fd folder(::openat(parent, name, flags));
  if (!folder && errno == EACCES) {
    // chmod through a descriptor, so that a link put in its place is never followed.
    Fd handle(::openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (handle && ::chmod(("/proc/self/fd/" + std::to_string(handle.get())).c_str(), S_IRWXU) == 0) {
      folder.reset(::openat(parent, name, flags));
    }
  }
  return folder;
}

std::vector<std::string> names_in(const Fd& folder) {
  std::vector<std::string> names;
  int copy = ::fcntl(folder.get(), F_DUPFD_CLOEXEC, 0);
  std::unique_ptr<DIR, int (*)(DIR*)> reader(copy < 0 ? nullptr : ::fdopendir(copy), ::closedir);
  while (reader) {
    const dirent* entry = ::readdir(reader.get());
    if (!entry) break;
    std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

void remove_at(int parent, const char* name) {
  if (::unlinkat(parent, name, 0) == 0 || errno == ENOENT || errno == ENOTDIR) return;
  {
    Fd folder = open_folder_at(parent, name);
    if (!folder) return;
    struct stat info{};
    bool closed = ::fstat(folder.get(), &info) == 0 && (info.st_mode & S_IRWXU) != S_IRWXU;
    if (closed) ::fchmod(folder.get(), S_IRWXU);
    for (const std::string& entry : names_in(folder)) remove_at(folder.get(), entry.c_str());
  }
  ::unlinkat(parent, name, AT_REMOVEDIR);
}

}  // namespace

std::string read_file(const fs::path& path, std::size_t max_bytes) {
  auto content = read_file_if_exists(path, max_bytes);
  if (!content) throw Error(ErrorKind::not_found, "cannot read " + path.string() + ": no such file");
  return std::move(*content);
}

std::optional<std::string> read_file_if_exists(const fs::path& path, std::size_t max_bytes) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file) return content_of(file, path, max_bytes);
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw errno_error("cannot read " + path.string());
}

void write_file_durably(const fs::path& path, std::string_view content, mode_t mode) {
  fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  fs::path temporary = folder / (".tmp-" + hex(random_bytes(8)));
  try {
    write_new_file(temporary, content, mode);
    if (::rename(temporary.c_str(), path.c_str()) != 0) throw errno_error("cannot replace " + path.string());
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_folder(folder);
}

void write_file(const fs::path& path, std::string_view content, mode_t mode) {
  write_all(open_for_writing(path, O_TRUNC, mode), content, path);
}

void make_folders(const fs::path& path, mode_t mode) {
  if (path.empty() || ::mkdir(path.c_str(), mode) == 0) return;
  int code = errno;
  if (code == ENOENT && path.has_parent_path() && path.parent_path() != path) {
    make_folders(path.parent_path(), mode);
    if (::mkdir(path.c_str(), mode) == 0) return;
    code = errno;
  }
  std::error_code ignored;
  if (code != EEXIST || !fs::is_directory(path, ignored)) throw io_error("cannot make the folder " + path.string(), code);
}

void sync_folder(const fs::path& path) {
  Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) throw errno_error("cannot sync the folder " + path.string());
}

void remove_tree(const fs::path& path) noexcept {
  if (!path.empty()) remove_at(AT_FDCWD, path.c_str());
}

TempFolder::TempFolder(std::string_view prefix) {
  std::error_code error;
  fs::path parent = fs::temp_directory_path(error);
  if (error) parent = "/tmp";
  std::string name = (parent / (std::string(prefix) + "XXXXXX")).string();
  if (!::mkdtemp(name.data())) throw errno_error("cannot make a temporary folder in " + parent.string());
  path_ = name;
}

TempFolder::~TempFolder() { remove_tree(path_); }

}  // namespace fairlead
