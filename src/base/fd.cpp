// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "fairlead/base/error.hpp"

namespace fairlead {

void Fd::reset(int fd) {
  // Linux closes the descriptor even when close() reports EINTR; a second try could close someone else's.
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

std::pair<Fd, Fd> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw errno_error("cannot make a pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

}  // namespace fairlead
