// SPDX-License-Identifier: Apache-2.0
#include "fairlead/triggers/due.hpp"

#include <gtest/gtest.h>

namespace fairlead::triggers {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Time utc(const char* text) { return *parse_time(text); }
const CalendarCheck always = [](const std::string&, Time) { return true; };

Timing hourly(Missed missed) { return {.cron = "0 * * * *", .late = minutes(30), .missed = missed}; }

/// "R 10:00", "S 08:00-09:00 x2": one line per decision.
std::vector<std::string> text(const std::vector<Due>& dues) {
  std::vector<std::string> lines;
  for (const auto& due : dues) {
    auto line = std::string(due.run ? "R " : "S ") + format_time(due.at).substr(11, 5);
    if (due.count > 1) line += "-" + format_time(due.last).substr(11, 5) + " x" + std::to_string(due.count);
    lines.push_back(line);
  }
  return lines;
}

using Lines = std::vector<std::string>;

TEST(Due, nothing_runs_early_and_what_is_due_runs_once) {
  auto timing = hourly(Missed::skip);
  EXPECT_TRUE(decide_due(timing, utc("2026-11-20T09:00:00Z"), utc("2026-11-20T09:59:59.999Z"), always).empty());
  EXPECT_EQ(text(decide_due(timing, utc("2026-11-20T09:00:00Z"), utc("2026-11-20T10:00:00Z"), always)), (Lines{"R 10:00"}));
  EXPECT_TRUE(decide_due(timing, utc("2026-11-20T10:00:00Z"), utc("2026-11-20T10:00:01Z"), always).empty());
}

TEST(Due, a_missed_time_is_skipped_run_once_or_all_run_as_the_policy_says) {
  auto from = utc("2026-11-20T06:30:00Z");
  auto late = utc("2026-11-20T10:45:00Z");
  EXPECT_EQ(text(decide_due(hourly(Missed::skip), from, late, always)), (Lines{"S 07:00-10:00 x4"}));
  EXPECT_EQ(text(decide_due(hourly(Missed::once), from, late, always)), (Lines{"S 07:00-09:00 x3", "R 10:00"}));
  EXPECT_EQ(text(decide_due(hourly(Missed::all), from, late, always)), (Lines{"R 07:00", "R 08:00", "R 09:00", "R 10:00"}));
}

TEST(Due, one_that_is_still_in_time_runs_and_stands_for_the_missed_ones) {
  auto from = utc("2026-11-20T07:30:00Z");
  auto soon = utc("2026-11-20T10:30:00Z");
  EXPECT_EQ(text(decide_due(hourly(Missed::skip), from, soon, always)), (Lines{"S 08:00-09:00 x2", "R 10:00"}));
  EXPECT_EQ(text(decide_due(hourly(Missed::once), from, soon, always)), (Lines{"S 08:00-09:00 x2", "R 10:00"}));
}

TEST(Due, a_closed_calendar_skips_with_its_own_reason) {
  auto timing = hourly(Missed::once);
  timing.calendar = "office";
  CalendarCheck until_nine = [](const std::string& name, Time at) { return name == "office" && at < utc("2026-11-20T09:30:00Z"); };
  auto dues = decide_due(timing, utc("2026-11-20T07:30:00Z"), utc("2026-11-20T11:00:00Z"), until_nine);
  EXPECT_EQ(text(dues), (Lines{"S 08:00", "R 09:00", "S 10:00-11:00 x2"}));
  EXPECT_EQ(dues.back().reason, "calendar office is closed");
  EXPECT_EQ(dues[1].reason, "missed by 2h, run because of missed: once");
}

TEST(Due, one_instant_is_due_once) {
  Timing timing{.cron = "", .at = utc("2026-11-20T10:00:00Z"), .late = minutes(5)};
  EXPECT_EQ(next_due(timing, utc("2026-11-20T09:00:00Z")), timing.at);
  EXPECT_EQ(text(decide_due(timing, utc("2026-11-20T09:00:00Z"), utc("2026-11-20T10:04:00Z"), always)), (Lines{"R 10:00"}));
  EXPECT_EQ(text(decide_due(timing, utc("2026-11-20T09:00:00Z"), utc("2026-11-20T12:00:00Z"), always)), (Lines{"S 10:00"}));
  EXPECT_TRUE(decide_due(timing, utc("2026-11-20T10:00:00Z"), utc("2026-11-21T10:00:00Z"), always).empty());
}

TEST(Due, a_long_outage_is_summed_up) {
  Timing timing{.cron = "* * * * *", .late = minutes(1), .missed = Missed::all};
  auto dues = decide_due(timing, utc("2026-11-01T00:00:00Z"), utc("2026-11-20T00:00:00Z"), always);
  ASSERT_EQ(dues.size(), 1001u);
  EXPECT_FALSE(dues.front().run);
  EXPECT_EQ(dues.front().count, 19 * 24 * 60 - 1000);
  EXPECT_EQ(dues.front().last + minutes(1), dues[1].at);
}

TEST(Due, every_instant_of_any_window_is_decided_exactly_once_however_it_is_cut) {
  for (auto policy : {Missed::skip, Missed::once, Missed::all}) {
    Timing timing{.cron = "*/7 1-5 * * *", .zone = "Europe/Berlin", .late = minutes(10), .missed = policy};
    auto end = utc("2026-10-27T00:00:00Z");
    std::int64_t whole = 0;
    for (auto at = next_due(timing, utc("2026-10-24T00:00:00Z")); at && *at <= end; at = next_due(timing, *at)) ++whole;
    std::int64_t counted = 0;
    Time handled = utc("2026-10-24T00:00:00Z");
    for (int step = 1; handled < end; ++step) {
      auto until = std::min(end, handled + minutes(step * 37 % 400 + 1));
      for (const auto& due : decide_due(timing, handled, until, always)) {
        EXPECT_GT(due.at, handled);
        EXPECT_LE(due.last, until);
        counted += due.count;
      }
      handled = until;
    }
    EXPECT_EQ(counted, whole);
  }
}

}  // namespace
}  // namespace fairlead::triggers
