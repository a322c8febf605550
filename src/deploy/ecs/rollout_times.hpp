// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fairlead/base/time.hpp"

/// How often a rollout looks at what. Chosen so that a verdict comes within 3 s of the moment it could be known, with at most
/// 35 calls for a good deploy of four tasks.
namespace fairlead::deploy::ecs::times {

inline constexpr Time never = Time::max();
inline constexpr Duration first = std::chrono::seconds(1);      ///< after the update; then as long as it has been, until
inline constexpr Duration launching = std::chrono::seconds(8);  ///< while nothing runs yet
inline constexpr Duration rolling = std::chrono::seconds(3);   ///< while some tasks run and others do not yet
inline constexpr Duration health = std::chrono::seconds(3);    ///< health, while it decides
inline constexpr Duration initial = std::chrono::seconds(6);   ///< targets of which none is healthy yet: they need two checks
inline constexpr Duration beside = std::chrono::seconds(15);   ///< what does not decide at the moment
inline constexpr Duration again = std::chrono::seconds(40);    ///< tasks that were all seen running
inline constexpr Duration stable = std::chrono::seconds(15);   ///< within the stability window, where health checks tell
inline constexpr Duration running = std::chrono::seconds(5);   ///< within the stability window, where only running counts
inline constexpr Duration settled = std::chrono::seconds(10);  ///< waiting for COMPLETED
inline constexpr Duration stopped = std::chrono::seconds(25);  ///< stopped tasks without a hint
inline constexpr Duration hinted = std::chrono::seconds(3);    ///< stopped tasks, at most this often
inline constexpr Duration alarms = std::chrono::seconds(15);
inline constexpr Duration verify = std::chrono::seconds(3);
inline constexpr Duration grace = std::chrono::seconds(60);    ///< to see again after the server was away, or after a stop

}  // namespace fairlead::deploy::ecs::times
