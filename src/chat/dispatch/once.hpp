// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "fairlead/base/async.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/time.hpp"

namespace fairlead::chat {

/// An envelope that is being answered.
struct Envelope {
  explicit Envelope(const asio::any_io_executor& executor) : changed(executor) {}
  Json answer;
  bool answered = false;  ///< `answer` is there to be acknowledged with
  bool acknowledged = false;  ///< without it: what comes now goes another way
  Signal changed;

  void settle(Json value) {
    if (!acknowledged) answer = std::move(value);
    answered = true;
    changed.notify_all();
  }
  /// Until it is answered, at most until then.
  Awaitable<void> wait_until(Deadline deadline) {
    while (!answered && co_await changed.wait_until(deadline)) continue;
  }
};

/// What came in during the last 10 minutes, so that the same envelope is not acted upon twice. io thread.
class Once {
 public:
  explicit Once(asio::any_io_executor executor) : executor_(std::move(executor)) {}

  struct Seen {
    std::shared_ptr<Envelope> envelope;
    bool repeated = false;
  };
  /// An empty key is never a repetition.
  Seen take(const std::string& key, Time now);

 private:
  void forget(Time now);

  asio::any_io_executor executor_;
  std::map<std::string, std::shared_ptr<Envelope>> seen_;
  std::deque<std::pair<Time, std::string>> order_;
};

}  // namespace fairlead::chat
