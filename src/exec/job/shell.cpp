// SPDX-License-Identifier: Apache-2.0
#include "exec/job/shell.hpp"

#include "fairlead/base/strings.hpp"

namespace fairlead::exec {

std::vector<std::string> shell_command(const std::string& shell) {
  if (shell.empty() || shell == "sh") return {"sh", "-e", "{0}"};
  if (shell == "bash") return {"bash", "--noprofile", "--norc", "-eo", "pipefail", "{0}"};
  std::vector<std::string> words;
  for (const auto& word : split(shell, ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  if (shell.find("{0}") == std::string::npos) words.push_back("{0}");
  return words;
}

}  // namespace fairlead::exec
