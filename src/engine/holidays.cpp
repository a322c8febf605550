// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <chrono>
#include <optional>
#include <string>

#include "fairlead/engine/calendar.hpp"

/// Act on National Holidays (昭和23年法律第178号) as it stood in each year, with the special acts of 1989, 1990, 1993, 2019 and
/// of the Olympic years 2020 and 2021. Equinoxes by the usual approximation of the National Astronomical Observatory's
/// almanac, which agrees with every date announced so far and is meant for 1980–2099.
namespace fairlead::engine {

namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::weekday;
using std::chrono::year;
using std::chrono::year_month_day;

/// A day of one year, or of the years since / until.
struct Fixed {
  int first, last;
  unsigned month, day;
  const char* name;
};

constexpr int for_ever = 9999;
constexpr std::array fixed_days = {
    Fixed{1949, for_ever, 1, 1, "元日"},
    Fixed{1949, 1999, 1, 15, "成人の日"},
    Fixed{1967, for_ever, 2, 11, "建国記念の日"},
    Fixed{2020, for_ever, 2, 23, "天皇誕生日"},
    Fixed{1949, 1988, 4, 29, "天皇誕生日"},
    Fixed{1989, 2006, 4, 29, "みどりの日"},
    Fixed{2007, for_ever, 4, 29, "昭和の日"},
    Fixed{1949, for_ever, 5, 3, "憲法記念日"},
    Fixed{2007, for_ever, 5, 4, "みどりの日"},
    Fixed{1949, for_ever, 5, 5, "こどもの日"},
    Fixed{1996, 2002, 7, 20, "海の日"},
    Fixed{2020, 2020, 7, 23, "海の日"},
    Fixed{2021, 2021, 7, 22, "海の日"},
    Fixed{2020, 2020, 7, 24, "スポーツの日"},
    Fixed{2021, 2021, 7, 23, "スポーツの日"},
    Fixed{2016, 2019, 8, 11, "山の日"},
    Fixed{2020, 2020, 8, 10, "山の日"},
    Fixed{2021, 2021, 8, 8, "山の日"},
    Fixed{2022, for_ever, 8, 11, "山の日"},
    Fixed{1966, 2002, 9, 15, "敬老の日"},
    Fixed{1966, 1999, 10, 10, "体育の日"},
    Fixed{1948, for_ever, 11, 3, "文化の日"},
    Fixed{1948, for_ever, 11, 23, "勤労感謝の日"},
    Fixed{1989, 2018, 12, 23, "天皇誕生日"},
    Fixed{1989, 1989, 2, 24, "昭和天皇の大喪の礼"},
    Fixed{1990, 1990, 11, 12, "即位礼正殿の儀"},
    Fixed{1993, 1993, 6, 9, "皇太子徳仁親王の結婚の儀"},
    Fixed{2019, 2019, 5, 1, "天皇の即位の日"},
    Fixed{2019, 2019, 10, 22, "即位礼正殿の儀"},
};

/// The n-th Monday of a month ("Happy Monday").
struct Monday {
  int first, last;
  unsigned month, nth;
  const char* name;
};
constexpr std::array mondays = {
    Monday{2000, for_ever, 1, 2, "成人の日"}, Monday{2003, 2019, 7, 3, "海の日"},    Monday{2022, for_ever, 7, 3, "海の日"},
    Monday{2003, for_ever, 9, 3, "敬老の日"}, Monday{2000, 2019, 10, 2, "体育の日"}, Monday{2022, for_ever, 10, 2, "スポーツの日"},
};

unsigned equinox_day(double base, int year_number) {
  const int years = year_number - 1980;
  return static_cast<unsigned>(static_cast<int>(base + 0.242194 * years) - years / 4);
}

const char* named_holiday(sys_days date) {
  const year_month_day ymd(date);
  const int y = static_cast<int>(ymd.year());
  const auto m = static_cast<unsigned>(ymd.month());
  const auto d = static_cast<unsigned>(ymd.day());
  for (const auto& day : fixed_days) {
    if (day.month == m && day.day == d && day.first <= y && y <= day.last) return day.name;
  }
  if (m == 3 && d == equinox_day(20.8431, y)) return "春分の日";
  if (m == 9 && d == equinox_day(23.2488, y)) return "秋分の日";
  if (weekday(date) != std::chrono::Monday) return nullptr;
  for (const auto& day : mondays) {
    if (day.month == m && day.nth == (d - 1) / 7 + 1 && day.first <= y && y <= day.last) return day.name;
  }
  return nullptr;
}

/// Until 2006 the Monday after a Sunday holiday; since 2007 the first day after it that is no holiday itself.
bool is_substitute(sys_days date) {
  const bool chain = year_month_day(date).year() >= year(2007);
  for (sys_days before = date - days(1); named_holiday(before) != nullptr; before -= days(1)) {
    if (weekday(before) == std::chrono::Sunday) return true;
    if (!chain) return false;
  }
  return false;
}

/// Since 27 December 1985: a day between two holidays; first met in 1988.
bool is_citizens_holiday(sys_days date) {
  const year_month_day ymd(date);
  if (ymd.year() < year(1986)) return false;
  if (ymd.year() < year(2007) && weekday(date) == std::chrono::Sunday) return false;
  return named_holiday(date - days(1)) != nullptr && named_holiday(date + days(1)) != nullptr;
}

}  // namespace

std::optional<std::string> japanese_holiday(int year_number, int month_number, int day_number) {
  const year_month_day ymd{year(year_number), std::chrono::month(static_cast<unsigned>(month_number)),
                           std::chrono::day(static_cast<unsigned>(day_number))};
  if (!ymd.ok() || year_number < 1980 || year_number > 2099) return std::nullopt;
  const sys_days date(ymd);
  if (const char* name = named_holiday(date)) return name;
  if (is_substitute(date)) return "振替休日";
  if (is_citizens_holiday(date)) return "国民の休日";
  return std::nullopt;
}

}  // namespace fairlead::engine
