// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/chat/message.hpp"
#include "fairlead/chat/place.hpp"
#include "fairlead/chat/web_api.hpp"

namespace fairlead::store {
class Store;
class Tx;
class View;
}  // namespace fairlead::store

namespace fairlead::chat {

enum class Urgency {
  progress,  ///< may wait, and be replaced by what comes after it
  phase,     ///< a stage began or ended: at once when the budget allows
  act        ///< a person must act, or it ended badly: before everything else
};

/// What a message should be now. A newer wish for the same card replaces the older one; nothing is lost but what lay between.
struct Desired {
  std::string card;         ///< key, unique over all workspaces (card_key)
  Place place;              ///< "#name" and user ids are allowed as channel
  std::string thread_card;  ///< key of the card in whose thread it goes, once that one is sent; wins over place.thread
  bool broadcast = false;   ///< of a thread reply: also to the channel
  Message message;
  std::string hash;         ///< of what is shown, without what changes with every drawing; see hash_of
  int revision = 0;         ///< that the message was drawn with
  Urgency urgency = Urgency::progress;
  bool last = false;        ///< its final state
  std::string fallback;     ///< user id that gets it directly when the channel refuses for good; empty: nobody
};

/// "<what>@<workspace>/<channel as configured>".
std::string card_key(const std::string& what, const Place&);
/// Of the text and the blocks without their block_ids.
std::string hash_of(const Message&);

/// Where a card is, as far as it was sent.
struct CardState {
  std::string hash;            ///< wanted now
  int revision = 0;            ///< of what is wanted
  int sent_revision = -1;      ///< of what the reader sees; -1: nothing was sent
  std::string channel, ts;     ///< as Slack names them; empty while nothing was sent
  bool last = false;
};
std::optional<CardState> card_state(store::View&, const std::string& card);

struct OutboxParts {
  asio::any_io_executor executor;
  store::Store* store = nullptr;
  std::function<WebApi*(const std::string& workspace)> api;  ///< null: the workspace is not connected now
  Clock clock = now;
};

/// Durable: what is put in survives kill -9 and is sent when Slack answers again. Keeps within the tier budget of each method, edits a
/// message at most every 3 s (less often with many live cards), and lets a 429 pause that method of that workspace only. Never blocks
/// a caller. io thread, except `put`.
class Outbox {
 public:
  explicit Outbox(OutboxParts);
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  /// Inside any transaction; false when the card is wanted like this already.
  static bool put(store::Tx&, const Desired&, Time now);
  /// After the commit of what was put.
  void wake();
  /// Sends until cancelled.
  Awaitable<void> run();

  /// What could not be delivered, for doctor and the pages.
  struct Problem {
    std::string workspace, channel, text;
  };
  std::vector<Problem> problems() const;
  struct Stats {
    std::size_t waiting = 0;
    std::uint64_t posts = 0, edits = 0, throttled = 0, failed = 0;
  };
  Stats stats() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace fairlead::chat
