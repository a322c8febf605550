// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::engine {

/// One VEVENT of an iCalendar file (RFC 5545) as whole days.
struct DayEvent {
  std::chrono::sys_days first;
  int days = 1;
  bool yearly = false;  ///< RRULE:FREQ=YEARLY
  int interval = 1;     ///< years
  std::optional<std::chrono::sys_days> until;  ///< last day on which a repetition may begin
  std::string summary;

  bool covers(std::chrono::sys_days) const;
};

/// Events of the file; cancelled ones are left out. Throws Error(invalid) with the line for what would be misread:
/// no calendar, a broken date, a repetition other than yearly.
std::vector<DayEvent> parse_ics(std::string_view text, const std::string& filename);

}  // namespace fairlead::engine
