// SPDX-License-Identifier: Apache-2.0
#include "fairlead/triggers/cron.hpp"

#include <date/tz.h>
#include <gtest/gtest.h>

#include <set>

#include "fairlead/base/error.hpp"

namespace fairlead::triggers {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

Time utc(const char* text) { return *parse_time(text); }

std::vector<std::string> fires(const char* expression, const char* zone, const char* after, int count) {
  auto cron = Cron::parse(expression);
  std::vector<std::string> all;
  for (std::optional<Time> at = utc(after); count-- > 0 && (at = cron.next(*at, zone));) all.push_back(format_time(*at).substr(0, 16));
  return all;
}

using Fires = std::vector<std::string>;

TEST(Cron, fields_ranges_steps_lists_and_names_are_read) {
  EXPECT_EQ(fires("30 9 * * mon-fri", "", "2026-11-20T10:00:00Z", 2), (Fires{"2026-11-23T09:30", "2026-11-24T09:30"}));
  EXPECT_EQ(fires("*/20 8-10/2 1,15 * *", "", "2026-11-30T00:00:00Z", 4),
            (Fires{"2026-12-01T08:00", "2026-12-01T08:20", "2026-12-01T08:40", "2026-12-01T10:00"}));
  EXPECT_EQ(fires("50/5 23 31 dec *", "", "2026-01-01T00:00:00Z", 3), (Fires{"2026-12-31T23:50", "2026-12-31T23:55", "2027-12-31T23:50"}));
  EXPECT_EQ(fires("0 0 * * 7", "", "2026-11-20T00:00:00Z", 1), fires("@weekly", "", "2026-11-20T00:00:00Z", 1));
  EXPECT_EQ(fires("0 0 * * fri-mon", "", "2026-11-19T00:00:00Z", 5),
            (Fires{"2026-11-20T00:00", "2026-11-21T00:00", "2026-11-22T00:00", "2026-11-23T00:00", "2026-11-27T00:00"}));
  EXPECT_EQ(fires("0 0 29 2 *", "", "2096-03-01T00:00:00Z", 1), (Fires{"2104-02-29T00:00"}));
}

TEST(Cron, two_restricted_day_fields_mean_either) {
  EXPECT_EQ(fires("0 0 13 * fri", "", "2026-11-01T00:00:00Z", 3), (Fires{"2026-11-06T00:00", "2026-11-13T00:00", "2026-11-20T00:00"}));
  EXPECT_EQ(fires("0 0 30 2 fri", "", "2026-02-01T00:00:00Z", 1), (Fires{"2026-02-06T00:00"}));
  EXPECT_EQ(fires("0 0 */10 * fri", "", "2026-11-01T00:00:00Z", 1), (Fires{"2026-12-11T00:00"}));
}

TEST(Cron, the_zone_decides_what_the_clock_says) {
  EXPECT_EQ(fires("0 3 * * 1-5", "Asia/Tokyo", "2026-11-20T00:00:00Z", 2), (Fires{"2026-11-22T18:00", "2026-11-23T18:00"}));
}

TEST(Cron, a_fixed_hour_in_a_gap_fires_once_at_its_end) {
  EXPECT_EQ(fires("30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", 2), (Fires{"2026-03-08T07:00", "2026-03-09T06:30"}));
  EXPECT_EQ(fires("0,30 2,3 * * *", "America/New_York", "2026-03-08T00:00:00Z", 3),
            (Fires{"2026-03-08T07:00", "2026-03-08T07:30", "2026-03-09T06:00"}));
  // Samoa had no 30 December 2011.
  EXPECT_EQ(fires("0 9 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", 1), (Fires{"2011-12-30T10:00"}));
}

TEST(Cron, a_fixed_hour_that_comes_twice_fires_at_the_first) {
  EXPECT_EQ(fires("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", 2), (Fires{"2026-11-01T05:30", "2026-11-02T06:30"}));
}

TEST(Cron, every_quarter_of_an_hour_stays_so_through_clock_changes) {
  for (const char* start : {"2026-03-08T05:00:00Z", "2026-11-01T04:00:00Z"}) {
    auto cron = Cron::parse("*/15 * * * *");
    auto at = utc(start);
    for (int i = 0; i < 20; ++i) {
      auto next = *cron.next(at, "America/New_York");
      EXPECT_EQ(next - at, minutes(15));
      at = next;
    }
  }
}

TEST(Cron, what_is_wrong_is_named) {
  auto message = [](const char* text) {
    try {
      Cron::parse(text);
    } catch (const Error& error) {
      return error.message();
    }
    return std::string("accepted");
  };
  EXPECT_EQ(message("0 0 * *"), "cron: \"0 0 * *\" has 4 fields, expected 5");
  EXPECT_EQ(message("60 0 * * *"), "cron: minute \"60\": out of range 0 to 59");
  EXPECT_EQ(message("0 0 * * fr"), "cron: day of week \"fr\": expected a number from 0 to 7 or a name such as mon");
  EXPECT_EQ(message("0 0 30 2 *"), "cron: \"0 0 30 2 *\" names a date that never comes");
  for (const char* text : {"", "@reboot", "a * * * *", "*/0 * * * *", "5-1 * * * *", "1,,2 * * * *", "-1 * * * *", "1- * * * *",
                           "* * * * 8", "* * 0 * *", "* * 32 * *", "* * * 13 *", "* * L * *", "* * * * mon#1", "? * * * *", "*5 * * * *",
                           "1-2-3 * * * *", "1/2/3 * * * *", "999999999999 * * * *"})
    EXPECT_NE(message(text), "accepted") << text;
  EXPECT_THROW(require_zone("Asia/Tokio"), Error);
  EXPECT_NO_THROW(require_zone("Asia/Tokyo"));
}

/// The rules said once more, in the simplest way: minute by minute, without skipping.
class Oracle {
 public:
  Oracle(const char* minute, const char* hour, const char* zone) : minute_(minute), hour_(hour), zone_(date::locate_zone(zone)) {}

