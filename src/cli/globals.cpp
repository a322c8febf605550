// SPDX-License-Identifier: Apache-2.0
#include "cli/globals.hpp"

namespace fairlead::cli {

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage: return Exit::usage;
    case ErrorKind::invalid: return Exit::invalid;
    case ErrorKind::not_found: return Exit::not_found;
    case ErrorKind::refused:
    case ErrorKind::unauthorized: return Exit::refused;
    case ErrorKind::unavailable: return Exit::unreachable;
    case ErrorKind::canceled: return Exit::canceled;
    case ErrorKind::timeout: return Exit::timed_out;
    case ErrorKind::conflict:
    case ErrorKind::too_large:
    case ErrorKind::io:
    case ErrorKind::internal: break;
  }
  return Exit::failed;
}

int exit_code_of_state(std::string_view state, std::string_view reason) {
  if (state == "succeeded" || state == "skipped") return Exit::done;
  if (state == "canceled" || state == "superseded") return Exit::canceled;
  if (state == "lost") return Exit::lost;
  return reason.contains("rejected by") ? Exit::refused : Exit::failed;
}

}  // namespace fairlead::cli
