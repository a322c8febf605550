// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace fairlead::git {

/// Does a symbolic link with this target, in a folder `depth` levels below the top, stay below the top whatever the other links of
/// the same tree are? Only "../" at the start and then plain names: the folder of the link is a real one, so the leading steps up
/// are counted exactly, and a name can at most be a link that stays inside itself. A ".." after a name could climb out of it.
bool stays_inside(std::size_t depth, std::string_view target);

/// A name that may be written into a folder: not empty, ".", "..", with a slash or NUL, or ".git" in any case.
bool is_safe_name(std::string_view);

}  // namespace fairlead::git
