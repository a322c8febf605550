// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "fairlead/base/async.hpp"
#include "fairlead/base/fd.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/sandbox/world.hpp"

namespace fairlead::sandbox::shell {

using Tell = std::function<void(Fact)>;

/// Starts and ends what tasks are made of: local processes, containers of podman or docker, health checks. io thread. Facts
/// are told from coroutines of its own, never from inside a call.
class Launcher {
 public:
  Launcher(asio::any_io_executor, std::filesystem::path folder, Tell);
  ~Launcher();

  void start(const StartContainer&);
  void stop(const StopContainer&);
  void check(const CheckContainer&);
  /// Ends every process and waits for them.
  Awaitable<void> stop_all();
  /// "127.0.0.1:5000": where images of ECR are really kept.
  void set_registry(std::string host);

  struct State;

 private:
  std::shared_ptr<State> state_;
};

/// A port that nobody listens on now, below the ephemeral ones, each given once in a round.
int free_port();

/// Instances of sandboxes on one machine must not meet: a second number for 127.<n>.0.0/16 that no other sandbox has, 77 when it is
/// free, for as long as the descriptor is kept.
std::pair<int, Fd> claim_network();

}  // namespace fairlead::sandbox::shell
