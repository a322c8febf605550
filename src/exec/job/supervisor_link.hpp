// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "fairlead/base/async.hpp"
#include "fairlead/base/json_fwd.hpp"

namespace fairlead::exec {

/// The server's end of the line to one supervisor (supervise/protocol.hpp). io thread; `send` at any time, one coroutine
/// at a time in `next`.
class SupervisorLink {
 public:
  /// Starts `program` for the folder, in a session of its own; it goes on when this object or this process ends.
  static std::unique_ptr<SupervisorLink> start(const asio::any_io_executor&, const std::filesystem::path& program,
                                               const std::filesystem::path& folder);
  /// nullptr when nobody answers there.
  static std::unique_ptr<SupervisorLink> connect(const asio::any_io_executor&, const std::filesystem::path& folder);
  ~SupervisorLink();

  /// Queues a message; a peer that is gone is noticed by `next`.
  void send(const Json&);
  /// The next message; nullopt when the supervisor has ended or closed the line.
  Awaitable<std::optional<Json>> next();

 private:
  struct State;
  explicit SupervisorLink(std::shared_ptr<State>);
  std::shared_ptr<State> state_;
};

/// Does a living supervisor hold the folder?
bool is_supervised(const std::filesystem::path& folder);

/// Kills what a supervisor that was killed itself may have left: processes whose $FAIRLEAD_OUTPUT lies in the folder.
void kill_leftovers(const std::filesystem::path& folder);

}  // namespace fairlead::exec
