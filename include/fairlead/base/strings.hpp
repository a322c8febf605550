// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead {

std::vector<std::string> split(std::string_view text, char separator);
std::vector<std::string> split_lines(std::string_view text);
std::string_view trim(std::string_view);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string to_lower(std::string_view);
std::string replace_all(std::string text, std::string_view from, std::string_view to);
bool is_valid_utf8(std::string_view);
/// Whole text as a decimal integer; nullopt otherwise.
std::optional<long long> parse_int(std::string_view);

/// Text from outside made safe for a terminal or a log line: control bytes and ESC sequences removed, tab and newline kept.
std::string strip_control(std::string_view);
/// At most `limit` bytes, cut at a UTF-8 boundary, with "…" when cut.
std::string ellipsize(std::string_view text, std::size_t limit);

/// The candidate with the smallest edit distance, when it is near enough to be meant (≤ 1/3 of the length, at least 1… 2).
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

/// Percent-encoding (RFC 3986 unreserved kept) and decoding; '+' stays '+'. nullopt for a broken escape.
std::string url_encode(std::string_view);
std::optional<std::string> url_decode(std::string_view);

}  // namespace fairlead
