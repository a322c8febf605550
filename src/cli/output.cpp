// SPDX-License-Identifier: Apache-2.0
#include "cli/output.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "fairlead/base/json.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/base/time.hpp"

namespace fairlead::cli {

namespace {

/// Columns a text takes on a terminal: code points, which is right for what we print.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

/// The first columns of a text, an ellipsis among them.
std::string shortened(std::string_view text, std::size_t columns) {
  std::size_t seen = 0, at = 0;
  for (; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xc0) != 0x80 && seen++ == columns - 1) break;
  }
  return std::string(text.substr(0, at)) + "…";
}

std::string_view color_of(std::string_view word) {
  if (word == "succeeded") return "\033[32m";
  if (word == "failed" || word == "lost") return "\033[31m";
  if (word == "running") return "\033[36m";
  if (word == "waiting" || word == "queued") return "\033[33m";
  return "\033[2m";
}

std::optional<Time> time_of(const Json& time) { return time.is_string() ? parse_time(time.get<std::string>()) : std::nullopt; }

std::string seconds_text(Duration span) {
  return format_duration(std::max<Duration>(std::chrono::duration_cast<std::chrono::seconds>(span), std::chrono::seconds(0)));
}

}  // namespace

std::string strip_all_but_colors(std::string_view text) {
  std::string out;
  std::size_t plain = 0;
  for (auto at = text.find("\033["); at != std::string_view::npos; at = text.find("\033[", at + 2)) {
    const auto end = text.find_first_not_of("0123456789", at + 2);
    if (end == std::string_view::npos || text[end] != 'm') continue;
    out += strip_control(text.substr(plain, at - plain));
    out += text.substr(at, end + 1 - at);
    plain = end + 1;
  }
  return out + strip_control(text.substr(plain));
}

Output::Output(const Globals& globals) : json_(globals.json), quiet_(globals.quiet), terminal_(::isatty(STDOUT_FILENO) == 1) {
  const auto no_color = env_value("NO_COLOR");
  color_ = terminal_ && !globals.no_color && !(no_color && !no_color->empty());
}

void Output::line(const std::string& text) {
  if (silent()) return;
  end_line();
  std::printf("%s\n", (color_ ? strip_all_but_colors(text) : strip_control(text)).c_str());
  std::fflush(stdout);
}

void Output::text(std::string_view text, bool ends) {
  if (silent()) return;
  std::printf("%s%s", strip_control(text).c_str(), ends ? "\n" : "");
  std::fflush(stdout);
  within_line_ = !ends;
}

void Output::end_line() {
  if (within_line_) text("", true);
}

void Output::note(const std::string& text) {
  if (!quiet_) std::fprintf(stderr, "%s\n", strip_control(text).c_str());
}

void Output::error(const std::string& text) { std::fprintf(stderr, "%s\n", strip_control(text).c_str()); }

void Output::document(const Json& document) {
  if (!json_) return;
  std::printf("%s\n", dump(document).c_str());
  std::fflush(stdout);
}

namespace {

/// Columns of the terminal; 0 when it does not say.
std::size_t terminal_columns() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace

void fit(std::vector<std::vector<std::string>>& rows, std::size_t column, std::size_t columns) {
  constexpr std::size_t least = 12;  // less says nothing
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(strip_control(row[i])));
  }
  if (column >= widths.size()) return;
  std::size_t total = 0;
  for (const auto one : widths) total += one + 2;
  total -= 2;
  if (columns == 0 || total <= columns) return;
  const std::size_t over = total - columns;
  const std::size_t left = widths[column] > over + least ? widths[column] - over : least;
  for (auto& row : rows) {
    if (column < row.size() && width(strip_control(row[column])) > left) row[column] = shortened(strip_control(row[column]), left);
  }
}

void Output::table(std::vector<std::vector<std::string>> rows, std::optional<std::size_t> shrink) {
  if (rows.size() < 2) return;
  if (shrink && terminal_) fit(rows, *shrink, terminal_columns());
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(strip_control(row[i])));
  }
  for (const auto& row : rows) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string cell = strip_control(row[i]);
      text += i == 0 && &row != &rows.front() ? cell : color_ && &row != &rows.front() ? state(cell) : cell;
      if (i + 1 < row.size()) text += std::string(widths[i] - width(cell) + 2, ' ');
    }
    line(text.substr(0, text.find_last_not_of(' ') + 1));
  }
}

std::string Output::state(std::string_view word) const {
  static const std::vector<std::string> words{"queued",   "waiting", "running",    "succeeded", "failed",
                                              "canceled", "skipped", "superseded", "lost"};
  if (!color_ || std::ranges::find(words, word) == words.end()) return std::string(word);
  return std::string(color_of(word)) + std::string(word) + "\033[0m";
}

std::string ago(const Json& time) {
  const auto at = time_of(time);
  return at ? seconds_text(now() - *at) + " ago" : "-";
}

std::string span(const Json& from, const Json& to) {
  const auto begin = time_of(from);
  if (!begin) return "-";
  return seconds_text(time_of(to).value_or(now()) - *begin);
}

std::string short_sha(std::string_view sha) { return std::string(sha.substr(0, 12)); }

std::string short_ref(std::string_view ref) {
  for (const std::string_view prefix : {"refs/heads/", "refs/tags/"}) {
    if (ref.starts_with(prefix)) return std::string(ref.substr(prefix.size()));
  }
  return is_valid_utf8(ref) ? std::string(ref) : "?";
}

}  // namespace fairlead::cli
