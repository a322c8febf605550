// SPDX-License-Identifier: Apache-2.0
#include "fairlead/engine/calendar.hpp"

#include <date/tz.h>

#include <algorithm>
#include <atomic>

#include "engine/ics.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::engine {

namespace {

using std::chrono::minutes;
using std::chrono::sys_days;
using Local = date::local_time<Duration>;  ///< wall-clock time in the calendar's zone
using pipeline::CalendarRule;
using pipeline::DateWindow;
using pipeline::WeekWindow;

constexpr int horizon_days = 400;
constexpr int day_minutes = 24 * 60;

sys_days day_of(Local local) { return sys_days(std::chrono::days(date::floor<date::days>(local).time_since_epoch().count())); }

bool on_weekday(const WeekWindow& window, sys_days day) {
  return ((window.days >> (std::chrono::weekday(day).iso_encoding() - 1)) & 1) != 0;
}

bool covers(const WeekWindow& window, Local local) {
  const sys_days day = day_of(local);
  const Duration within = local.time_since_epoch() - Duration(day.time_since_epoch());
  const Duration from = minutes(window.from_minute);
  const Duration to = minutes(window.to_minute);
  if (to > from) return on_weekday(window, day) && from <= within && within < to;
  // Past midnight: the rest belongs to the day on which it began.
  return (on_weekday(window, day) && from <= within) || (on_weekday(window, day - std::chrono::days(1)) && within < to);
}

bool covers(const DateWindow& window, Local local) {
  const Duration at = local.time_since_epoch();
  return Duration(window.from.time_since_epoch()) <= at && at < Duration(window.until.time_since_epoch());
}

bool covers(const CalendarRule& rule, Local local) {
  return std::visit([&](const auto& window) { return covers(window, local); }, rule.when);
}

bool covers_day(const CalendarRule& rule, sys_days day) {
  if (const auto* week = std::get_if<WeekWindow>(&rule.when)) {
    return on_weekday(*week, day) && week->from_minute == 0 && week->to_minute >= day_minutes;
  }
  const auto& window = std::get<DateWindow>(rule.when);
  return window.from.time_since_epoch() <= day.time_since_epoch() &&
         (day + std::chrono::days(1)).time_since_epoch() <= window.until.time_since_epoch();
}

bool touches_day(const CalendarRule& rule, sys_days day) {
  if (const auto* week = std::get_if<WeekWindow>(&rule.when)) return on_weekday(*week, day);
  const auto& window = std::get<DateWindow>(rule.when);
  return window.from.time_since_epoch() < (day + std::chrono::days(1)).time_since_epoch() &&
         day.time_since_epoch() < window.until.time_since_epoch();
}

std::vector<CalendarRule> parse_rules(const std::vector<std::string>& texts, const std::string& list) {
  std::vector<CalendarRule> rules;
  for (const auto& text : texts) {
    auto rule = pipeline::parse_calendar_rule(text);
    if (!rule) {
      throw Error(ErrorKind::invalid, "cannot read \"" + text + "\" in " + list + " of a calendar",
                  "write days and times (\"mon-thu 10:00-17:00\") or dates (\"2026-12-26..2027-01-04\")");
    }
    rule->text = text;
    rules.push_back(std::move(*rule));
  }
  return rules;
}

const date::time_zone* find_zone(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::exception&) {
    throw Error(ErrorKind::invalid, "there is no time zone \"" + name + "\"", "use an IANA name such as Asia/Tokyo");
  }
}

std::string date_text(sys_days day) { return date::format("%F", date::sys_days(date::days(day.time_since_epoch().count()))); }

std::string texts_of(const std::vector<CalendarRule>& rules) {
  std::vector<std::string> texts;
  for (const auto& rule : rules) texts.push_back(rule.text);
  return join(texts, ", ");
}

}  // namespace

/// A verdict and the time in which it stays the same.
struct Kept {
  Time from, until;
  CalendarVerdict verdict;
};

struct Calendar::Compiled {
  const date::time_zone* zone = nullptr;
  std::vector<CalendarRule> allow, deny;
  bool japan = false;
  std::vector<DayEvent> days_off;
  /// Every decision about a waiting run asks, and finding the next opening means walking days.
  mutable std::atomic<std::shared_ptr<const Kept>> kept;

  Local local(Time t) const { return zone->to_local(t); }
  /// A time that a change of the clock skips is taken as the instant of the change; of two, the first.
  Time instant(Local local) const { return date::floor<Duration>(zone->to_sys(local, date::choose::earliest)); }
  std::optional<std::string> holiday(sys_days) const;
  std::optional<std::string> closed(Local) const;
  std::optional<Time> next_change(Time) const;
  std::vector<Time> boundaries(sys_days) const;
  Time next_boundary(Time) const;
  bool daily() const;
};

