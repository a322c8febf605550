// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "fairlead/base/async.hpp"
#include "fairlead/base/ids.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/chat/incoming.hpp"
#include "fairlead/chat/web_api.hpp"

namespace fairlead::pipeline {
struct ServerConfig;
}
namespace fairlead::store {
class Store;
}

/// Chat-ops: one dispatcher for all transports.
namespace fairlead::chat {

class Links;
class Outbox;
class People;

struct Parts {
  asio::any_io_executor executor;
  store::Store* store = nullptr;
  std::shared_ptr<const pipeline::ServerConfig> config;  ///< names of apps and environments; acts go through the API of the speaker
  People* people = nullptr;
  Links* links = nullptr;    ///< null: accounts cannot be linked
  Outbox* outbox = nullptr;  ///< for `version`: what could not be delivered; may be null
  /// The Web API that serves this workspace.
  std::function<WebApi*(const std::string& workspace)> api;
  /// The end of a step's log, masked; empty when there is none. May be empty.
  std::function<Awaitable<std::string>(RunId, std::string job, int attempt, int step)> log_tail;
  std::string public_url;
  Clock clock = now;
  /// How long an acknowledgement waits for the answer of a command, so that it can carry it (aim: 100 ms).
  std::chrono::steady_clock::duration answer_within = std::chrono::milliseconds(80);
  /// The same for the submission of a modal, whose problems can only be shown in it by the acknowledgement.
  std::chrono::steady_clock::duration view_answer_within = std::chrono::milliseconds(2500);
};

/// Takes what transports bring. io thread.
class Chat {
 public:
  explicit Chat(Parts);
  ~Chat();
  Chat(const Chat&) = delete;
  Chat& operator=(const Chat&) = delete;

  /// The answer for the acknowledgement, within 3 s whatever happens (aim: 100 ms): null for an empty one, else the message of a slash
  /// command, {"options"}, or {"response_action"}. What takes longer goes on and answers by itself. The same envelope
  /// (trigger_id, event_id, handle) again within 10 min is answered the same and does nothing.
  Awaitable<Json> handle(Incoming);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace fairlead::chat
