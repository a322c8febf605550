// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <type_traits>

#include "fairlead/aws/error.hpp"
#include "fairlead/base/async.hpp"

/// What has begun outlives an outage: the client gives up a call after seconds, a deploy in its middle must not.
namespace fairlead::deploy {

/// Whether AWS gave no answer, or only that it is in trouble itself.
inline bool is_away(const aws::AwsError& error) {
  return error.failure() == aws::Failure::network || error.failure() == aws::Failure::server;
}

inline constexpr auto outage = std::chrono::minutes(10);  ///< is waited out; as long as throttling is
inline constexpr std::chrono::steady_clock::duration outage_pause = std::chrono::seconds(5);

/// What `ask()`, an awaitable, gives; asked again while AWS is away. Only for what may be repeated: reads, and changes to a given state.
template <class Ask>
auto patiently(Ask ask, std::chrono::steady_clock::duration pause = outage_pause) -> std::invoke_result_t<Ask> {
  const Deadline end = deadline_in(outage);
  while (true) {
    try {
      co_return co_await ask();
    } catch (const aws::AwsError& error) {
      if (!is_away(error) || Deadline::clock::now() > end) throw;
    }
    co_await sleep_for(pause);
  }
}

}  // namespace fairlead::deploy
