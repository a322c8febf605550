// SPDX-License-Identifier: Apache-2.0
#include "web/rate_limit.hpp"

#include <algorithm>
#include <cmath>

namespace fairlead::web {

namespace {
constexpr std::size_t most_keys = 10000;
}

double RateLimiter::level(const Bucket& bucket, Clock::time_point now) const {
  return std::min(burst_, bucket.level + std::chrono::duration<double>(now - bucket.at).count() * per_second_);
}

std::optional<int> RateLimiter::wait_for(double level) const {
  if (level >= 1) return std::nullopt;
  return std::max(1, static_cast<int>(std::ceil((1 - level) / per_second_)));
}

std::optional<int> RateLimiter::take(const std::string& key, Clock::time_point now) {
  if (buckets_.size() >= most_keys) forget_full(now);
  auto& bucket = buckets_.try_emplace(key, Bucket{burst_, now}).first->second;
  bucket = {level(bucket, now), now};
  if (const auto wait = wait_for(bucket.level)) return wait;
  bucket.level -= 1;
  return std::nullopt;
}

void RateLimiter::forget_full(Clock::time_point now) {
  std::erase_if(buckets_, [&](const auto& entry) { return level(entry.second, now) >= burst_; });
  if (buckets_.size() >= most_keys) buckets_.clear();
}

}  // namespace fairlead::web
