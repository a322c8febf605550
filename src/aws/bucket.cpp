// SPDX-License-Identifier: Apache-2.0
#include "aws/bucket.hpp"

#include <algorithm>
#include <cmath>

namespace fairlead::aws {
namespace {

double seconds_between(Time from, Time to) { return std::max(0.0, std::chrono::duration<double>(to - from).count()); }

}  // namespace

Bucket::Bucket(Limit limit, Time start)
    : limit_(limit),
      rate_(limit.rate),
      tokens_(limit.burst),
      settled_(start),
      grown_(start),
      throttled_(Time::min()),
      paused_until_(start) {}

double Bucket::tokens_at(Time now) const { return std::min(limit_.burst, tokens_ + rate_ * seconds_between(settled_, now)); }

void Bucket::settle(Time now) {
  tokens_ = tokens_at(now);
  settled_ = std::max(settled_, now);
}

Time Bucket::ready_at(Time now) const {
  const double missing = 1.0 - tokens_at(now);
  const auto from = std::max(now, paused_until_);
  // A grain more than needed, so that rounding never leaves a token of 0.9999 and a loop that wakes for nothing.
  if (missing > 1e-9) return std::max(from, now + Duration(static_cast<std::int64_t>(std::ceil(missing / rate_ * 1e6)) + 1));
  return from;
}

void Bucket::take(Time now) {
  settle(now);
  tokens_ -= 1.0;
}

bool Bucket::on_throttle(Time now, Time call_left, Duration pause) {
  settle(now);
  paused_until_ = std::max(paused_until_, now + pause);
  if (call_left <= throttled_) return false;
  rate_ = std::max(rate_ * 0.5, limit_.rate * 0.05);
  tokens_ = std::min(tokens_, 0.0);
  throttled_ = now;
  grown_ = now;
  return true;
}

void Bucket::on_success(Time now) {
  settle(now);
  rate_ = std::min(limit_.rate, rate_ + limit_.rate * 0.05 * seconds_between(grown_, now));
  grown_ = std::max(grown_, now);
}

}  // namespace fairlead::aws
