// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/globals.hpp"

namespace fairlead::cli {

/// The script a shell sources: it asks `fairlead __complete` for what may come next. Throws Error(usage) for another shell.
std::string completion_script(std::string_view shell);

/// What the server of this folder knows, for the words of a command line: apps, environments, recent runs. Empty when it does not
/// answer within half a second.
enum class Known { apps, environments, runs };
std::vector<std::string> known_to_server(const Globals&, Known);

}  // namespace fairlead::cli
