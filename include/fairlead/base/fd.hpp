// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

namespace fairlead {

/// Owns a file descriptor; move-only; closes on destruction.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~Fd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

/// A pipe with both ends close-on-exec: {read, write}. Throws Error(io).
std::pair<Fd, Fd> make_pipe();

}  // namespace fairlead
