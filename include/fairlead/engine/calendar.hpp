// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/time.hpp"

namespace fairlead::engine {

struct CalendarRules {
  std::string zone = "UTC";           ///< IANA name
  std::vector<std::string> allow;     ///< "mon-thu 10:00-17:00", "sat", "09:00-12:00"; empty: always
  std::vector<std::string> deny;      ///< "2026-12-26..2027-01-04", "2026-12-31", "fri 15:00-24:00"
  std::vector<std::string> holidays;  ///< "jp", or the path of an .ics file
};

struct CalendarVerdict {
  bool open = true;
  std::string reason;              ///< "holiday: 勤労感謝の日 (2026-11-23)", "outside mon-thu 10:00-17:00 Asia/Tokyo"
  std::optional<Time> changes_at;  ///< next instant at which the verdict differs, within 400 days
};

/// Opening hours with holidays, in a time zone. Immutable after construction, any thread; asking again within the same hours is
/// cheap.
class Calendar {
 public:
  /// Throws Error(invalid) naming the rule that cannot be read. `.ics` paths are read relative to `folder`.
  explicit Calendar(const CalendarRules&, const std::filesystem::path& folder = {});
  CalendarVerdict at(Time) const;
  /// The local date of `t` is an allowed weekday and no holiday or denied date: for `schedule: calendar:`.
  bool is_business_day(Time t) const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

/// Name of the Japanese public holiday on this date (1980…2099, substitute and citizens' holidays included), or nullopt.
std::optional<std::string> japanese_holiday(int year, int month, int day);

}  // namespace fairlead::engine
