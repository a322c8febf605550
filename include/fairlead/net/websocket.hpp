// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "fairlead/net/http.hpp"

namespace fairlead::net {

struct WebSocketOptions {
  std::string url;  ///< ws:// or wss://
  Headers headers;  ///< of the request that opens it
  std::filesystem::path ca_file;           ///< empty: the system's
  std::size_t max_message = 4u << 20;      ///< Error(too_large) above, and the connection ends
  std::chrono::milliseconds silence{30000};  ///< pinged after half of it, given up after all of it
};

/// Client side of a WebSocket (RFC 6455): text messages, pings answered and sent. io thread; its connection ends with it.
/// One reader at a time; any number of writers. Errors: Error(unavailable) when it is or gets broken, Error(usage) for a bad URL.
class WebSocket {
 public:
  /// Connects, with host name verification for wss.
  static Awaitable<std::unique_ptr<WebSocket>> connect(WebSocketOptions, Deadline);
  ~WebSocket();
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  /// The next text message; nullopt: the other side closed in order.
  Awaitable<std::optional<std::string>> read();
  /// Resumes when the system has taken it.
  Awaitable<void> write(std::string text);
  /// Says goodbye; a pending `read` ends. At the deadline the connection is cut.
  Awaitable<void> close(Deadline);
  /// At once, from anywhere on the io thread: pending reads and writes fail.
  void cut();

  struct Connection;

 private:
  explicit WebSocket(std::shared_ptr<Connection>);
  std::shared_ptr<Connection> connection_;
};

}  // namespace fairlead::net
