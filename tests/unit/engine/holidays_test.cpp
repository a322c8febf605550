// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "fairlead/engine/calendar.hpp"

namespace fairlead::engine {
namespace {

using Days = std::map<std::string, std::string>;

Days holidays_of(int year) {
  Days days;
  for (int month = 1; month <= 12; ++month) {
    for (int day = 1; day <= 31; ++day) {
      const auto name = japanese_holiday(year, month, day);
      if (name) days[fmt::format("{:02}-{:02}", month, day)] = *name;
    }
  }
  return days;
}

TEST(Holidays, year_2026_has_a_citizens_holiday_and_a_moved_substitute) {
  EXPECT_EQ(holidays_of(2026), (Days{{"01-01", "元日"},
                                     {"01-12", "成人の日"},
                                     {"02-11", "建国記念の日"},
                                     {"02-23", "天皇誕生日"},
                                     {"03-20", "春分の日"},
                                     {"04-29", "昭和の日"},
                                     {"05-03", "憲法記念日"},
                                     {"05-04", "みどりの日"},
                                     {"05-05", "こどもの日"},
                                     {"05-06", "振替休日"},
                                     {"07-20", "海の日"},
                                     {"08-11", "山の日"},
                                     {"09-21", "敬老の日"},
                                     {"09-22", "国民の休日"},
                                     {"09-23", "秋分の日"},
                                     {"10-12", "スポーツの日"},
                                     {"11-03", "文化の日"},
                                     {"11-23", "勤労感謝の日"}}));
}

TEST(Holidays, year_2019_has_the_enthronement_and_no_emperors_birthday) {
  const Days days = holidays_of(2019);
  EXPECT_EQ(days.size(), 22u);
  EXPECT_EQ(days.at("04-30"), "国民の休日");
  EXPECT_EQ(days.at("05-01"), "天皇の即位の日");
  EXPECT_EQ(days.at("05-02"), "国民の休日");
  EXPECT_EQ(days.at("08-12"), "振替休日");
  EXPECT_EQ(days.at("10-22"), "即位礼正殿の儀");
  EXPECT_FALSE(days.contains("12-23"));
  EXPECT_FALSE(days.contains("02-23"));
}

TEST(Holidays, olympic_years_moved_three_of_them) {
  const Days first = holidays_of(2020);
  EXPECT_EQ(first.at("07-23"), "海の日");
  EXPECT_EQ(first.at("07-24"), "スポーツの日");
  EXPECT_EQ(first.at("08-10"), "山の日");
  EXPECT_EQ(first.at("02-24"), "振替休日");
  EXPECT_FALSE(first.contains("07-20"));
  EXPECT_FALSE(first.contains("08-11"));
  EXPECT_FALSE(first.contains("10-12"));
  const Days second = holidays_of(2021);
  EXPECT_EQ(second.at("07-22"), "海の日");
  EXPECT_EQ(second.at("07-23"), "スポーツの日");
  EXPECT_EQ(second.at("08-08"), "山の日");
  EXPECT_EQ(second.at("08-09"), "振替休日");
  EXPECT_FALSE(second.contains("10-11"));
}

TEST(Holidays, citizens_holidays_fall_between_two_others) {
  for (const int year : {2009, 2015, 2026, 2032}) {
    bool found = false;
    for (const auto& [day, name] : holidays_of(year)) found = found || (day.starts_with("09") && name == "国民の休日");
    EXPECT_TRUE(found) << year;
  }
  EXPECT_EQ(japanese_holiday(1988, 5, 4), "国民の休日");
  EXPECT_EQ(japanese_holiday(1987, 5, 4), "振替休日");
  EXPECT_EQ(japanese_holiday(1986, 5, 4), std::nullopt);
}

TEST(Holidays, equinoxes_of_the_century) {
  EXPECT_EQ(japanese_holiday(1980, 3, 20), "春分の日");
  EXPECT_EQ(japanese_holiday(1991, 3, 21), "春分の日");
  EXPECT_EQ(japanese_holiday(2012, 9, 22), "秋分の日");
  EXPECT_EQ(japanese_holiday(2023, 9, 23), "秋分の日");
  EXPECT_EQ(japanese_holiday(2024, 9, 22), "秋分の日");
  EXPECT_EQ(japanese_holiday(2024, 9, 23), "振替休日");
  EXPECT_EQ(japanese_holiday(2092, 3, 19), "春分の日");
  EXPECT_EQ(japanese_holiday(2099, 9, 23), "秋分の日");
}

TEST(Holidays, special_acts_and_the_end_of_an_era) {
  EXPECT_EQ(japanese_holiday(1988, 4, 29), "天皇誕生日");
  EXPECT_EQ(japanese_holiday(1989, 2, 24), "昭和天皇の大喪の礼");
  EXPECT_EQ(japanese_holiday(1990, 11, 12), "即位礼正殿の儀");
  EXPECT_EQ(japanese_holiday(1993, 6, 9), "皇太子徳仁親王の結婚の儀");
  EXPECT_EQ(japanese_holiday(1999, 1, 15), "成人の日");
  EXPECT_EQ(japanese_holiday(2000, 1, 10), "成人の日");
}

/// Dates (not names) of 1980–2050 agree with a table kept by others; the number per year guards that.
TEST(Holidays, number_of_days_over_the_years) {
  std::size_t until_2050 = 0, all = 0;
  for (int year = 1980; year <= 2099; ++year) {
    const auto count = holidays_of(year).size();
    EXPECT_GE(count, 12u) << year;
    EXPECT_LE(count, 22u) << year;
    all += count;
    if (year <= 2050) until_2050 += count;
  }
  EXPECT_EQ(until_2050, 1198u);
  EXPECT_EQ(all, 2076u);
}

TEST(Holidays, outside_the_known_years_and_dates_there_are_none) {
  EXPECT_EQ(japanese_holiday(1979, 1, 1), std::nullopt);
  EXPECT_EQ(japanese_holiday(2100, 1, 1), std::nullopt);
  EXPECT_EQ(japanese_holiday(2026, 2, 30), std::nullopt);
}

}  // namespace
}  // namespace fairlead::engine
