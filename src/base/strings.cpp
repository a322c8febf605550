// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/strings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

#include "fairlead/base/crypto.hpp"

namespace fairlead {
namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";
constexpr char escape = '\x1b';

unsigned char byte_at(std::string_view text, std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; }

bool is_continuation(unsigned char byte) { return (byte & 0xc0u) == 0x80u; }

/// Length of the well-formed UTF-8 sequence at `i` (Unicode 15, table 3-7), or 0.
std::size_t utf8_length(std::string_view text, std::size_t i) {
  unsigned char lead = byte_at(text, i);
  if (lead < 0x80) return 1;
  unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  std::size_t length = lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
  if (length == 0 || i + length > text.size()) return 0;
  unsigned char second = byte_at(text, i + 1);
  if (second < low || second > high) return 0;
  for (std::size_t k = 2; k < length; ++k) {
    if (!is_continuation(byte_at(text, i + k))) return 0;
  }
  return length;
}

/// Index behind the control sequence whose ESC is at `i` (ECMA-48). One that is not closed ends with its line.
std::size_t skip_sequence(std::string_view text, std::size_t i) {
  char kind = static_cast<char>(byte_at(text, ++i));
  if (kind == '[') {
    do ++i;
    while (byte_at(text, i) >= 0x20 && byte_at(text, i) < 0x40);
    return byte_at(text, i) >= 0x40 && byte_at(text, i) < 0x7f ? i + 1 : i;
  }
  if (std::string_view("]PX^_").find(kind) != std::string_view::npos && kind != '\0') {
    for (++i; i < text.size(); ++i) {
      if (text[i] == '\a') return i + 1;
      if (text[i] == escape) return byte_at(text, i + 1) == '\\' ? i + 2 : i;
      if (text[i] == '\n') return i;
    }
    return i;
  }
  while (byte_at(text, i) >= 0x20 && byte_at(text, i) < 0x30) ++i;
  return byte_at(text, i) >= 0x30 && byte_at(text, i) < 0x7f ? i + 1 : i;
}

/// Edits that turn one word into the other; a swap of neighbours counts once.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), current(b.size() + 1);
  std::iota(previous.begin(), previous.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, replaced});
      bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) current[j] = std::min(current[j], before[j - 2] + 1);
    }
    before.swap(previous);
    previous.swap(current);
  }
  return previous[b.size()];
}

}  // namespace

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t end = text.find(separator); end != std::string_view::npos; end = text.find(separator)) {
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.emplace_back(text);
  return parts;
}

std::vector<std::string> split_lines(std::string_view text) {
  if (text.ends_with('\n'))
    text.remove_suffix(1);
  else if (text.empty())
    return {};
  std::vector<std::string> lines = split(text, '\n');
  for (std::string& line : lines) {
    if (line.ends_with('\r')) line.pop_back();
  }
  return lines;
}

std::string_view trim(std::string_view text) {
  std::size_t start = text.find_first_not_of(blanks);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(blanks) - start + 1);
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += separator;
    out += parts[i];
  }
  return out;
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  if (from.empty()) return text;
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  return text;
}

bool is_valid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = utf8_length(text, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

std::optional<long long> parse_int(std::string_view text) {
  long long value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string strip_control(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    unsigned char byte = byte_at(text, i);
    if (text[i] == escape) {
      i = skip_sequence(text, i);
      continue;
    }
    ++i;
    if ((byte < 0x20 && byte != '\t' && byte != '\n') || byte == 0x7f) continue;
    // 0xC2 with 0x80…0x9F is a C1 control in UTF-8, also when the two only met because something between them went.
    if (byte >= 0x80 && byte <= 0x9f && out.ends_with('\xc2')) {
      out.pop_back();
      continue;
    }
    out += static_cast<char>(byte);
  }
  return out;
}

std::string ellipsize(std::string_view text, std::size_t limit) {
  static constexpr std::string_view mark = "…";
  if (text.size() <= limit) return std::string(text);
  bool marked = limit >= mark.size();
  std::size_t end = marked ? limit - mark.size() : limit;
  while (end > 0 && is_continuation(byte_at(text, end))) --end;
  std::string out(text.substr(0, end));
  if (marked) out += mark;
  return out;
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::size_t limit = word.size() < 4 ? 1 : std::max<std::size_t>(2, word.size() / 3);
  const std::string* best = nullptr;
  for (const std::string& candidate : candidates) {
    std::size_t difference = word.size() > candidate.size() ? word.size() - candidate.size() : candidate.size() - word.size();
    if (difference > limit) continue;
    std::size_t distance = edit_distance(to_lower(word), to_lower(candidate));
    if (distance > limit || (best && distance == limit)) continue;
    best = &candidate;
    limit = distance;
  }
  if (!best) return std::nullopt;
  return *best;
}

std::string url_encode(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (alphanumeric || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  return out;
}

std::optional<std::string> url_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    auto byte = i + 2 < text.size() ? from_hex(text.substr(i + 1, 2)) : std::nullopt;
    if (!byte) return std::nullopt;
    out += *byte;
    i += 2;
  }
  return out;
}

}  // namespace fairlead
