// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fairlead/base/time.hpp"

namespace fairlead::aws {

/// A rate limit as AWS documents it: so many calls at once, so many more per second.
struct Limit {
  double burst = 20;
  double rate = 10;
};

/// Token bucket with an adaptive rate: additive increase while calls pass, multiplicative decrease on a throttle (others use the same
/// account). Pure: time is a value, instants must not go back (an earlier one counts as the last).
class Bucket {
 public:
  Bucket(Limit limit, Time start);

  /// When the next call may go; `now` or earlier when it may go at once.
  Time ready_at(Time now) const;
  /// Takes the token of a call that goes now. Only when ready_at(now) <= now.
  void take(Time now);
  /// AWS said "too fast": pauses for `pause`, empties the bucket and halves the rate (not below a twentieth of the documented one), but
  /// only once for all calls that left before that was known; whether this was that one.
  bool on_throttle(Time now, Time call_left, Duration pause);
  /// A call passed: the rate grows back by a twentieth of the documented one per second, up to it.
  void on_success(Time now);

  double rate() const { return rate_; }

 private:
  double tokens_at(Time now) const;
  void settle(Time now);

  Limit limit_;
  double rate_;
  double tokens_;
  Time settled_;
  Time grown_;
  Time throttled_;
  Time paused_until_;
};

}  // namespace fairlead::aws
