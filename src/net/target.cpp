// SPDX-License-Identifier: Apache-2.0
#include "fairlead/net/target.hpp"

#include <algorithm>

#include "fairlead/base/strings.hpp"

namespace fairlead::net {

namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::expected<std::string, std::string> decode_segment(std::string_view raw) {
  if (raw.find(';') != std::string_view::npos) return std::unexpected("path parameters (';') are not used here");
  const auto decoded = url_decode(raw);
  if (!decoded) return std::unexpected("the path has a broken percent escape");
  if (decoded->find('/') != std::string::npos || decoded->find('\\') != std::string::npos)
    return std::unexpected("the path has an encoded slash or a backslash");
  if (std::ranges::any_of(*decoded, is_control)) return std::unexpected("the path has a control byte");
  if (!is_valid_utf8(*decoded)) return std::unexpected("the path is not UTF-8");
  if (*decoded == "." || *decoded == "..") return std::unexpected("the path has a dot segment");
  if (decoded->find(';') != std::string::npos) return std::unexpected("path parameters (';') are not used here");
  return *decoded;
}

std::string decode_query_text(std::string_view raw) {
  std::string text = replace_all(std::string(raw), "+", " ");
  return url_decode(text).value_or(text);
}

}  // namespace

Query parse_query(std::string_view raw) {
  Query query;
  while (!raw.empty()) {
    const auto end = raw.find('&');
    const auto pair = raw.substr(0, end);
    if (!pair.empty()) {
      const auto equals = pair.find('=');
      query.add(decode_query_text(pair.substr(0, equals)),
                equals == std::string_view::npos ? std::string() : decode_query_text(pair.substr(equals + 1)));
    }
    raw = end == std::string_view::npos ? std::string_view() : raw.substr(end + 1);
  }
  return query;
}

std::expected<Target, std::string> parse_target(std::string_view raw, bool trailing_slash) {
  if (raw.empty() || raw.front() != '/') return std::unexpected("the request target does not start with '/'");
  if (raw.find('#') != std::string_view::npos) return std::unexpected("the request target has a fragment");
  if (std::ranges::any_of(raw, [](char c) { return c == ' ' || is_control(c); }))
    return std::unexpected("the request target has a space or a control byte");
  const auto question = raw.find('?');
  auto path = raw.substr(0, question);
  if (trailing_slash && path.size() > 1 && path.ends_with('/') && !path.ends_with("//")) path.remove_suffix(1);
  Target target;
  if (question != std::string_view::npos) target.query = parse_query(raw.substr(question + 1));
  target.path = "/";
  if (path == "/") return target;
  for (const auto& part : split(path.substr(1), '/')) {
    if (part.empty()) return std::unexpected("the path has an empty segment or a trailing slash");
    auto segment = decode_segment(part);
    if (!segment) return std::unexpected(std::move(segment.error()));
    if (target.path.size() > 1) target.path += '/';
    target.path += *segment;
    target.segments.push_back(std::move(*segment));
  }
  return target;
}

}  // namespace fairlead::net
