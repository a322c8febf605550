// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "fairlead/base/fd.hpp"
#include "fairlead/net/http.hpp"

namespace fairlead::net {

struct Accepted {
  Fd socket;
  Peer peer;
};

/// A listening socket. Errors of accept never end it: out of descriptors means waiting a little.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  static std::shared_ptr<Listener> tcp(const asio::any_io_executor&, const std::string& address);
  static std::shared_ptr<Listener> unix_socket(const asio::any_io_executor&, const std::filesystem::path&, mode_t mode);
  Listener(const asio::any_io_executor&, Fd listening, std::uint16_t port, std::filesystem::path file);
  ~Listener();

  void start(std::function<void(Accepted)> on_accept);
  void close();
  std::uint16_t port() const { return port_; }

 private:
  /// 0, or the errno that ends this round (EAGAIN: all accepted).
  int accept_one(const std::function<void(Accepted)>& on_accept);
  Awaitable<void> run(std::function<void(Accepted)> on_accept);

  asio::posix::stream_descriptor socket_;
  std::uint16_t port_;
  std::filesystem::path file_;  ///< removed on close; empty for TCP
};

}  // namespace fairlead::net
