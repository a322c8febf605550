// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/process.hpp"

namespace fairlead::exec {

/// podman or docker, as a program: their command lines are the same where we use them. io thread.
class ContainerTool {
 public:
  /// `program`: a name or path; empty: podman, else docker, whichever is in PATH. Throws Error(not_found) when there is none.
  explicit ContainerTool(const std::string& program);

  const std::string& program() const { return program_; }

  /// Runs it; `env` comes on top of what the tools themselves need. The caller judges the exit status.
  Awaitable<RunResult> run(std::vector<std::string> arguments, std::chrono::seconds patience,
                           std::map<std::string, std::string> env = {}) const;
  /// The same; a failure throws Error(unavailable) with what it said, after `what` could not be done.
  Awaitable<std::string> must(std::string what, std::vector<std::string> arguments, std::chrono::seconds patience,
                              std::map<std::string, std::string> env = {}) const;

 private:
  std::string program_;
};

/// What the tools need of this process's environment.
std::map<std::string, std::string> container_tool_env();

/// Words of an `options:` text, with '…', "…" and \ as in a shell, but without any expansion. Throws Error(invalid) for an open quote.
std::vector<std::string> option_words(const std::string& text);

}  // namespace fairlead::exec
