// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "fairlead/base/secret.hpp"

namespace fairlead::cli {

/// A secret from stdin: on a terminal asked for without echo, else everything that is piped in, without one last line end.
/// Throws Error(usage) when nothing comes.
Secret read_secret(const std::string& label);

}  // namespace fairlead::cli
