// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fairlead::git {

/// The rules of `git check-ref-format` for a full ref ("refs/heads/main"); anything else is text, never an argument.
bool is_ref(std::string_view);

/// "main" of "refs/heads/main"; nullopt for refs that are not branches. `tag_of` likewise.
std::optional<std::string> branch_of(std::string_view ref);
std::optional<std::string> tag_of(std::string_view ref);

/// All zeros, 40 or 64 of them: "no object" in what hooks tell.
bool is_zero_sha(std::string_view);

}  // namespace fairlead::git
