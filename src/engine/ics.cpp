// SPDX-License-Identifier: Apache-2.0
#include "engine/ics.hpp"

#include <algorithm>

#include "fairlead/base/error.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::engine {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

namespace {

struct Line {
  int number = 0;
  std::string name;  ///< upper case, parameters cut off
  std::string value;
};

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : static_cast<char>(c); });
  return text;
}

/// Content lines, with folded ones joined.
std::vector<Line> content_lines(std::string_view text) {
  std::vector<std::pair<int, std::string>> raw;
  int number = 0;
  for (auto& line : split_lines(text)) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty() && (line[0] == ' ' || line[0] == '\t') && !raw.empty()) {
      raw.back().second += line.substr(1);
    } else if (!line.empty()) {
      raw.emplace_back(number, std::move(line));
    }
  }
  std::vector<Line> lines;
  for (auto& [at, line] : raw) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    const auto end = std::min(line.find(';'), colon);
    lines.push_back({at, upper(line.substr(0, end)), line.substr(colon + 1)});
  }
  return lines;
}

class Reader {
 public:
  explicit Reader(std::string filename) : filename_(std::move(filename)) {}

  void read(const Line& line) {
    if (line.name == "BEGIN" && upper(line.value) == "VEVENT") begin();
    if (!inside_) return;
    if (line.name == "DTSTART") event_.first = date(line);
    if (line.name == "DTSTART") started_ = true;
    if (line.name == "DTEND") end_ = date(line);
    if (line.name == "DTEND") end_is_date_ = !line.value.contains('T');
    if (line.name == "SUMMARY") event_.summary = unescape(line.value);
    if (line.name == "RRULE") rule(line);
    if (line.name == "STATUS") canceled_ = upper(line.value) == "CANCELLED";
    if (line.name == "END" && upper(line.value) == "VEVENT") end(line);
  }

  std::vector<DayEvent> take() { return std::move(events_); }

 private:
  void begin() {
    event_ = {};
    end_.reset();
    inside_ = true;
    started_ = canceled_ = false;
  }

  void end(const Line& line) {
    inside_ = false;
    if (canceled_) return;
    if (!started_) fail(line, "an event without DTSTART");
    // An end given as a date is excluded (RFC 5545 §3.6.1); one with a time belongs to its own day.
    if (end_) event_.days = static_cast<int>((*end_ - event_.first).count()) + (end_is_date_ ? 0 : 1);
    event_.days = std::max(event_.days, 1);
    if (event_.yearly && count_ > 0) {
      const year_month_day first(event_.first);
      event_.until =
          sys_days(year_month_day(first.year() + std::chrono::years(event_.interval * (count_ - 1)), first.month(), first.day()));
    }
    count_ = 0;
    events_.push_back(event_);
  }

  void rule(const Line& line) {
    for (const auto& part : split(upper(line.value), ';')) {
      const auto equals = part.find('=');
      const std::string key = part.substr(0, equals);
      const std::string value = equals == std::string::npos ? "" : part.substr(equals + 1);
      if (key == "FREQ" && value == "YEARLY") {
        event_.yearly = true;
      } else if (key == "INTERVAL") {
        event_.interval = static_cast<int>(std::max(parse_int(value).value_or(1), 1LL));
      } else if (key == "COUNT") {
        count_ = static_cast<int>(parse_int(value).value_or(0));
      } else if (key == "UNTIL") {
        event_.until = date({line.number, "UNTIL", value});
      } else if (key != "WKST" && !part.empty()) {
        fail(line, "the repetition \"" + line.value + "\": only FREQ=YEARLY with INTERVAL, COUNT or UNTIL is read");
      }
    }
  }

  sys_days date(const Line& line) const {
    const auto digits = parse_int(line.value.substr(0, 8));
    if (digits && line.value.size() >= 8) {
      const int all = static_cast<int>(*digits);
      const year_month_day ymd{year(all / 10000), std::chrono::month(static_cast<unsigned>(all / 100 % 100)),
                               std::chrono::day(static_cast<unsigned>(all % 100))};
      if (ymd.ok()) return sys_days(ymd);
    }
    fail(line, line.name + " \"" + line.value + "\", which is not a date");
  }

  static std::string unescape(const std::string& value) {
    std::string text;
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (value[i] == '\\' && i + 1 < value.size()) {
        ++i;
        text += value[i] == 'n' || value[i] == 'N' ? ' ' : value[i];
      } else {
        text += value[i];
      }
    }
    return strip_control(text);
  }

  [[noreturn]] void fail(const Line& line, const std::string& what) const {
    throw Error(ErrorKind::invalid, filename_ + ":" + std::to_string(line.number) + ": cannot use " + what,
                "write each day off as an event of its own (DTSTART;VALUE=DATE:20261230)");
  }

  std::string filename_;
  std::vector<DayEvent> events_;
  DayEvent event_;
  std::optional<sys_days> end_;
  int count_ = 0;
  bool inside_ = false, started_ = false, canceled_ = false, end_is_date_ = true;
};

}  // namespace

bool DayEvent::covers(sys_days date) const {
  if (date < first) return false;
  if (date < first + std::chrono::days(days)) return true;
  if (!yearly) return false;
  const year_month_day begin(first);
  for (int back = 0; back <= 1; ++back) {  // an event may reach over the end of the year
    const year_month_day at(year_month_day(date).year() - std::chrono::years(back), begin.month(), begin.day());
    if (!at.ok() || (static_cast<int>(at.year()) - static_cast<int>(begin.year())) % interval != 0) continue;
    const sys_days from(at);
    if (from >= first && from <= date && date < from + std::chrono::days(days) && (!until || from <= *until)) return true;
  }
  return false;
}

std::vector<DayEvent> parse_ics(std::string_view text, const std::string& filename) {
  const auto lines = content_lines(text);
  if (lines.empty() || lines.front().name != "BEGIN" || upper(lines.front().value) != "VCALENDAR") {
    throw Error(ErrorKind::invalid, filename + " is not an iCalendar file: it does not begin with BEGIN:VCALENDAR");
  }
  Reader reader(filename);
  for (const auto& line : lines) reader.read(line);
  return reader.take();
}

}  // namespace fairlead::engine
