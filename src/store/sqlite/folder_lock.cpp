// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/folder_lock.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "fairlead/base/error.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::store::sqlite {

FolderLock::FolderLock(const std::filesystem::path& folder) {
  const auto path = folder / "fairlead.lock";
  file_.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file_) throw errno_error("opening " + path.string());
  struct flock whole{};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(file_.get(), F_OFD_SETLK, &whole) != 0) {
    if (errno != EAGAIN && errno != EACCES) throw errno_error("locking " + path.string());
    const std::string pid(trim(read_file_if_exists(path).value_or("")));
    throw Error(
        ErrorKind::refused,
        "the data folder " + folder.string() + " is in use by another fairlead server" + (pid.empty() ? "" : " (process " + pid + ")"),
        "end that server, or give this one its own data folder");
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file_.get(), 0) != 0 || ::pwrite(file_.get(), pid.data(), pid.size(), 0) < 0) {
    // The lock is held; without the pid the other server's message is merely less helpful.
    if (errno != ENOSPC) throw errno_error("writing " + path.string());
  }
}

}  // namespace fairlead::store::sqlite
