// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/chat/message.hpp"
#include "fairlead/chat/place.hpp"
#include "fairlead/chat/web_api.hpp"

namespace fairlead::store {
class Store;
class Tx;
}  // namespace fairlead::store

namespace fairlead::chat {

/// What a message should be now. Newer wishes for the same card replace older ones; nothing is lost but what lay between.
struct Desired {
  std::string card;        ///< key, unique: "run:<id>@T1/C1", "approval:<id>/<stage>/<n>@T1/C1", "reply:…"
  Place place;             ///< thread_card instead of place.thread when the root is a card that may not be sent yet
  std::string thread_card; ///< key of the card in whose thread it goes
  bool broadcast = false;  ///< of a thread reply: also to the channel
  Message message;
  enum class Urgency { progress, phase, act } urgency = Urgency::progress;  ///< act: an approval, a bad end
  bool last = false;       ///< its final state: always delivered
};

/// Durable: what is put in survives kill -9 and is sent when Slack answers again. Sends with the tier budgets of each method, at most
/// one edit per 3 s and message (slower with many live cards), 429 pauses that method of that workspace only. Never blocks a caller.
class Outbox {
 public:
  virtual ~Outbox() = default;
  virtual void put(store::Tx&, const Desired&) = 0;
  /// After the commit of what was put.
  virtual void wake() = 0;
  /// Sends until cancelled.
  virtual Awaitable<void> run() = 0;
  struct Problem {
    std::string workspace, channel, text;  ///< for doctor and the pages
  };
  virtual std::vector<Problem> problems() const = 0;
};

}  // namespace fairlead::chat
