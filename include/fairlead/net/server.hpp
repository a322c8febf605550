// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "fairlead/net/http.hpp"

namespace fairlead::net {

/// What a stranger may cost us. Times are per connection.
struct Limits {
  std::size_t header_bytes = 16u << 10;
  std::chrono::milliseconds header_time{5000};  ///< from the first byte of a request to the end of its header
  std::chrono::milliseconds idle_time{60000};   ///< between requests
  std::chrono::milliseconds write_time{30000};  ///< without progress of the reader
  std::chrono::milliseconds body_grace{5000};   ///< a body must arrive faster than `body_rate` after this
  std::size_t body_rate = 1024;                 ///< bytes per second
  std::chrono::milliseconds linger_time{10000}; ///< how long a refused body is thrown away, so that the answer is seen
  std::size_t connections = 16384;              ///< all together, lowered to what the descriptor limit allows
  std::size_t reserved = 256;                   ///< of these, only for routes with `reserved`
  std::size_t per_address = 1024;               ///< loopback and trusted proxies are not counted
  std::size_t body_memory = 256u << 20;            ///< of all request bodies together; above: 503
};

/// What the server must know of a route before it reads the body.
struct RouteLimits {
  std::size_t body_bytes = 1u << 20;
  bool reserved = false;  ///< answered even when the common slots are taken: hooks, health
};

struct ServerOptions {
  Limits limits;
  /// Called with the head of each request (no body yet). Empty: the default for all.
  std::function<RouteLimits(const Request&)> route_limits;
  /// Addresses or CIDR ranges whose X-Forwarded-For and X-Forwarded-Proto are believed.
  std::vector<std::string> trusted_proxies;
  /// A path may end in '/', as image registries and proxied applications need; `path` and `segments` are those without it.
  bool trailing_slash = false;
};

struct Tls {
  std::filesystem::path certificate;  ///< PEM, with its chain
  std::filesystem::path key;          ///< PEM
};

/// HTTP/1.1 server: any number of listeners, one handler. Strict where leniency is dangerous (RFC 9112 §11: CL+TE, repeated
/// Content-Length, bare CR, obs-fold, absolute-form with another host), so that no proxy in front sees other requests than we do.
/// Lives on one io thread; owns its connections. Listening failures throw Error(io | unavailable), nothing else does.
class Server {
 public:
  Server(asio::any_io_executor, Handler, ServerOptions = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// "127.0.0.1:7070", "[::1]:0", "0.0.0.0:80", "localhost:7070". Returns the port.
  std::uint16_t listen_tcp(const std::string& address, const std::optional<Tls>& = std::nullopt);
  /// Replaces a socket file that no process listens on; Error(unavailable) when one does.
  void listen_unix(const std::filesystem::path&, mode_t mode = 0660);

  /// No new connections; idle ones close, answers in flight finish, streams are cancelled; at the deadline all are closed.
  Awaitable<void> stop(Deadline);

  struct Stats {
    std::size_t connections = 0;
    std::size_t streams = 0;
    std::uint64_t requests = 0;
    std::uint64_t refused = 0;  ///< connections over a cap and requests refused by the protocol checks
  };
  Stats stats() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace fairlead::net
