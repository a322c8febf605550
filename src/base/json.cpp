// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/json.hpp"

#include <algorithm>

#include "fairlead/base/error.hpp"

namespace fairlead {
namespace {

const Json null_value;

std::string position(std::string_view text, std::size_t offset) {
  std::string_view before = text.substr(0, std::min(offset, text.size()));
  auto line = std::ranges::count(before, '\n') + 1;
  std::size_t last = before.rfind('\n');
  std::size_t column = last == std::string_view::npos ? before.size() : before.size() - last - 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(std::max<std::size_t>(column, 1));
}

/// The library parses any depth, but readers of the result recurse: refuse before building it.
void check_depth(std::string_view text, std::size_t max_depth) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if ((c == '[' || c == '{') && ++depth > max_depth) {
      throw Error(ErrorKind::invalid, "invalid JSON at " + position(text, i + 1) + ": nested deeper than " + std::to_string(max_depth));
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
}

/// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error …" without the library's prefix.
std::string reason(std::string_view what) {
  std::size_t start = what.find(": ", what.find(']') + 1);
  return std::string(start == std::string_view::npos ? what : what.substr(start + 2));
}

}  // namespace

Json parse_json(std::string_view text, std::size_t max_depth) {
  check_depth(text, max_depth);
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    throw Error(ErrorKind::invalid, "invalid JSON at " + position(text, error.byte) + ": " + reason(error.what()));
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::invalid, std::string("invalid JSON: ") + error.what());
  }
}

std::string dump(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

const Json& member(const Json& object, std::string_view key) {
  if (!object.is_object()) return null_value;
  auto found = object.find(key);
  return found == object.end() ? null_value : *found;
}

const Json& at_path(const Json& object, std::initializer_list<std::string_view> path) {
  const Json* here = &object;
  for (std::string_view key : path) here = &member(*here, key);
  return *here;
}

std::string text_at(const Json& object, std::string_view key, std::string_view fallback) {
  const Json& value = member(object, key);
  return value.is_string() ? value.get<std::string>() : std::string(fallback);
}

std::int64_t number_at(const Json& object, std::string_view key, std::int64_t fallback) {
  const Json& value = member(object, key);
  if (!value.is_number_integer()) return fallback;
  bool fits = !value.is_number_unsigned() || std::in_range<std::int64_t>(value.get<std::uint64_t>());
  return fits ? value.get<std::int64_t>() : fallback;
}

bool flag_at(const Json& object, std::string_view key, bool fallback) {
  const Json& value = member(object, key);
  return value.is_boolean() ? value.get<bool>() : fallback;
}

std::optional<Time> time_at(const Json& object, std::string_view key) {
  if (!member(object, key).is_number_integer()) return std::nullopt;
  return from_micros(number_at(object, key));
}

Json json_time(const std::optional<Time>& time) { return time ? Json(to_micros(*time)) : Json(); }

}  // namespace fairlead
