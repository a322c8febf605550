// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "aws/bucket.hpp"
#include "fairlead/aws/aws.hpp"
#include "fairlead/base/async.hpp"

namespace fairlead::aws {

/// Whose limit: AWS counts per account, region and family of operations.
struct LimitKey {
  std::string account;
  std::string region;
  std::string family;
  auto operator<=>(const LimitKey&) const = default;
};

/// The token buckets with their queues: first come, first served. io thread only.
class Limiter {
 public:
  Limiter(asio::any_io_executor executor, Clock clock) : executor_(std::move(executor)), clock_(std::move(clock)) {}

  /// Waits for this call's turn. The instant it may leave, for on_throttle.
  Awaitable<Time> admit(LimitKey key);
  void on_throttle(const LimitKey&, Time call_left, Duration pause);
  void on_success(const LimitKey&);
  std::vector<Usage> usage() const;

 private:
  struct Line;
  std::shared_ptr<Line> line_of(const LimitKey&);

  asio::any_io_executor executor_;
  Clock clock_;
  std::map<LimitKey, std::shared_ptr<Line>> lines_;
};

}  // namespace fairlead::aws
