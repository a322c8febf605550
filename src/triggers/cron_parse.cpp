// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <map>

#include "fairlead/base/error.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/triggers/cron.hpp"

namespace fairlead::triggers {
namespace {

constexpr std::string_view form = "minute hour day-of-month month day-of-week, such as \"30 9 * * mon-fri\"";

/// One field: its range, its names in order, and what it is called in messages.
struct Field {
  std::string_view name;
  int first;
  int last;
  std::vector<std::string> words;  ///< words[i] stands for first + i
  bool week = false;               ///< 7 is 0, ranges may wrap
};

const std::array<Field, 5>& fields() {
  static const std::array<Field, 5> all{
      Field{"minute", 0, 59, {}}, Field{"hour", 0, 23, {}}, Field{"day of month", 1, 31, {}},
      Field{"month", 1, 12, {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
      Field{"day of week", 0, 6, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}, true}};
  return all;
}

[[noreturn]] void refuse(const Field& field, std::string_view text, const std::string& why) {
  throw Error(ErrorKind::invalid, "cron: " + std::string(field.name) + " \"" + ellipsize(text, 40) + "\": " + why,
              "a cron expression is " + std::string(form));
}

int value_of(const Field& field, std::string_view text) {
  auto lower = to_lower(text);
  for (std::size_t i = 0; i < field.words.size(); ++i)
    if (lower == field.words[i]) return field.first + static_cast<int>(i);
  auto number = text.size() <= 2 && text.find_first_not_of("0123456789") == std::string_view::npos ? parse_int(text) : std::nullopt;
  int last = field.week ? 7 : field.last;
  auto range = std::to_string(field.first) + " to " + std::to_string(last);
  if (!number) refuse(field, text, "expected a number from " + range + (field.words.empty() ? "" : " or a name such as " + field.words[1]));
  if (*number < field.first || *number > last) refuse(field, text, "out of range " + range);
  return static_cast<int>(*number);
}

struct Range {
  int from;
  int to;
  int step;
};

Range range_of(const Field& field, std::string_view part) {
  Range range{field.first, field.last, 1};
  auto slash = part.find('/');
  auto base = part.substr(0, slash);
  if (slash != std::string_view::npos) {
    auto step = parse_int(part.substr(slash + 1));
    if (!step || *step < 1 || *step > field.last) refuse(field, part, "the step after / must be from 1 to " + std::to_string(field.last));
    range.step = static_cast<int>(*step);
  }
  if (base == "*") return range;
  auto dash = base.find('-');
  range.from = value_of(field, base.substr(0, dash));
  if (dash != std::string_view::npos) {
    range.to = value_of(field, base.substr(dash + 1));
  } else if (slash == std::string_view::npos) {
    range.to = range.from;
  }
  if (field.week && range.to < range.from) range.to += 7;
  if (range.to < range.from) refuse(field, part, "the range ends before it begins");
  return range;
}

template <std::size_t N>
void read_field(const Field& field, std::string_view text, std::bitset<N>& out) {
  for (const auto& part : split(text, ',')) {
    if (part.empty()) refuse(field, text, "an element of the list is empty");
    auto range = range_of(field, part);
    for (int value = range.from; value <= range.to; value += range.step) out.set(static_cast<std::size_t>(field.week ? value % 7 : value));
  }
}

std::string expand(std::string_view text) {
  static const std::map<std::string, std::string, std::less<>> names{
      {"@hourly", "0 * * * *"},  {"@daily", "0 0 * * *"},  {"@midnight", "0 0 * * *"}, {"@weekly", "0 0 * * 0"},
      {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}};
  if (!text.starts_with('@')) return std::string(text);
  auto found = names.find(to_lower(text));
  if (found == names.end()) {
    throw Error(ErrorKind::invalid, "cron: unknown name " + ellipsize(text, 40),
                "known are @hourly @daily @midnight @weekly @monthly @yearly @annually");
  }
  return found->second;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (const auto& word : split(replace_all(std::string(text), "\t", " "), ' '))
    if (!word.empty()) words.push_back(word);
  return words;
}

/// Only the day of month can make a date that never comes (30 February); a day of week rescues it.
bool comes(const std::bitset<32>& days, const std::bitset<13>& months) {
  static constexpr std::array<std::size_t, 13> length{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (std::size_t month = 1; month <= 12; ++month)
    for (std::size_t day = 1; months[month] && day <= length[month]; ++day)
      if (days[day]) return true;
  return false;
}

}  // namespace

Cron Cron::parse(std::string_view expression) {
  auto words = words_of(expand(trim(expression)));
  if (words.size() != 5) {
    throw Error(ErrorKind::invalid,
                "cron: \"" + ellipsize(expression, 80) + "\" has " + std::to_string(words.size()) + " fields, expected 5",
                "a cron expression is " + std::string(form));
  }
  Cron cron;
  cron.text_ = trim(expression);
  read_field(fields()[0], words[0], cron.minutes_);
  read_field(fields()[1], words[1], cron.hours_);
  read_field(fields()[2], words[2], cron.days_);
  read_field(fields()[3], words[3], cron.months_);
  read_field(fields()[4], words[4], cron.weekdays_);
  cron.any_hour_ = words[1].starts_with('*');
  cron.any_day_ = words[2].starts_with('*');
  cron.any_weekday_ = words[4].starts_with('*');
  bool either = !cron.any_day_ && !cron.any_weekday_;
  if (!either && !comes(cron.days_, cron.months_)) {
    throw Error(ErrorKind::invalid, "cron: \"" + cron.text_ + "\" names a date that never comes",
                "check the day of month against the month");
  }
  return cron;
}

}  // namespace fairlead::triggers
