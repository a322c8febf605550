// SPDX-License-Identifier: Apache-2.0
#include "fairlead/triggers/cron.hpp"

#include <algorithm>
#include <chrono>

#include "triggers/zones.hpp"

namespace fairlead::triggers {

using std::chrono::minutes;
using std::chrono::seconds;
/// Wall time of some zone, as minutes since its own 1970-01-01.
using Local = date::local_time<seconds>;
using Instant = date::sys_time<seconds>;

namespace {
constexpr auto horizon = date::years{40};
/// Zone data has no offset before its first period; nothing is due there.
constexpr Instant earliest{date::sys_days{date::year{1800} / 1 / 1}};
}  // namespace

/// Finds due times on a plain calendar (no zone), then places them into periods of constant offset.
class CronWalk {
 public:
  CronWalk(const Cron& cron, const date::time_zone& zone) : cron_(cron), zone_(zone) {}

  std::optional<Instant> first_at_or_after(Instant from) const {
    auto limit = from + std::chrono::duration_cast<seconds>(horizon);
    while (from < limit) {
      auto period = zone_.get_info(from);
      if (auto found = within(period, from, std::min(limit, period.end))) return found;
      if (period.end >= limit) return std::nullopt;
      from = period.end;
    }
    return std::nullopt;
  }

 private:
  /// First due instant in [from, until) where the offset is constant.
  std::optional<Instant> within(const date::sys_info& period, Instant from, Instant until) const {
    auto to_local = [&](Instant t) { return Local{(t + period.offset).time_since_epoch()}; };
    auto start = to_local(from);
    if (!cron_.any_hour_ && period.begin > earliest) {
      auto before = zone_.get_info(period.begin - seconds{1});
      auto old_end = Local{(period.begin + before.offset).time_since_epoch()};
      auto new_begin = to_local(period.begin);
      if (from == period.begin && old_end < new_begin && next_local(old_end, new_begin)) return from;  // came due within the gap
      start = std::max(start, old_end);  // what comes twice has fired already
    }
    auto found = next_local(start, to_local(until));
    if (!found) return std::nullopt;
    return Instant{found->time_since_epoch()} - period.offset;
  }

  /// First matching wall time in [from, until), whole minutes.
  std::optional<Local> next_local(Local from, Local until) const {
    auto time = date::ceil<minutes>(from);
    while (time < until) {
      auto day = date::floor<date::days>(time);
      if (!day_matches(day)) {
        time = next_day(day);
        continue;
      }
      auto minute_of_day = static_cast<std::size_t>((time - day).count());
      if (auto found = next_minute(minute_of_day)) {
        Local hit = day + minutes{static_cast<long>(*found)};
        return hit < until ? std::optional(hit) : std::nullopt;
      }
      time = day + date::days{1};
    }
    return std::nullopt;
  }

  /// The day after, or the first of the next month when this month is not meant.
  date::local_time<minutes> next_day(date::local_days day) const {
    date::year_month_day date{day};
    if (cron_.months_[static_cast<unsigned>(date.month())]) return day + date::days{1};
    return date::local_days{(date.year() / date.month() + date::months{1}) / 1};
  }

  bool day_matches(date::local_days day) const {
    date::year_month_day date{day};
    if (!cron_.months_[static_cast<unsigned>(date.month())]) return false;
    bool in_month = cron_.days_[static_cast<unsigned>(date.day())];
    bool in_week = cron_.weekdays_[date::weekday{day}.c_encoding()];
    if (!cron_.any_day_ && !cron_.any_weekday_) return in_month || in_week;
    return in_month && in_week;
  }

  std::optional<std::size_t> next_minute(std::size_t from) const {
    for (auto hour = from / 60; hour < 24; ++hour) {
      if (!cron_.hours_[hour]) continue;
      for (auto minute = hour == from / 60 ? from % 60 : 0; minute < 60; ++minute)
        if (cron_.minutes_[minute]) return hour * 60 + minute;
    }
    return std::nullopt;
  }

  const Cron& cron_;
  const date::time_zone& zone_;
};

std::optional<Time> Cron::next(Time after, std::string_view zone) const {
  auto from = date::floor<seconds>(after) + seconds{1};
  auto found = CronWalk(*this, find_zone(zone)).first_at_or_after(from);
  if (!found) return std::nullopt;
  return Time(*found);
}

}  // namespace fairlead::triggers
