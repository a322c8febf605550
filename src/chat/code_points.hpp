// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

/// Slack's limits count characters, so texts are walked by code points.
namespace fairlead::chat {

inline constexpr char32_t bad_code_point = 0xFFFFFFFF;

struct CodePoint {
  char32_t code = 0;       ///< `bad_code_point`: the byte belongs to no well-formed sequence
  std::size_t length = 1;  ///< in bytes
};
CodePoint code_point(std::string_view text, std::size_t at);

std::size_t count_characters(std::string_view);

/// Bytes of what must not be cut at `at`: an entity ("&amp;"), markup ("<@U1>", "<https://…|text>"), or one code point.
std::size_t unit_length(std::string_view text, std::size_t at);

std::string_view trim_right(std::string_view);

}  // namespace fairlead::chat
