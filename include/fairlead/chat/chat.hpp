// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "fairlead/base/async.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/chat/incoming.hpp"
#include "fairlead/chat/web_api.hpp"

namespace fairlead::engine {
class Engine;
}
namespace fairlead::store {
class Store;
}

/// Chat-ops: one dispatcher for all transports.
namespace fairlead::chat {

class People;
class Outbox;

struct Parts {
  asio::any_io_executor executor;
  store::Store* store = nullptr;
  engine::Engine* engine = nullptr;  ///< for its configuration; acts go through the API of the speaker
  People* people = nullptr;
  Outbox* outbox = nullptr;
  /// The Web API that serves this workspace.
  std::function<WebApi*(const std::string& workspace)> api;
  std::string public_url;
  Clock clock = now;
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
