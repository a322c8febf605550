// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "fairlead/net/http.hpp"

namespace fairlead::net {

/// Why a request is not answered by the handler. Status 0: the peer is gone, there is nobody to answer.
struct Refusal {
  int status = 0;
  std::string detail;
};

/// Request line and header fields of one HTTP/1.x message, with its framing decided.
struct Head {
  std::string method;
  std::string target;  ///< origin-form; an absolute-form was reduced when its authority equals Host
  Headers headers;
  int minor_version = 1;
  std::uint64_t content_length = 0;
  bool chunked = false;
  bool keep_alive = true;
  bool expects_continue = false;

  bool has_body() const { return chunked || content_length > 0; }
};

/// Reads a complete head, including its closing empty line. Stricter than RFC 9112 permits us to be lenient: whatever two parsers
/// may read differently is refused (reliability E6).
std::expected<Head, Refusal> parse_head(std::string_view raw);

}  // namespace fairlead::net
