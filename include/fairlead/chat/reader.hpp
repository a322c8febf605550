// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/ids.hpp"
#include "fairlead/base/time.hpp"

namespace fairlead::engine {
class Engine;
}
namespace fairlead::store {
class Store;
}

namespace fairlead::chat {

class Outbox;

struct ReaderParts {
  store::Store* store = nullptr;
  engine::Engine* engine = nullptr;
  Outbox* outbox = nullptr;
  std::string public_url;
  /// Workspaces that messages can go to at present: `console`, `pasted`, those installed by OAuth.
  std::function<std::vector<std::string>()> workspaces;
  /// The end of a step's log, masked; empty when there is none. May be empty.
  std::function<Awaitable<std::string>(RunId, std::string job, int attempt, int step)> log_tail;
  /// Mentions of at most `limit` people who can still approve the stage, for reminders. May be empty.
  std::function<Awaitable<std::vector<std::string>>(RunId, std::string stage, std::string workspace, int limit)> approvers;
  Clock clock = now;
};

/// Reader of the event log (architecture.md §2) that keeps every card as its run is: one card a run and channel, an approval card when
/// a stage waits for people, a reply when it ended badly. Has its own cursor: what happened while it was down is caught up
/// with, once, as the present state. A run that cannot be drawn is logged and passed over.
class Reader {
 public:
  explicit Reader(ReaderParts);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  /// Until cancelled or the store is closed.
  Awaitable<void> run();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace fairlead::chat
