// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <unordered_set>
#include <utility>

#include "fairlead/base/time.hpp"

namespace fairlead::chat::slack {

/// Signatures seen within ten minutes: as long as one can be valid on a clock that is 5 minutes off. Only signatures that fit are put
/// in, so nobody but Slack makes it grow.
class Replays {
 public:
  /// false: it was here before.
  bool insert(std::string signature, Time now) {
    for (; !order_.empty() && order_.front().first + kept < now; order_.pop_front()) seen_.erase(order_.front().second);
    if (!seen_.insert(signature).second) return false;
    order_.emplace_back(now, std::move(signature));
    return true;
  }

 private:
  static constexpr Duration kept = std::chrono::minutes(10);
  std::deque<std::pair<Time, std::string>> order_;
  std::unordered_set<std::string> seen_;
};

}  // namespace fairlead::chat::slack
