// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/time.hpp"

#include <array>
#include <cstddef>

namespace fairlead {
namespace {

namespace chrono = std::chrono;

void append_digits(std::string& out, long long value, std::size_t width) {
  std::string digits = std::to_string(value);
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

/// Reads a text from left to right; `good` turns false at the first thing that does not fit.
struct Reader {
  std::string_view rest;
  bool good = true;

  int digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count && good; ++i) {
      good = i < rest.size() && rest[i] >= '0' && rest[i] <= '9';
      if (good) value = value * 10 + (rest[i] - '0');
    }
    if (good) rest.remove_prefix(count);
    return value;
  }

  char one_of(std::string_view allowed) {
    good = good && !rest.empty() && allowed.find(rest.front()) != std::string_view::npos;
    if (!good) return 0;
    char found = rest.front();
    rest.remove_prefix(1);
    return found;
  }

  /// ".123456789": what is finer than a microsecond is dropped.
  Duration fraction() {
    if (!good || rest.empty() || rest.front() != '.') return {};
    rest.remove_prefix(1);
    good = !rest.empty() && rest.front() >= '0' && rest.front() <= '9';
    Duration sum{};
    for (Duration::rep unit = 100000; !rest.empty() && rest.front() >= '0' && rest.front() <= '9'; rest.remove_prefix(1), unit /= 10) {
      sum += Duration((rest.front() - '0') * unit);
    }
    return sum;
  }

  Duration offset() {
    char sign = one_of("Zz+-");
    if (!good || sign == 'Z' || sign == 'z') return {};
    int hours = digits(2);
    one_of(":");
    int minutes = digits(2);
    good = good && hours < 24 && minutes < 60;
    Duration span = chrono::hours(hours) + chrono::minutes(minutes);
    return sign == '-' ? -span : span;
  }
};

struct Unit {
  std::string_view name;
  Duration size;
};
constexpr std::array<Unit, 5> units = {{{"d", chrono::hours(24)},
                                        {"h", chrono::hours(1)},
                                        {"m", chrono::minutes(1)},
                                        {"s", chrono::seconds(1)},
                                        {"ms", chrono::milliseconds(1)}}};

const Unit* unit_named(std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

Time now() { return chrono::time_point_cast<Duration>(chrono::system_clock::now()); }

std::int64_t to_micros(Time time) { return time.time_since_epoch().count(); }
Time from_micros(std::int64_t micros) { return Time(Duration(micros)); }

std::string format_time(Time time) {
  auto day = chrono::floor<chrono::days>(time);
  chrono::year_month_day date(day);
  auto rest = chrono::floor<chrono::milliseconds>(time - day);
  chrono::hh_mm_ss clock(rest);
  std::string out;
  out.reserve(24);
  append_digits(out, static_cast<int>(date.year()), 4);
  out += '-';
  append_digits(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_digits(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_digits(out, clock.hours().count(), 2);
  out += ':';
  append_digits(out, clock.minutes().count(), 2);
  out += ':';
  append_digits(out, clock.seconds().count(), 2);
  out += '.';
  append_digits(out, clock.subseconds().count(), 3);
  out += 'Z';
  return out;
}

std::optional<Time> parse_time(std::string_view text) {
  Reader in{text};
  chrono::year year(in.digits(4));
  in.one_of("-");
  auto month = static_cast<unsigned>(in.digits(2));
  in.one_of("-");
  auto day = static_cast<unsigned>(in.digits(2));
  in.one_of("Tt ");
  int hours = in.digits(2);
  in.one_of(":");
  int minutes = in.digits(2);
  in.one_of(":");
  int seconds = in.digits(2);
  Duration fraction = in.fraction();
  Duration offset = in.offset();
  chrono::year_month_day date(year, chrono::month(month), chrono::day(day));
  // 60 is a leap second; it becomes the first second of the next minute.
  if (!in.good || !in.rest.empty() || !date.ok() || hours > 23 || minutes > 59 || seconds > 60) return std::nullopt;
  return Time(chrono::sys_days(date)) + chrono::hours(hours) + chrono::minutes(minutes) + chrono::seconds(seconds) + fraction - offset;
}

std::optional<Duration> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  Duration::rep sum = 0;
  while (!text.empty()) {
    std::size_t digits = 0;
    while (digits < text.size() && is_digit(text[digits])) ++digits;
    std::size_t end = digits;
    while (end < text.size() && !is_digit(text[end])) ++end;
    const Unit* unit = unit_named(text.substr(digits, end - digits));
    if (digits == 0 || digits > 12 || !unit) return std::nullopt;
    Duration::rep count = 0;
    for (char c : text.substr(0, digits)) count = count * 10 + (c - '0');
    Duration::rep part = 0;
    if (__builtin_mul_overflow(count, unit->size.count(), &part) || __builtin_add_overflow(sum, part, &sum)) return std::nullopt;
    text.remove_prefix(end);
  }
  return Duration(sum);
}

std::string format_duration(Duration span) {
  if (span < Duration::zero()) return "-" + format_duration(-span);
  std::string out;
  int used = 0;
  for (const Unit& unit : units) {
    auto count = span / unit.size;
    if (count == 0 || used == 2) continue;
    out += std::to_string(count);
    out += unit.name;
    span -= count * unit.size;
    ++used;
  }
  return out.empty() ? "0s" : out;
}

}  // namespace fairlead
