// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "fairlead/net/http.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::web {

/// Filter of a live viewer; the store's, plus the apps a token may see.
struct Wanted {
  store::Filter filter;
  std::function<bool(const store::Event&)> allowed;  ///< empty: all
};

/// Feeds all live viewers of the log: one reader of the store, events serialised once, a ring of recent ones. A viewer that is behind the
/// ring reads the store by itself, so that `Last-Event-ID` resumes without a gap. With many viewers wake-ups are drawn together.
/// Does nothing while nobody looks. io thread.
class EventHub : public std::enable_shared_from_this<EventHub> {
 public:
  EventHub(asio::any_io_executor, store::Store&);

  /// Sends every event after `after` until the client goes away or `stop`. nullopt: from now on, with one event `hello` first.
  static Awaitable<void> follow(std::shared_ptr<EventHub> hub, Wanted wanted, std::optional<std::int64_t> after, net::BodyWriter& out);
  void stop();
  Awaitable<void> stopped();
  std::size_t viewers() const { return viewers_; }

 private:
  struct Item {
    store::Event event;
    std::shared_ptr<const std::string> text;
  };
  /// What one wake-up sends: a shared text when it is a single event.
  struct Batch {
    std::shared_ptr<const std::string> single;
    std::string many;
    std::int64_t cursor = 0;
    bool empty() const { return !single && many.empty(); }
  };
  class Presence;

  void start();
  static Awaitable<void> run(std::shared_ptr<EventHub>);
  static Awaitable<void> beat(std::shared_ptr<EventHub>);
  Awaitable<void> read_on();
  void end_viewers();
  bool in_ring(std::int64_t after) const;
  Batch from_ring(const Wanted&, std::int64_t after) const;
  static Awaitable<Batch> from_store(store::Store&, Wanted, std::int64_t after);

  asio::any_io_executor executor_;
  store::Store& store_;
  Signal news_;
  Signal ended_;
  std::deque<Item> ring_;
  std::int64_t seen_ = 0;  ///< highest sequence number handed out
  std::size_t viewers_ = 0;
  std::uint64_t beats_ = 0;
  std::uint64_t epoch_ = 0;  ///< viewers of an earlier one end; their clients come back
  bool reading_ = false;
  bool beating_ = false;
  bool stopping_ = false;
};

}  // namespace fairlead::web
