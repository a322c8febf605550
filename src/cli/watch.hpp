// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/client.hpp"
#include "cli/log_choice.hpp"
#include "cli/output.hpp"

namespace fairlead::cli {

struct WatchOptions {
  bool progress = true;  ///< a line for each change of a stage, job or gate
  bool logs = false;     ///< also what the steps write
  LogChoice choice;      ///< whose logs; with a job it ends with that job, and prints its log alone
  long timeout = 0;      ///< seconds, 0: none
};

/// Follows a run to its end, through restarts of the server. Returns the exit code of its end (124 when the time is up).
int watch_run(Client&, Output&, const std::string& run, const WatchOptions&);

}  // namespace fairlead::cli
