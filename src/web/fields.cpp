// SPDX-License-Identifier: Apache-2.0
#include "web/fields.hpp"

#include <vector>

#include "fairlead/base/error.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::web {

namespace {

[[noreturn]] void wrong_type(std::string_view key, std::string_view expected) {
  throw Error(ErrorKind::usage, "member \"" + std::string(key) + "\" of the body must be " + std::string(expected));
}

}  // namespace

Fields::Fields(std::string_view body, std::initializer_list<std::string_view> known) : body_(Json::object()) {
  if (!trim(body).empty()) {
    try {
      body_ = parse_json(body);
    } catch (const Error& error) {
      throw Error(ErrorKind::usage, "the body is not JSON: " + error.message());
    }
  }
  if (!body_.is_object()) throw Error(ErrorKind::usage, "the body must be a JSON object");
  const std::vector<std::string> names(known.begin(), known.end());
  for (const auto& [key, value] : body_.items()) {
    if (std::ranges::find(names, key) != names.end()) continue;
    const auto near = nearest(key, names);
    throw Error(ErrorKind::usage, "unknown member \"" + ellipsize(key, 100) + "\" in the body",
                near ? "did you mean \"" + *near + "\"?" : "known are: " + join(names, ", "));
  }
}

std::string Fields::text(std::string_view key, std::string fallback) const {
  const auto& found = value(key);
  if (found.is_null()) return fallback;
  if (!found.is_string()) wrong_type(key, "a string");
  return found.get<std::string>();
}

std::string Fields::required_text(std::string_view key) const {
  auto found = text(key);
  if (found.empty()) throw Error(ErrorKind::usage, "member \"" + std::string(key) + "\" is missing in the body");
  return found;
}

bool Fields::flag(std::string_view key, bool fallback) const {
  const auto& found = value(key);
  if (found.is_null()) return fallback;
  if (!found.is_boolean()) wrong_type(key, "true or false");
  return found.get<bool>();
}

std::optional<Time> Fields::time(std::string_view key) const {
  const auto found = text(key);
  if (found.empty()) return std::nullopt;
  const auto parsed = parse_time(found);
  if (!parsed) wrong_type(key, "a time such as 2026-11-20T03:04:05Z");
  return parsed;
}

std::optional<Duration> Fields::duration(std::string_view key) const {
  const auto found = text(key);
  if (found.empty()) return std::nullopt;
  const auto parsed = parse_duration(found);
  if (!parsed || *parsed <= Duration{0}) wrong_type(key, "a duration such as 90s, 10m, 4h or 2d");
  return parsed;
}

std::set<std::string> Fields::texts(std::string_view key) const {
  const auto& found = value(key);
  std::set<std::string> result;
  if (found.is_null()) return result;
  if (!found.is_array()) wrong_type(key, "a list of strings");
  for (const auto& entry : found) {
    if (!entry.is_string()) wrong_type(key, "a list of strings");
    result.insert(entry.get<std::string>());
  }
  return result;
}

}  // namespace fairlead::web
