// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/fd.hpp"
#include "fairlead/base/json_fwd.hpp"

namespace fairlead::net {

/// Header fields in order of arrival; names compare without case.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;
  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  void add(std::string name, std::string value);
  /// Replaces every field of that name.
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);
  /// First value; empty when absent.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  std::size_t size() const { return fields_.size(); }

 private:
  std::vector<Field> fields_;
};

/// Decoded parameters of a query string, in order.
class Query {
 public:
  void add(std::string name, std::string value) { values_.emplace_back(std::move(name), std::move(value)); }
  /// First value; nullopt when the parameter is absent.
  std::optional<std::string> get(std::string_view name) const;
  std::string text(std::string_view name, std::string fallback = {}) const;
  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

/// Who is at the other end: an IP address (the client's own when a trusted proxy names it), or the user of the unix socket.
struct Peer {
  std::string address;        ///< "127.0.0.1", "2001:db8::1"; empty on the unix socket
  std::optional<uid_t> uid;   ///< unix socket only
  bool secure = false;        ///< TLS here, or at a trusted proxy
};

/// A complete request. `path` is normalised and decoded; anything ambiguous was answered 400 before (target.hpp).
struct Request {
  std::string method;
  std::string target;                 ///< as sent, for logs
  std::string path;                   ///< "/api/v1/apps/shop api"
  std::vector<std::string> segments;  ///< {"api", "v1", "apps", "shop api"}; "/" has none
  Query query;
  Headers headers;
  std::string body;
  Peer peer;
};

/// Where a streaming response writes. io thread.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  /// Returns when the kernel took all bytes (they must stay alive until then). Throws Error(canceled) when the client is
  /// gone or too slow, or the server stops.
  virtual Awaitable<void> write(std::string_view chunk) = 0;
};

/// Writes a body of unknown length. Cancelled (operation_aborted from whatever it awaits) when the client goes away.
using BodyStream = std::function<Awaitable<void>(BodyWriter&)>;

/// Bytes of an open file. The length is a promise: a file that turns out shorter ends the connection.
struct FileRange {
  Fd file;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct Response {
  int status = 200;
  Headers headers;  ///< without Content-Length, Transfer-Encoding, Connection and Date: the server's own
  std::variant<std::string, std::shared_ptr<FileRange>, BodyStream> body;

  static Response text(int status, std::string body, std::string type = "text/plain; charset=utf-8");
  static Response json(int status, const Json&);
  /// Server-sent events: the right headers and no buffering by proxies.
  static Response events(BodyStream);
};

/// application/problem+json (RFC 9457) with type "about:blank".
Response problem(int status, std::string_view detail, std::string_view hint = {});
std::string_view reason_phrase(int status);

/// Answers one request on the io thread. An exception that leaves it becomes 500 and a log line.
/// The request lives until the response, also a streaming one, has been sent.
using Handler = std::function<Awaitable<Response>(Request&)>;

}  // namespace fairlead::net
