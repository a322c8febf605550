// SPDX-License-Identifier: Apache-2.0
#include "chat/code_points.hpp"

#include "fairlead/base/strings.hpp"

namespace fairlead::chat {

namespace {

bool is_markup(std::string_view inside) {
  return inside.starts_with('@') || inside.starts_with('!') || inside.starts_with('#') || inside.starts_with("http");
}

}  // namespace

CodePoint code_point(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return {.code = lead, .length = 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  const auto bytes = text.substr(at, length);
  if (lead < 0xC2 || bytes.size() < length || !is_valid_utf8(bytes)) return {.code = bad_code_point, .length = 1};
  char32_t code = lead & (0xFFU >> (length + 1));
  for (const char byte : bytes.substr(1)) code = (code << 6U) | (static_cast<unsigned char>(byte) & 0x3FU);
  return {.code = code, .length = length};
}

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++count) i += code_point(text, i).length;
  return count;
}

std::size_t unit_length(std::string_view text, std::size_t at) {
  if (text[at] == '&') {
    for (const std::string_view entity : {"&amp;", "&lt;", "&gt;"}) {
      if (text.substr(at).starts_with(entity)) return entity.size();
    }
  }
  if (text[at] == '<' && is_markup(text.substr(at + 1))) {
    const auto end = text.find_first_of("<>\n", at + 1);
    if (end != std::string_view::npos && text[end] == '>') return end + 1 - at;
  }
  return code_point(text, at).length;
}

std::string_view trim_right(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.remove_suffix(1);
  return text;
}

}  // namespace fairlead::chat
