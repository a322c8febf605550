// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead {

using Duration = std::chrono::microseconds;
/// Wall-clock instant, UTC, microseconds.
using Time = std::chrono::time_point<std::chrono::system_clock, Duration>;

/// Source of the wall clock; a value, so that tests pass their own.
using Clock = std::function<Time()>;
Time now();

std::int64_t to_micros(Time);
Time from_micros(std::int64_t);

/// "2026-11-20T03:04:05.678Z": RFC 3339, UTC, milliseconds.
std::string format_time(Time);
/// RFC 3339 with any offset, seconds optional fraction. nullopt when it is not one.
std::optional<Time> parse_time(std::string_view);

/// "90s 10m 4h 2d 500ms", also sums such as "1h30m". nullopt when it is not one.
std::optional<Duration> parse_duration(std::string_view);
/// Shortest of the same form, two units at most: "1h30m", "90s" is "1m30s", "0s".
std::string format_duration(Duration);

}  // namespace fairlead
