// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/net/http.hpp"

namespace fairlead::net {

struct Target {
  std::string path;                   ///< decoded
  std::vector<std::string> segments;  ///< decoded; a segment never contains '/', NUL or control bytes, and is never ".."
  Query query;
};

/// Reads the origin-form of a request target. The error says what is wrong: "..", ".", ";", "//", an encoded slash, backslash or NUL,
/// control bytes, broken escapes, invalid UTF-8, a fragment. One path has one spelling, so that no check before us sees another.
/// With `trailing_slash` one '/' at the end is allowed, and left out.
std::expected<Target, std::string> parse_target(std::string_view raw, bool trailing_slash = false);

/// "a=1&b=x+y" with '+' as space; a broken escape is kept as text.
Query parse_query(std::string_view raw);

}  // namespace fairlead::net
