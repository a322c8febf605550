// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "chat/code_points.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/chat/message.hpp"

namespace fairlead::chat {

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

/// Changes the order or the look of what stands around it: no reader can tell what was written.
bool reorders(char32_t c) {
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F || c == 0x061C;
}

bool is_joiner(char32_t c) { return c == 0x200C || c == 0x200D; }
bool is_variation(char32_t c) { return c >= 0xFE00 && c <= 0xFE0F; }

/// Takes no room on the screen.
bool is_invisible(char32_t c) {
  static constexpr std::array<char32_t, 12> others = {0x00AD, 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5,
                                                      0x180B, 0x180E, 0x200B, 0x3164, 0xFEFF, 0xFFA0};
  return is_joiner(c) || is_variation(c) || (c >= 0x2060 && c <= 0x206F) || (c >= 0xFFF0 && c <= 0xFFFB) ||
         (c >= 0xE0000 && c <= 0xE0FFF) || std::ranges::find(others, c) != others.end();
}

bool is_line_end(char32_t c) { return c == 0x2028 || c == 0x2029 || c == 0x85; }

/// Where a name is spelled, something invisible makes two names look the same, so it is shown. Emoji and scripts that join their
/// letters need it: between those it is dropped, which at worst splits an emoji in two.
bool drops(std::string_view text, std::size_t at, CodePoint it) {
  const auto beyond_ascii = [&](std::size_t i) { return i < text.size() && static_cast<unsigned char>(text[i]) >= 0x80; };
  if (at == 0 || !beyond_ascii(at - 1)) return false;
  return is_variation(it.code) || (is_joiner(it.code) && beyond_ascii(at + it.length));
}

/// Ends of lines as "\n" before control bytes go: a progress bar's "\r" separates what else would be glued together.
std::string with_newlines(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out += text[i];
    } else if (i + 1 == text.size() || text[i + 1] != '\n') {
      out += '\n';
    }
  }
  return out;
}

/// "```" would open a block that swallows the rest of a card.
std::string without_fences(std::string text) { return replace_all(std::move(text), "```", "'''"); }

bool is_id(std::string_view text, std::string_view initials) {
  return text.size() >= 2 && text.size() <= 30 && initials.find(text.front()) != std::string_view::npos &&
         std::ranges::all_of(text, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

}  // namespace

std::string clean(std::string_view untrusted) {
  const std::string text = strip_control(with_newlines(untrusted));
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint it = code_point(text, i);
    const char32_t code = it.code;
    if (code == bad_code_point || reorders(code)) {
      out += replacement;
    } else if (is_line_end(code)) {
      out += '\n';
    } else if (is_invisible(code)) {
      if (!drops(text, i, it)) out += replacement;
    } else {
      out.append(text, i, it.length);
    }
    i += it.length;
  }
  return out;
}

std::string escape(std::string_view untrusted) {
  const std::string text = without_fences(clean(untrusted));
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string clip(std::string_view text, std::size_t characters) {
  if (count_characters(text) <= characters) return std::string(text);
  if (characters == 0) return {};
  std::size_t end = 0;
  for (std::size_t taken = 0; taken + 1 < characters;) {
    const std::size_t length = unit_length(text, end);
    const std::size_t size = count_characters(text.substr(end, length));
    if (taken + size + 1 > characters) break;
    taken += size;
    end += length;
  }
  return std::string(trim_right(text.substr(0, end))) + "…";
}

std::string date(Time time) {
  const auto seconds = to_micros(time) / 1'000'000;
  const std::string utc = format_time(time);  // 2026-11-20T03:04:05.678Z
  return "<!date^" + std::to_string(seconds) + "^{date_short_pretty} {time}|" + utc.substr(0, 10) + " " + utc.substr(11, 5) + " UTC>";
}

std::string mention(std::string_view who) {
  if (who.starts_with("slack:")) {
    const auto id = who.substr(6);
    if (is_id(id, "UW")) return "<@" + std::string(id) + ">";
    if (is_id(id, "S")) return "<!subteam^" + std::string(id) + ">";
    if (id.starts_with('@')) who = id;
  } else if (who.starts_with("user:")) {
    who.remove_prefix(5);
  }
  return clip(replace_all(escape(who), "\n", " "), 120);
}

}  // namespace fairlead::chat
