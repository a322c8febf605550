// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/time.hpp"

namespace fairlead::store {
class Store;
}

namespace fairlead::chat {

/// The messages of the console: {ts, text, blocks, user, to, thread_ts, …}. `to` is empty for the channel, else the only person who sees
/// it. Those of the channel and direct ones are store documents; what a person sees only now (ephemeral) is kept in memory, so that its
/// buttons can be pressed. io thread.
class Messages {
 public:
  Messages(store::Store& store, Clock clock) : store_(store), clock_(std::move(clock)) {}

  /// Before anything else; reads the store once.
  Awaitable<void> load();
  /// A time that no message has yet: "1700000000.000100".
  std::string next_ts();

  /// New or changed; resumes when it is durable. Forgets the oldest ones.
  Awaitable<void> put(Json message);
  Awaitable<void> erase(std::string ts);
  /// Not durable.
  void put_ephemeral(Json message);
  void erase_ephemeral(const std::string& ts) { ephemeral_.erase(ts); }

  /// Null when there is none that this person may see; `user` empty: any.
  const Json& find(const std::string& ts, const std::string& user) const;
  const Json& find_ephemeral(const std::string& ts, const std::string& user) const;
  /// Oldest first.
  std::vector<const Json*> visible(const std::string& user) const;

 private:
  store::Store& store_;
  Clock clock_;
  bool loaded_ = false;
  std::map<std::string, Json> kept_, ephemeral_;
  std::int64_t last_ = 0;  ///< micros of the newest ts
};

}  // namespace fairlead::chat
