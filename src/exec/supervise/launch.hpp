// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "exec/supervise/protocol.hpp"

namespace fairlead::exec {

/// Creates the files of a process in its step's folder: the script (exclusively) and the room for exit.json; output, env and
/// summary are the step's to create. Throws Error(conflict) when the script is there: the process was started before.
void write_script(int step_folder, const Order&);

/// Forks and executes it in a session of its own, output (both streams, in order) to `output`, input from /dev/null.
/// What keeps it from running is said in the output, with exit code 126 (folder) or 127 (program).
pid_t launch(int job_folder, int step_folder, const Order&, int output);

}  // namespace fairlead::exec
