// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "fairlead/base/json_fwd.hpp"
#include "fairlead/base/time.hpp"

namespace fairlead {

/// Parses untrusted text. Throws Error(invalid) with line and column; refuses depth above `max_depth` (reliability E4).
Json parse_json(std::string_view text, std::size_t max_depth = 64);

/// Compact text; invalid UTF-8 becomes U+FFFD, so it never throws.
std::string dump(const Json&);

/// Member lookups that never throw: the fallback when absent or of another type.
std::string text_at(const Json&, std::string_view key, std::string_view fallback = {});
std::int64_t number_at(const Json&, std::string_view key, std::int64_t fallback = 0);
bool flag_at(const Json&, std::string_view key, bool fallback = false);
/// The member, or a null value.
const Json& member(const Json&, std::string_view key);
/// Nested member by path: at_path(j, {"repository", "full_name"}); null when any part is missing.
const Json& at_path(const Json&, std::initializer_list<std::string_view> path);

/// Times in event payloads are microseconds (integers); null is nullopt.
std::optional<Time> time_at(const Json&, std::string_view key);
Json json_time(const std::optional<Time>&);

}  // namespace fairlead
