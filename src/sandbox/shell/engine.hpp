// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/sandbox/world.hpp"

namespace fairlead::sandbox::shell {

/// podman or docker, whichever is there; only its command lines.
struct Engine {
  std::string registry;  ///< where images of ECR are really kept: "127.0.0.1:5000"

  /// Makes the image local; CannotPullContainerError's words when it cannot.
  Awaitable<std::string> fetch(std::string image);
  std::vector<std::string> run_arguments(const StartContainer&, const std::map<int, int>& ports) const;
  std::vector<std::string> exec_arguments(const StartContainer&, const std::vector<std::string>& inner) const;
  Awaitable<void> kill(StartContainer);
  /// What the engine's client sees of our environment: where its configuration and its socket are.
  static std::map<std::string, std::string> environment();

 private:
  std::string program() const;
  std::string real_name(const std::string& image) const;
};

/// Whether PATH has it.
bool is_program(const std::string& name);

}  // namespace fairlead::sandbox::shell
