// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>

namespace fairlead {

/// A string that must not be mixed with other strings.
template <class Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string value) : value_(std::move(value)) {}
  const std::string& str() const { return value_; }
  bool empty() const { return value_.empty(); }
  auto operator<=>(const Id&) const = default;
  friend std::ostream& operator<<(std::ostream& out, const Id& id) { return out << id.value_; }

 private:
  std::string value_;
};

using RunId = Id<struct RunIdTag>;  ///< UUIDv7
using Sha = Id<struct ShaTag>;      ///< full Git commit id, lower-case hex, 40 or 64 characters

/// UUIDv7 (RFC 9562): sorts by time, monotonic within this process.
std::string new_uuid();
/// UUID (version 8) from the SHA-256 of `name`: the same name gives the same UUID for ever.
std::string uuid_from(std::string_view name);

bool is_sha(std::string_view);

}  // namespace fairlead

template <class Tag>
struct std::hash<fairlead::Id<Tag>> {
  std::size_t operator()(const fairlead::Id<Tag>& id) const noexcept { return std::hash<std::string>{}(id.str()); }
};
