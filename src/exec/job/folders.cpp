// SPDX-License-Identifier: Apache-2.0
#include "exec/job/folders.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "fairlead/base/strings.hpp"

namespace fairlead::exec {

std::optional<Fd> open_beneath(const std::filesystem::path& root, const std::filesystem::path& relative) {
  const Fd folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return std::nullopt;
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  Fd file(static_cast<int>(::syscall(SYS_openat2, folder.get(), relative.c_str(), &how, sizeof how)));
  struct stat info{};
  if (!file || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return file;
}

std::optional<std::string> read_beneath(const std::filesystem::path& root, const std::filesystem::path& relative, std::size_t limit) {
  const auto file = open_beneath(root, relative);
  if (!file) return std::nullopt;
  std::string text;
  while (text.size() < limit) {
    char buffer[16384];
    const auto count = ::read(file->get(), buffer, std::min(sizeof buffer, limit - text.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    text.append(buffer, static_cast<std::size_t>(count));
  }
  return text;
}

std::optional<std::filesystem::path> inside(const std::filesystem::path& root, const std::string& relative) {
  const auto path = std::filesystem::path(relative).lexically_normal();
  if (path.is_absolute() || path.begin() == path.end()) return relative.empty() ? std::optional(root) : std::nullopt;
  if (*path.begin() == "..") return std::nullopt;
  return path == "." ? root : (root / path).lexically_normal();
}

bool is_present(const std::filesystem::path& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0;
}

std::string key_as_file_name(const std::string& key) {
  std::string name = url_encode(key);
  if (name.starts_with('.')) name.replace(0, 1, "%2E");
  return name.empty() ? "%" : name;
}

}  // namespace fairlead::exec
