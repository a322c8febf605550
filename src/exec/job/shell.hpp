// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace fairlead::exec {

/// Command that runs a script file, whose path replaces "{0}": `sh -e` by default, `bash` with pipefail and without start-up
/// files, any other program by name, or a template of words separated by blanks ("perl -w {0}").
std::vector<std::string> shell_command(const std::string& shell);

}  // namespace fairlead::exec
