// SPDX-License-Identifier: Apache-2.0
#include "aws/limiter.hpp"

#include "aws/limits.hpp"
#include "fairlead/base/log.hpp"

namespace fairlead::aws {

struct Limiter::Line {
  Line(Limit limit, Time start) : bucket(limit, start) {}
  Bucket bucket;
  std::list<Signal*> waiting;  ///< the first one watches the bucket, the others wait to become the first
  std::uint64_t calls = 0;
  std::uint64_t throttled = 0;
  Duration waited{};
};

namespace {

/// A place in the queue; leaving it, also by cancellation, wakes the next.
template <class Line>
class Place {
 public:
  Place(std::shared_ptr<Line> line, const asio::any_io_executor& executor)
      : line_(std::move(line)), turn_(executor), at_(line_->waiting.insert(line_->waiting.end(), &turn_)) {}
  ~Place() {
    line_->waiting.erase(at_);
    if (!line_->waiting.empty()) line_->waiting.front()->notify_all();
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  bool is_first() const { return line_->waiting.front() == &turn_; }
  Signal& turn() { return turn_; }

 private:
  std::shared_ptr<Line> line_;
  Signal turn_;
  typename std::list<Signal*>::iterator at_;
};

}  // namespace

std::shared_ptr<Limiter::Line> Limiter::line_of(const LimitKey& key) {
  auto& line = lines_[key];
  if (!line) line = std::make_shared<Line>(limit_of(key.family), clock_());
  return line;
}

Awaitable<Time> Limiter::admit(LimitKey key) {
  const auto line = line_of(key);
  const auto came = clock_();
  Place<Line> place(line, executor_);
  while (true) {
    if (!place.is_first()) {
      co_await place.turn().wait();
      continue;
    }
    const auto now = clock_();
    const auto ready = line->bucket.ready_at(now);
    if (ready <= now) {
      line->bucket.take(now);
      ++line->calls;
      line->waited += now - came;
      co_return now;
    }
    co_await sleep_for(ready - now);
  }
}

void Limiter::on_throttle(const LimitKey& key, Time call_left, Duration pause) {
  const auto line = line_of(key);
  ++line->throttled;
  if (!line->bucket.on_throttle(clock_(), call_left, pause)) return;
  log::info("aws.throttled", {{"account", key.account},
                              {"region", key.region},
                              {"family", key.family},
                              {"per_minute", static_cast<std::int64_t>(line->bucket.rate() * 60)}});
}

void Limiter::on_success(const LimitKey& key) { line_of(key)->bucket.on_success(clock_()); }

std::vector<Usage> Limiter::usage() const {
  std::vector<Usage> out;
  for (const auto& [key, line] : lines_)
    out.push_back({.account = key.account,
                   .region = key.region,
                   .family = key.family,
                   .calls = line->calls,
                   .throttled = line->throttled,
                   .waited = line->waited,
                   .rate = line->bucket.rate(),
                   .waiting = line->waiting.size()});
  return out;
}

}  // namespace fairlead::aws