  /// Due instants in [from, to), for expressions "<minute> <hour> * * *" of single values, lists and `*` and `*/n`.
  std::set<Time> due(date::sys_days from, date::sys_days to) const {
    std::set<Time> all;
    if (hour_.front() == '*') {
      for (date::sys_time<seconds> at = from; at < to; at += minutes(1)) add_if(all, at, local(at));
      return all;
    }
    for (date::local_time<seconds> wall{(from - date::days(2)).time_since_epoch()};
         wall < date::local_time<seconds>{(to + date::days(2)).time_since_epoch()}; wall += minutes(1)) {
      auto since_midnight = wall - date::floor<date::days>(wall);
      if (!matches(since_midnight)) continue;
      auto info = zone_->get_info(wall);
      date::sys_time<seconds> at = info.result == date::local_info::nonexistent
                                       ? info.second.begin
                                       : date::sys_time<seconds>{wall.time_since_epoch() - info.first.offset};
      if (at >= from && at < to) all.insert(Time(at));
    }
    return all;
  }

 private:
  date::local_time<seconds> local(date::sys_time<seconds> at) const {
    if (at < period_.begin || at >= period_.end) period_ = zone_->get_info(at);
    return date::local_time<seconds>{(at + period_.offset).time_since_epoch()};
  }
  void add_if(std::set<Time>& all, date::sys_time<seconds> at, date::local_time<seconds> wall) const {
    if (matches(wall - date::floor<date::days>(wall))) all.insert(Time(at));
  }
  bool matches(seconds since_midnight) const {
    return field(minute_, static_cast<int>(since_midnight.count() / 60 % 60)) &&
           field(hour_, static_cast<int>(since_midnight.count() / 3600));
  }
  static bool field(const std::string& text, int value) {
    if (text.starts_with("*/")) return value % std::stoi(text.substr(2)) == 0;
    return text == "*" || ("," + text + ",").find("," + std::to_string(value) + ",") != std::string::npos;
  }

  std::string minute_, hour_;
  const date::time_zone* zone_;
  mutable date::sys_info period_{};
};

/// Three days on each side of every clock change of the zone within six years, and one plain week.
std::vector<std::pair<date::sys_days, date::sys_days>> windows(const char* zone) {
  std::vector<std::pair<date::sys_days, date::sys_days>> all{
      {date::sys_days{date::year{2025} / 1 / 13}, date::sys_days{date::year{2025} / 1 / 20}}};
  const date::sys_time<seconds> end = date::sys_days{date::year{2028} / 1 / 1};
  for (date::sys_time<seconds> at = date::sys_days{date::year{2022} / 1 / 1}; at < end;) {
    at = date::locate_zone(zone)->get_info(at).end;
    auto day = date::floor<date::days>(at);
    if (at < end) all.emplace_back(day - date::days(3), day + date::days(4));
  }
  return all;
}

TEST(Cron, agrees_with_a_minute_by_minute_search_around_six_years_of_clock_changes) {
  int checked = 0;
  for (const char* zone :
       {"America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Tokyo", "America/Sao_Paulo", "Africa/Cairo"})
    for (const auto& [from, to] : windows(zone))
      for (const auto& [minute, hour] : std::vector<std::pair<const char*, const char*>>{
               {"30", "2"}, {"0", "0,1,2,3"}, {"*/15", "*"}, {"0", "*/2"}, {"45", "1,23"}, {"59", "23"}, {"15", "*/3"}}) {
        auto expected = Oracle(minute, hour, zone).due(from, to);
        auto cron = Cron::parse(std::string(minute) + " " + hour + " * * *");
        std::set<Time> found;
        for (auto at = cron.next(Time(from) - Duration(1), zone); at && *at < Time(to); at = cron.next(*at, zone)) found.insert(*at);
        EXPECT_EQ(found, expected) << minute << " " << hour << " " << zone << " " << format_time(Time(from));
        checked += static_cast<int>(expected.size());
      }
  EXPECT_GT(checked, 30'000);
}

TEST(Cron, next_is_always_later) {
  auto cron = Cron::parse("* * * * *");
  auto at = utc("2026-11-01T05:59:59.999Z");
  for (int i = 0; i < 500; ++i) {
    auto next = *cron.next(at, "America/New_York");
    ASSERT_GT(next, at);
    at = i % 2 ? next : next + Duration(12'345'678);
  }
}

}  // namespace
}  // namespace fairlead::triggers
