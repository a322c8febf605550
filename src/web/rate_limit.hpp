// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace fairlead::web {

/// Token buckets by key: `burst` at once, then `per_second`. Time is given, so that it is a value; forgets who has been quiet. io thread.
class RateLimiter {
 public:
  using Clock = std::chrono::steady_clock;
  RateLimiter(double burst, double per_second) : burst_(burst), per_second_(per_second) {}

  /// Takes one; or the seconds (at least 1) after which there is one again.
  std::optional<int> take(const std::string& key, Clock::time_point now);

 private:
  struct Bucket {
    double level;
    Clock::time_point at;
  };
  double level(const Bucket&, Clock::time_point now) const;
  std::optional<int> wait_for(double level) const;
  void forget_full(Clock::time_point now);

  double burst_;
  double per_second_;
  std::map<std::string, Bucket> buckets_;
};

}  // namespace fairlead::web
