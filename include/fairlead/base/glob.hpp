// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fairlead {

/// Anchored glob on '/'-separated text: `*` and `?` stay within a segment, `**` crosses segments ("src/**" also matches
/// "src/a/b"; "**/x" also matches "x"), `[abc]` and `[!abc]` classes. Linear in practice: backtracks to the last star only.
bool glob_match(std::string_view pattern, std::string_view text);

/// Ordered list as in Git hosts' filters: the last pattern that matches decides, a leading `!` negates.
bool glob_list_match(const std::vector<std::string>& patterns, std::string_view text);

}  // namespace fairlead
