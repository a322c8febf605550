// SPDX-License-Identifier: Apache-2.0
#include "web/event_hub.hpp"

#include <algorithm>

#include "fairlead/base/json.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/net/sse.hpp"
#include "web/answers.hpp"

namespace fairlead::web {

namespace {

constexpr std::size_t ring_size = 2048;
constexpr int batch_size = 500;
constexpr auto heartbeat = std::chrono::seconds(15);
/// Per viewer: at 5,000 viewers events are sent every 100 ms, at a few at once.
constexpr auto pause_per_viewer = std::chrono::microseconds(20);
constexpr auto longest_pause = std::chrono::milliseconds(150);

bool matches(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return true;
  if (pattern.ends_with('*')) return text.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == text;
}

bool matches(const Wanted& wanted, const store::Event& event) {
  return matches(wanted.filter.stream, event.stream) && matches(wanted.filter.type, event.type) &&
         (!wanted.allowed || wanted.allowed(event));
}

std::string sse_text(const store::Event& event) { return net::sse_event(std::to_string(event.seq), event.type, dump(event_json(event))); }

}  // namespace

/// Counts a viewer for as long as its stream runs.
class EventHub::Presence {
 public:
  explicit Presence(EventHub& hub) : hub_(hub) {
    ++hub_.viewers_;
    hub_.start();
  }
  ~Presence() {
    --hub_.viewers_;
    hub_.ended_.notify_all();
  }
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

 private:
  EventHub& hub_;
};

EventHub::EventHub(asio::any_io_executor executor, store::Store& store)
    : executor_(std::move(executor)), store_(store), news_(executor_), ended_(executor_) {}

void EventHub::stop() {
  stopping_ = true;
  end_viewers();
}

void EventHub::end_viewers() {
  ++epoch_;
  news_.notify_all();
}

Awaitable<void> EventHub::stopped() {
  while (viewers_ > 0) co_await ended_.wait();
}

void EventHub::start() {
  if (stopping_) return;
  if (!reading_) {
    reading_ = true;
    ring_.clear();
    seen_ = store_.head();
    spawn(executor_, "events hub", run(shared_from_this()));
  }
  if (!beating_) {
    beating_ = true;
    spawn(executor_, "events heartbeat", beat(shared_from_this()));
  }
}

Awaitable<void> EventHub::run(std::shared_ptr<EventHub> hub) {
  try {
    while (hub->viewers_ > 0 && !hub->stopping_) co_await hub->read_on();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::canceled) log::warn("events.hub", {{"error", error.message()}});
    hub->end_viewers();
  }
  hub->reading_ = false;
}

Awaitable<void> EventHub::read_on() {
  co_await store_.wait_past(seen_);
  auto events = co_await store_.read([after = seen_](store::View& view) { return view.feed(after, batch_size); });
  for (auto& event : events) {
    seen_ = event.seq;
    auto text = std::make_shared<const std::string>(sse_text(event));
    event.payload.clear();
    ring_.push_back({std::move(event), std::move(text)});
    if (ring_.size() > ring_size) ring_.pop_front();
  }
  if (!events.empty()) news_.notify_all();
  const auto pause = std::min<std::chrono::steady_clock::duration>(pause_per_viewer * viewers_, longest_pause);
  if (pause > std::chrono::milliseconds(1)) co_await sleep_for(pause);
}

/// Lets clients notice that the connection is alive, and the server that a silent client is not.
Awaitable<void> EventHub::beat(std::shared_ptr<EventHub> hub) {
  while (hub->viewers_ > 0 && !hub->stopping_) {
    co_await sleep_for(heartbeat);
    ++hub->beats_;
    hub->news_.notify_all();
  }
  hub->beating_ = false;
}

bool EventHub::in_ring(std::int64_t after) const { return after >= seen_ || (!ring_.empty() && after >= ring_.front().event.seq - 1); }

EventHub::Batch EventHub::from_ring(const Wanted& wanted, std::int64_t after) const {
  Batch batch{.single = nullptr, .many = {}, .cursor = std::max(seen_, after)};
  const auto first = std::ranges::upper_bound(ring_, after, {}, [](const Item& item) { return item.event.seq; });
  for (auto item = first; item != ring_.end(); ++item) {
    if (!matches(wanted, item->event)) continue;
    if (batch.empty()) {
      batch.single = item->text;
      continue;
    }
    if (batch.single) batch.many = *std::exchange(batch.single, nullptr);
    batch.many += *item->text;
  }
  return batch;
}

Awaitable<EventHub::Batch> EventHub::from_store(store::Store& store, Wanted wanted, std::int64_t after) {
  co_return co_await store.read([&wanted, after](store::View& view) {
    Batch batch;
    const auto head = view.head();
    const auto events = view.feed(after, batch_size, wanted.filter);
    batch.cursor = events.size() < batch_size ? std::max(head, after) : events.back().seq;
    for (const auto& event : events)
      if (matches(wanted, event)) batch.many += sse_text(event);
    return batch;
  });
}

Awaitable<void> EventHub::follow(std::shared_ptr<EventHub> hub, Wanted wanted, std::optional<std::int64_t> after, net::BodyWriter& out) {
  Presence presence(*hub);
  auto cursor = after.value_or(hub->seen_);
  auto beats = hub->beats_;
  const auto epoch = hub->epoch_;
  // A viewer without a resume point learns where it starts: what it reads by other means afterwards misses nothing.
  const auto hello = after ? std::string(net::sse_heartbeat) : net::sse_event(std::to_string(cursor), "hello", "{}");
  co_await out.write(hello);
  while (hub->epoch_ == epoch) {
    Batch batch;
    if (hub->in_ring(cursor))
      batch = hub->from_ring(wanted, cursor);
    else
      batch = co_await from_store(hub->store_, wanted, cursor);
    const bool moved = batch.cursor != cursor;
    cursor = batch.cursor;
    if (!batch.empty()) co_await out.write(batch.single ? *batch.single : batch.many);
    if (moved && !batch.empty()) continue;
    if (beats != std::exchange(beats, hub->beats_)) co_await out.write(net::sse_heartbeat);
    if (cursor >= hub->seen_ && hub->epoch_ == epoch) co_await hub->news_.wait();
  }
}

}  // namespace fairlead::web
