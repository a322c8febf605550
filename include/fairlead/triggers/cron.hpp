// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/base/time.hpp"

namespace fairlead::triggers {

/// A five-field cron expression in a time zone.
///
/// `minute hour day-of-month month day-of-week`; `*`, values, ranges `a-b`, steps `*/n`, `a-b/n`, `a/n` (from a to the end),
/// lists, names (`jan`, `mon`, any case), Sunday is 0 and 7, `fri-mon` wraps; `@hourly @daily @midnight @weekly @monthly
/// @yearly @annually`. As in cron(5), when both day fields are restricted either may match.
///
/// Clock changes: with a fixed hour each local due time fires once: at the first instant after the gap when it does not
/// exist, at the first of the two when it comes twice. With a `*` hour the expression follows the clock: what does not
/// exist does not fire, what comes twice fires twice (every 15 minutes stays every 15 minutes). Times after 2037 follow
/// the last rule of the system's zone data.
class Cron {
 public:
  /// Throws Error(invalid) that names the field, what is wrong, and what is expected; also for a date that never comes.
  static Cron parse(std::string_view expression);

  /// The first due instant strictly after `after`. `zone`: a name such as Asia/Tokyo, empty is UTC; throws Error(invalid)
  /// for an unknown one. nullopt when there is none within 40 years.
  std::optional<Time> next(Time after, std::string_view zone) const;

  const std::string& text() const { return text_; }

 private:
  friend class CronWalk;
  Cron() = default;
  std::string text_;
  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;      ///< 1…31
  std::bitset<13> months_;    ///< 1…12
  std::bitset<7> weekdays_;   ///< 0 is Sunday
  bool any_hour_ = false;     ///< the hour field begins with '*'
  bool any_day_ = false;      ///< the day-of-month field begins with '*'
  bool any_weekday_ = false;  ///< the day-of-week field begins with '*'
};

/// Throws Error(invalid) with the nearest known names.
void require_zone(std::string_view zone);

}  // namespace fairlead::triggers
