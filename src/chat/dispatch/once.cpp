// SPDX-License-Identifier: Apache-2.0
#include "chat/dispatch/once.hpp"

namespace fairlead::chat {

namespace {
constexpr auto memory = std::chrono::minutes(10);
constexpr std::size_t most_answers = 2000;  ///< repetitions come within seconds: older answers need not be kept, only that they were given
}  // namespace

Once::Seen Once::take(const std::string& key, Time now) {
  forget(now);
  if (key.empty()) return {std::make_shared<Envelope>(executor_), false};
  if (const auto known = seen_.find(key); known != seen_.end()) return {known->second, true};
  auto envelope = std::make_shared<Envelope>(executor_);
  seen_.emplace(key, envelope);
  order_.emplace_back(now, key);
  if (order_.size() > most_answers)
    if (const auto old = seen_.find(order_[order_.size() - most_answers - 1].second); old != seen_.end() && old->second->answered)
      old->second->answer = nullptr;
  return {std::move(envelope), false};
}

void Once::forget(Time now) {
  while (!order_.empty() && now - order_.front().first >= memory) {
    seen_.erase(order_.front().second);
    order_.pop_front();
  }
}

}  // namespace fairlead::chat
