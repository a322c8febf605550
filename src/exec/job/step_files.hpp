// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::exec {

struct Assignments {
  std::map<std::string, std::string> values;  ///< the last one of a name counts
  std::vector<std::string> problems;          ///< one sentence each, for the step's log
};

/// What a step wrote to $FAIRLEAD_OUTPUT or $FAIRLEAD_ENV: lines `name=value`, or
///     name<<END
///     several lines
///     END
/// Names are letters, digits, `_` and (for outputs) `-`. What does not fit is left out and becomes a problem.
Assignments parse_assignments(std::string_view text, std::string_view variable);

/// Names that a step may not set for later ones: they are ours, or they change how the shell of every later step starts.
bool is_reserved_variable(std::string_view name);

}  // namespace fairlead::exec
