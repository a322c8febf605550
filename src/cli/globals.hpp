// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "fairlead/base/error.hpp"

namespace fairlead::cli {

/// Options before the command.
struct Globals {
  std::string server;  ///< --server
  std::string token;   ///< --token: read from the argument once, never printed
  bool json = false;
  bool quiet = false;
  bool no_color = false;
};

/// Exit codes are promises (interfaces.md).
enum Exit : int {
  done = 0,
  failed = 1,
  usage = 2,
  invalid = 3,
  not_found = 4,
  refused = 5,
  unreachable = 6,
  canceled = 7,
  lost = 8,
  timed_out = 124
};

int exit_code(ErrorKind);
/// Exit code for a finished run's state: succeeded 0, failed 1, canceled and superseded 7, lost 8, skipped 0, rejected 5.
int exit_code_of_state(std::string_view state, std::string_view reason);

}  // namespace fairlead::cli
