// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <string_view>

#include "fairlead/base/fd.hpp"

namespace fairlead::net {

/// A blocking client that sends exactly the bytes it is told: what no well-behaved library would send.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) == 0;
    limit_waiting();
  }
  explicit RawClient(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, path.c_str(), path.size());
    connected_ = ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) == 0;
    limit_waiting();
  }

  bool connected() const { return connected_; }

  /// Bytes the kernel took before the peer stopped us.
  std::size_t send(std::string_view bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const auto count = ::send(fd_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) break;
      sent += static_cast<std::size_t>(count);
    }
    return sent;
  }

  /// Reads until `wanted` has been seen (or the end); returns everything up to and including it.
  std::string read_until(std::string_view wanted) {
    while (received_.find(wanted) == std::string::npos && receive()) continue;
    const auto end = received_.find(wanted);
    const auto size = end == std::string::npos ? received_.size() : end + wanted.size();
    auto text = received_.substr(0, size);
    received_.erase(0, size);
    return text;
  }

  /// Everything until the server closes. `reset()` tells how it ended.
  std::string read_all() {
    while (receive()) continue;
    return std::exchange(received_, {});
  }
  bool reset() const { return reset_; }

  /// One response with Content-Length.
  std::string read_response() {
    auto head = read_until("\r\n\r\n");
    const auto at = head.find("Content-Length: ");
    const auto size = at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
    while (received_.size() < size && receive()) continue;
    head += received_.substr(0, size);
    received_.erase(0, std::min<std::size_t>(size, received_.size()));
    return head;
  }

  void close() { fd_.reset(); }
  void finish() { ::shutdown(fd_.get(), SHUT_WR); }

 private:
  /// A test that hangs should fail instead.
  void limit_waiting() {
    const timeval most{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
  }

  bool receive() {
    char piece[16384];
    const auto count = ::recv(fd_.get(), piece, sizeof piece, 0);
    if (count < 0) reset_ = true;
    if (count <= 0) return false;
    received_.append(piece, static_cast<std::size_t>(count));
    return true;
  }

  Fd fd_;
  bool connected_ = false;
  bool reset_ = false;
  std::string received_;
};

}  // namespace fairlead::net
