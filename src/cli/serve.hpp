// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/globals.hpp"

namespace fairlead::cli {

struct ServeOptions {
  std::string config;     ///< empty: found upwards from here
  std::string listen;     ///< overrides server.listen
  bool announce = false;  ///< prints the addresses on stdout, for programs that start a server on port 0
};

/// Runs the server until SIGTERM or SIGINT. Returns or ends with an exit code.
int serve(const ServeOptions&);

}  // namespace fairlead::cli
