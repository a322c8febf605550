// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "fairlead/base/async.hpp"
#include "fairlead/base/fd.hpp"

namespace fairlead::sandbox::shell {

/// Ends what scripts left running. A service that was detached is in no group of ours any more, but it still has the variable that
/// its script was given: `name` with a value that begins with the sandbox's own mark.
class Sweep {
 public:
  explicit Sweep(asio::any_io_executor);

  /// "FAIRLEAD_INSTANCE", and its value for an instance.
  static const std::string name;
  std::string value(const std::string& instance) const { return mark_ + instance + "/"; }

  /// Everything of the instance (empty: of all instances); SIGKILL also reaches what is just being forked.
  void end(const std::string& instance, int signal) const;

  /// From now on a process of its own sweeps when this one is gone, however it ends.
  void guard();

 private:
  asio::any_io_executor ex_;
  std::string mark_;
  std::optional<Fd> guarded_;
};

}  // namespace fairlead::sandbox::shell
