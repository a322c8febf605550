// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "fairlead/web/metrics_text.hpp"

namespace fairlead::web {

/// Counts answers by route and status, and how long they took. io thread.
class Metrics {
 public:
  void count(std::string_view method, std::string_view pattern, int status, std::chrono::steady_clock::duration took);
  void write(MetricsText&) const;

 private:
  static constexpr std::array<double, 8> bounds{0.001, 0.005, 0.02, 0.1, 0.5, 1, 5, 30};
  struct Histogram {
    std::array<std::uint64_t, bounds.size() + 1> buckets{};
    double sum = 0;
    std::uint64_t count = 0;
  };
  std::map<std::pair<std::string, int>, std::uint64_t> answers_;  ///< ("GET /api/v1/runs", 200)
  std::map<std::string, Histogram> times_;
};

}  // namespace fairlead::web
