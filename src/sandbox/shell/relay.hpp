// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "fairlead/base/async.hpp"
#include "fairlead/sandbox/world.hpp"

namespace fairlead::sandbox::shell {

/// A TCP listener of a network load balancer: every connection goes to the target that `ask` names. io thread.
class Relay {
 public:
  Relay(asio::any_io_executor, std::function<Route()> ask);
  ~Relay();
  /// Returns the port. Throws Error(unavailable).
  int listen(int port);

  struct State;

 private:
  std::shared_ptr<State> state_;
};

/// Connects and closes. Throws Error(unavailable).
Awaitable<void> connect_once(std::string host, int port);

}  // namespace fairlead::sandbox::shell
