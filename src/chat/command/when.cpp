// SPDX-License-Identifier: Apache-2.0
#include <date/tz.h>

#include <algorithm>
#include <array>

#include "chat/command/line.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/strings.hpp"

/// Moments as people say them.
namespace fairlead::chat {

namespace {

using Local = date::local_time<Duration>;
constexpr std::array<std::string_view, 7> weekdays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr std::array<std::string_view, 7> long_weekdays{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
constexpr int noon = 12;

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// "22:00", "9:05", "10pm", "9:30am" as minutes of the day.
std::optional<int> minute_of(const std::string& word) {
  auto text = std::string_view(word);
  const bool before_noon = text.ends_with("am"), after_noon = text.ends_with("pm");
  if (before_noon || after_noon) text.remove_suffix(2);
  const auto colon = text.find(':');
  const auto hours = text.substr(0, colon);
  if (!is_digits(hours) || hours.size() > 2) return std::nullopt;
  int hour = static_cast<int>(*parse_int(hours)), minute = 0;
  if (colon != std::string_view::npos) {
    const auto minutes = text.substr(colon + 1);
    if (!is_digits(minutes) || minutes.size() != 2) return std::nullopt;
    minute = static_cast<int>(*parse_int(minutes));
  } else if (!before_noon && !after_noon) {
    return std::nullopt;
  }
  if (before_noon || after_noon) {
    if (hour < 1 || hour > noon) return std::nullopt;
    hour = hour % noon + (after_noon ? noon : 0);
  }
  if (hour > 23 || minute > 59) return std::nullopt;
  return hour * 60 + minute;
}

/// The canonical name of a day; empty: it is none.
std::string day_of(const std::string& word) {
  if (word == "today" || word == "tomorrow") return word;
  for (std::size_t i = 0; i < weekdays.size(); ++i)
    if (word == weekdays[i] || word == long_weekdays[i]) return std::string(weekdays[i]);
  return parse_time(word + "T00:00:00Z") && word.size() == 10 ? word : std::string();
}

/// "2026-11-20T22:00" without an offset.
bool split_date_time(const std::string& word, When& when) {
  if (word.size() < 16 || (word[10] != 't' && word[10] != 'T')) return false;
  const auto day = day_of(word.substr(0, 10));
  const auto minute = minute_of(word.substr(11, 5));
  if (day.empty() || !minute || (word.size() != 16 && word.substr(16) != ":00")) return false;
  when.day = day;
  when.minute = *minute;
  return true;
}

/// One word of a moment.
bool take_part(const std::string& text, When& when, bool& timed) {
  const auto word = to_lower(text);
  if (const auto exact = parse_time(text)) {
    when.exact = exact;
    timed = true;
    return true;
  }
  if (split_date_time(word, when)) return timed = true;
  if (const auto minute = timed ? std::nullopt : minute_of(word)) {
    when.minute = *minute;
    return timed = true;
  }
  if (timed && word.ends_with("z") && word == "z") {
    when.zone = "UTC";
    return true;
  }
  if (when.day.empty())
    if (auto day = day_of(word); !day.empty()) {
      when.day = std::move(day);
      return true;
    }
  if (timed && when.zone.empty() && is_zone(text)) {
    when.zone = text;
    return true;
  }
  return false;
}

const date::time_zone* zone_named(const std::string& name) {
  try {
    return date::locate_zone(name.empty() ? "UTC" : name);
  } catch (const std::exception&) {
    throw Error(ErrorKind::invalid, "there is no time zone \"" + ellipsize(name, 80) + "\"", "use a name such as Asia/Tokyo or UTC");
  }
}

date::local_days day_in(const std::string& day, date::local_days today) {
  if (day.empty() || day == "today") return today;
  if (day == "tomorrow") return today + date::days(1);
  const auto found = std::ranges::find(weekdays, day);
  if (found != weekdays.end()) {
    const date::weekday wanted(static_cast<unsigned>((found - weekdays.begin() + 1) % 7));
    return today + (wanted - date::weekday(today));
  }
  const auto date = parse_time(day + "T00:00:00Z");
  if (!date) throw Error(ErrorKind::usage, "\"" + ellipsize(day, 80) + "\" is no day");
  return date::local_days(date::floor<date::days>(date->time_since_epoch()));
}

}  // namespace

bool is_zone(const std::string& word) {
  if (word == "UTC" || word == "GMT") return true;
  const auto slash = word.find('/');
  return slash != std::string::npos && slash > 1 && slash + 1 < word.size() && word.size() <= 60 && word.front() >= 'A' &&
         word.front() <= 'Z' && word[slash + 1] >= 'A' && word[slash + 1] <= 'Z' && std::ranges::all_of(word, [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) || c == '/' || c == '_' || c == '-' || c == '+';
         });
}

std::optional<Duration> duration_at(const Line& line, std::size_t ahead) {
  const auto span = parse_duration(line.keyword(ahead));
  return span && *span > Duration::zero() ? span : std::nullopt;
}

When read_when(Line& line) {
  When when;
  bool timed = false;
  if (line.peek().quoted) {
    for (const auto& part : split(line.peek().text, ' '))
      if (!part.empty() && !take_part(part, when, timed)) {
        timed = false;
        break;
      }
    if (timed) line.take();
  } else {
    while (!line.empty() && !line.peek().quoted && !when.exact && take_part(line.peek().text, when, timed)) line.take();
  }
  if (!timed)
    line.fail("\"" + ellipsize(line.peek().text, 80) + "\" is no time", "write 22:00, tomorrow 9:00, 2026-11-20 22:00 or 22:00 Asia/Tokyo");
  return when;
}

Time instant_of(const When& when, Time now, const std::string& zone) {
  const auto passed = [](const std::string& what) {
    return Error(ErrorKind::usage, what + " has passed", "name a moment that is still to come");
  };
  if (when.in) return now + *when.in;
  if (when.exact) {
    if (*when.exact <= now) throw passed(format_time(*when.exact));
    return *when.exact;
  }
  const auto* place = zone_named(when.zone.empty() ? zone : when.zone);
  const auto today = date::floor<date::days>(place->to_local(now));
  const auto at = [&](date::local_days day) {
    return date::floor<Duration>(place->to_sys(Local(day) + std::chrono::minutes(when.minute), date::choose::earliest));
  };
  auto day = day_in(when.day, today);
  if (at(day) > now) return at(day);
  if (when.day.empty()) return at(day + date::days(1));
  if (std::ranges::find(weekdays, when.day) != weekdays.end()) return at(day + date::days(7));
  throw passed(when.day + " " + date::format("%H:%M", std::chrono::minutes(when.minute)) + " " + place->name());
}

}  // namespace fairlead::chat
