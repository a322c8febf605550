// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "fairlead/base/json.hpp"
#include "fairlead/base/time.hpp"

namespace fairlead::web {

/// The JSON object of a request body, read strictly: unknown members and wrong types are Error(usage) naming the member.
class Fields {
 public:
  /// `body` empty: an empty object.
  Fields(std::string_view body, std::initializer_list<std::string_view> known);

  std::string text(std::string_view key, std::string fallback = {}) const;
  std::string required_text(std::string_view key) const;
  bool flag(std::string_view key, bool fallback = false) const;
  std::optional<Time> time(std::string_view key) const;  ///< RFC 3339
  std::optional<Duration> duration(std::string_view key) const;
  std::set<std::string> texts(std::string_view key) const;
  /// The member or null.
  const Json& value(std::string_view key) const { return member(body_, key); }
  const Json& all() const { return body_; }

 private:
  Json body_;
};

}  // namespace fairlead::web
