// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "fairlead/net/http.hpp"

namespace fairlead::net {

struct HttpRequest {
  std::string method = "GET";
  std::string url;                    ///< http or https; sent as written, without path normalisation
  Headers headers;
  std::string body;
  std::string unix_socket;            ///< connect there; the host of `url` is then only a name
  bool fresh_connection = false;      ///< never reuse one: libcurl repeats a request whose reused connection turns out dead
  bool follow_redirects = false;      ///< at most 5, http(s) only, credentials stay with their host
  bool public_only = false;           ///< refuse to connect to a private address (whatever the name resolves to)
  std::size_t max_reply = 16u << 20;  ///< Error(too_large) above; not for `stream`
  std::filesystem::path ca_file;      ///< empty: the system's
};

struct HttpReply {
  int status = 0;
  Headers headers;
  std::string body;
  bool ok() const { return status >= 200 && status < 300; }
};

/// The request never left this machine (name, connection, TLS): nothing can have happened at the other end.
class NotSent : public Error {
 public:
  using Error::Error;
};

/// HTTP client on the io thread: libcurl's multi interface driven by Asio, with connection reuse and HTTP/2 where offered.
/// Nothing of libcurl is initialised before the first call. Any HTTP status is a reply, not an error; errors are
/// Error(unavailable): name, connection, TLS; Error(timeout): the deadline; both as NotSent where that is certain; Error(usage): a URL or
/// header that cannot be sent. Cancelling the awaiting coroutine ends the transfer. Must outlive its transfers.
class HttpClient {
 public:
  explicit HttpClient(asio::any_io_executor);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  Awaitable<HttpReply> send(HttpRequest, Deadline);

  /// Calls `on_chunk` for every piece of a 2xx body as it comes; returning false ends the transfer without error.
  /// Bodies of other statuses come back in the reply. `on_chunk` runs inside libcurl: it must not throw or block.
  using OnChunk = std::function<bool(std::string_view)>;
  Awaitable<HttpReply> stream(HttpRequest, OnChunk on_chunk, Deadline);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace fairlead::net
