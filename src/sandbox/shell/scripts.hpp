// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "sandbox/shell/launcher.hpp"

namespace fairlead::sandbox::shell {

/// What runs on instances: each has a folder, instances/<id>, where its scripts start. What a script leaves running goes on until its
/// instance or the sandbox ends, also when the sandbox is killed. io thread.
class Scripts {
 public:
  /// `url`: the sandbox's own, known before the first script: an aws command line on the instance asks it and not Amazon.
  Scripts(asio::any_io_executor, std::filesystem::path folder, const std::string& url, Tell);
  ~Scripts();

  void run(const RunScript&);
  void end(const EndInstance&);
  /// Asks everything to end, or kills it; from now on nothing is run.
  void stop(bool kill);

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace fairlead::sandbox::shell
