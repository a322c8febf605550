// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/context.hpp"

namespace fairlead::sandbox {

/// A line that a container wrote goes to its log stream (awslogs), or nowhere.
void write_log(Context&, Task&, const std::string& container, const std::string& line);

/// SSM Run Command: scripts that really run.
namespace scripts {
void ended(Context&, const ScriptEnded&);
void add_commands(Table&);
}  // namespace scripts

}  // namespace fairlead::sandbox