std::optional<std::string> Calendar::Compiled::holiday(sys_days day) const {
  if (japan) {
    const std::chrono::year_month_day ymd(day);
    auto name = japanese_holiday(static_cast<int>(ymd.year()), static_cast<int>(static_cast<unsigned>(ymd.month())),
                                 static_cast<int>(static_cast<unsigned>(ymd.day())));
    if (name) return name;
  }
  const auto event = std::ranges::find_if(days_off, [&](const DayEvent& e) { return e.covers(day); });
  if (event == days_off.end()) return std::nullopt;
  return event->summary.empty() ? "day off" : event->summary;
}

std::optional<std::string> Calendar::Compiled::closed(Local local) const {
  const sys_days day = day_of(local);
  if (const auto name = holiday(day)) return "holiday: " + *name + " (" + date_text(day) + ")";
  for (const auto& rule : deny) {
    if (covers(rule, local)) return "closed " + rule.text + " " + zone->name();
  }
  if (allow.empty() || std::ranges::any_of(allow, [&](const auto& rule) { return covers(rule, local); })) return std::nullopt;
  return "outside " + texts_of(allow) + " " + zone->name();
}

/// Whether something may change every day; else only the bounds of date windows matter.
bool Calendar::Compiled::daily() const {
  const auto weekly = [](const CalendarRule& rule) { return std::holds_alternative<WeekWindow>(rule.when); };
  return japan || !days_off.empty() || std::ranges::any_of(allow, weekly) || std::ranges::any_of(deny, weekly);
}

/// Instants on this local date at which the verdict may change, in order.
std::vector<Time> Calendar::Compiled::boundaries(sys_days day) const {
  const Local midnight(day.time_since_epoch());
  std::vector<Time> times{instant(midnight)};
  const auto add = [&](const CalendarRule& rule) {
    if (const auto* week = std::get_if<WeekWindow>(&rule.when)) {
      times.push_back(instant(midnight + minutes(week->from_minute)));
      times.push_back(instant(midnight + minutes(week->to_minute)));
    } else {
      const auto& window = std::get<DateWindow>(rule.when);
      times.push_back(instant(Local(window.from.time_since_epoch())));
      times.push_back(instant(Local(window.until.time_since_epoch())));
    }
  };
  std::ranges::for_each(allow, add);
  std::ranges::for_each(deny, add);
  const auto clock_change = zone->get_info(times.front()).end;
  if (clock_change < times.front() + std::chrono::days(2)) times.push_back(clock_change);
  std::ranges::sort(times);
  return times;
}

Time Calendar::Compiled::next_boundary(Time t) const {
  const sys_days day = day_of(local(t));
  const auto today = boundaries(day);
  const auto next = std::ranges::upper_bound(today, t);
  const Time midnight = instant(Local((day + std::chrono::days(1)).time_since_epoch()));
  return next == today.end() ? midnight : std::min(*next, midnight);
}

std::optional<Time> Calendar::Compiled::next_change(Time t) const {
  const bool open = !closed(local(t));
  const Time end = t + std::chrono::days(horizon_days);
  for (sys_days day = day_of(local(t)); instant(Local(day.time_since_epoch())) <= end; day += std::chrono::days(1)) {
    for (const Time at : boundaries(day)) {
      if (at > t && at <= end && open == closed(local(at)).has_value()) return at;
    }
    if (!daily()) return std::nullopt;
  }
  return std::nullopt;
}

Calendar::Calendar(const CalendarRules& rules, const std::filesystem::path& folder) {
  auto compiled = std::make_shared<Compiled>();
  compiled->zone = find_zone(rules.zone);
  compiled->allow = parse_rules(rules.allow, "allow");
  compiled->deny = parse_rules(rules.deny, "deny");
  for (const auto& source : rules.holidays) {
    if (source == "jp") {
      compiled->japan = true;
      continue;
    }
    if (!source.ends_with(".ics")) {
      throw Error(ErrorKind::invalid, "cannot use \"" + source + "\" as holidays of a calendar", "write jp or the path of an .ics file");
    }
    const auto path = folder / source;
    auto events = parse_ics(read_file(path), path.string());
    std::ranges::move(events, std::back_inserter(compiled->days_off));
  }
  compiled_ = std::move(compiled);
}

CalendarVerdict Calendar::at(Time t) const {
  if (const auto kept = compiled_->kept.load(); kept && kept->from <= t && t < kept->until) return kept->verdict;
  const auto why = compiled_->closed(compiled_->local(t));
  CalendarVerdict verdict{.open = !why, .reason = why.value_or(""), .changes_at = compiled_->next_change(t)};
  compiled_->kept.store(std::make_shared<const Kept>(Kept{t, compiled_->next_boundary(t), verdict}));
  return verdict;
}

bool Calendar::is_business_day(Time t) const {
  const sys_days day = day_of(compiled_->local(t));
  if (compiled_->holiday(day)) return false;
  if (std::ranges::any_of(compiled_->deny, [&](const auto& rule) { return covers_day(rule, day); })) return false;
  return compiled_->allow.empty() || std::ranges::any_of(compiled_->allow, [&](const auto& rule) { return touches_day(rule, day); });
}

}  // namespace fairlead::engine
