// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "fairlead/base/strings.hpp"
#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::pipeline {
namespace {

constexpr std::array<std::string_view, 7> day_names = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

using Minute = std::chrono::local_time<std::chrono::minutes>;

std::optional<int> parse_day(std::string_view text) {
  const auto found = std::ranges::find(day_names, to_lower(text));
  return found == day_names.end() ? std::nullopt : std::optional<int>(static_cast<int>(found - day_names.begin()));
}

std::optional<int> digits(std::string_view text, std::size_t width) {
  if (text.size() != width || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  return static_cast<int>(*parse_int(text));
}

/// "10:00", up to "24:00", in minutes.
std::optional<int> parse_clock(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto hour = digits(text.substr(0, colon), colon == 1 ? 1 : 2);
  const auto minute = digits(text.substr(colon + 1), 2);
  if (!hour || !minute || *minute > 59 || *hour * 60 + *minute > 24 * 60) return std::nullopt;
  return *hour * 60 + *minute;
}

/// "mon-thu", "fri", "sat,sun", "fri-mon".
std::optional<std::uint8_t> parse_days(std::string_view text) {
  unsigned days = 0;
  for (const auto& part : split(text, ',')) {
    const auto dash = part.find('-');
    const auto first = parse_day(std::string_view(part).substr(0, dash));
    const auto last = dash == std::string::npos ? first : parse_day(std::string_view(part).substr(dash + 1));
    if (!first || !last) return std::nullopt;
    for (int day = *first;; day = (day + 1) % 7) {
      days |= 1u << day;
      if (day == *last) break;
    }
  }
  return static_cast<std::uint8_t>(days);
}

std::optional<WeekWindow> parse_week(std::string_view text) {
  WeekWindow window;
  const auto space = text.find(' ');
  std::string_view times = space == std::string_view::npos ? std::string_view{} : trim(text.substr(space + 1));
  std::string_view days = text.substr(0, space);
  if (days.contains(':')) {
    if (space != std::string_view::npos) return std::nullopt;
    times = days;
  } else if (const auto mask = parse_days(days)) {
    window.days = *mask;
  } else {
    return std::nullopt;
  }
  if (times.empty()) return window;
  const auto dash = times.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto from = parse_clock(times.substr(0, dash));
  const auto to = parse_clock(times.substr(dash + 1));
  if (!from || !to || *from == 24 * 60) return std::nullopt;
  window.from_minute = *from;
  window.to_minute = *to;
  return window;
}

struct Instant {
  Minute at;
  bool whole_day = false;
};

/// "2026-12-26" or "2026-12-26T10:00".
std::optional<Instant> parse_instant(std::string_view text) {
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = digits(text.substr(0, 4), 4);
  const auto month = digits(text.substr(5, 2), 2);
  const auto day = digits(text.substr(8, 2), 2);
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  const Minute midnight = std::chrono::local_days(date);
  if (text.size() == 10) return Instant{midnight, true};
  const auto clock = text[10] == 'T' ? parse_clock(text.substr(11)) : std::nullopt;
  if (!clock) return std::nullopt;
  return Instant{midnight + std::chrono::minutes(*clock), false};
}

std::optional<DateWindow> parse_dates(std::string_view text) {
  const auto dots = text.find("..");
  const auto first = parse_instant(trim(text.substr(0, dots)));
  const auto last = dots == std::string_view::npos ? first : parse_instant(trim(text.substr(dots + 2)));
  if (!first || !last || (dots == std::string_view::npos && !first->whole_day)) return std::nullopt;
  DateWindow window{first->at, last->at};
  if (last->whole_day) window.until += std::chrono::days(1);
  if (window.until <= window.from) return std::nullopt;
  return window;
}

}  // namespace

std::optional<CalendarRule> parse_calendar_rule(std::string_view text) {
  const auto trimmed = trim(text);
  if (trimmed.empty()) return std::nullopt;
  if (trimmed[0] >= '0' && trimmed[0] <= '9' && trimmed.size() >= 10 && trimmed[4] == '-') {
    if (const auto dates = parse_dates(trimmed)) return CalendarRule{std::string(trimmed), *dates};
    return std::nullopt;
  }
  if (const auto week = parse_week(trimmed)) return CalendarRule{std::string(trimmed), *week};
  return std::nullopt;
}

}  // namespace fairlead::pipeline
