// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/time.hpp"
#include "fairlead/triggers/cron.hpp"

namespace fairlead::triggers {

/// What to do with due times that passed while the server was down or busy.
enum class Missed { skip, once, all };
std::optional<Missed> missed_from(std::string_view word);
std::string_view to_string(Missed);

/// When something is due: a cron expression, or one instant (`at`).
struct Timing {
  std::string cron;      ///< empty: `at`
  std::optional<Time> at;
  std::string zone;      ///< empty: UTC
  std::string calendar;  ///< empty: every day; else the calendar must allow the due instant
  Duration late = std::chrono::minutes{5};  ///< a due time reached later than this is missed
  Missed missed = Missed::skip;
};

/// First due instant strictly after `after`, or nothing (an `at` that passed).
std::optional<Time> next_due(const Timing&, Time after);

/// One handled due instant (or a range of skipped ones): exactly one record per due instant (I13).
struct Due {
  Time at{};
  bool run = false;
  std::string reason;   ///< why not, or "missed by 2h, run because of missed: once"
  Time last{};          ///< of a range; equal to `at` for one
  std::int64_t count = 1;
};

/// Whether the calendar of that name allows the instant.
using CalendarCheck = std::function<bool(const std::string& calendar, Time)>;

/// Decides every due instant in (handled, now], oldest first: none early, each exactly once. Long outages are summed up in
/// ranges: at most 1,000 are run by `missed: all`, the older ones are one skipped range.
std::vector<Due> decide_due(const Timing&, Time handled, Time now, const CalendarCheck&);

}  // namespace fairlead::triggers
