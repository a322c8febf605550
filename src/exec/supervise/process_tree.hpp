// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <vector>

namespace fairlead::exec {

/// Every living descendant of this process, which must be a child subreaper: whoever loses its parent becomes our child,
/// so that neither setsid nor a double fork leads out.
std::vector<pid_t> descendants();

/// The signal to every descendant (and SIGCONT, so that stopped ones can act on it).
void signal_descendants(int sig);

/// SIGKILL to every descendant: stops them all first, in rounds until no new one turns up, so that a fork bomb cannot
/// outrun the walk. The caller reaps, and repeats while it still has children.
void kill_descendants();

/// Has this process any child, living or not yet reaped?
bool has_children();

}  // namespace fairlead::exec
