// SPDX-License-Identifier: Apache-2.0
#include "net/head.hpp"

#include <algorithm>
#include <array>

#include "fairlead/base/strings.hpp"

namespace fairlead::net {

namespace {

using Outcome = std::expected<void, Refusal>;

constexpr std::size_t most_fields = 100;
constexpr std::size_t most_length_digits = 18;

std::unexpected<Refusal> refuse(int status, std::string detail) { return std::unexpected(Refusal{status, std::move(detail)}); }

bool is_token(std::string_view text) {
  static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || marks.find(c) != std::string_view::npos;
  });
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

std::string_view without_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

Outcome read_request_line(std::string_view line, Head& head) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return refuse(400, "the request line is not 'METHOD target HTTP/1.1'");
  const auto method = line.substr(0, first);
  const auto target = line.substr(first + 1, last - first - 1);
  const auto version = line.substr(last + 1);
  if (!is_token(method) || target.empty() || target.find(' ') != std::string_view::npos)
    return refuse(400, "the request line is not 'METHOD target HTTP/1.1'");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    if (version.starts_with("HTTP/")) return refuse(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    return refuse(400, "the request line does not end with an HTTP version");
  }
  head.method = method;
  head.target = target;
  head.minor_version = version.back() - '0';
  return {};
}

Outcome read_field(std::string_view line, Head& head) {
  if (line.front() == ' ' || line.front() == '\t') return refuse(400, "a header field is folded over several lines");
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return refuse(400, "a header field name is malformed");
  const auto value = without_blanks(line.substr(colon + 1));
  if (has_control(value)) return refuse(400, "a header field has a control byte");
  if (head.headers.size() == most_fields) return refuse(431, "more than 100 header fields");
  head.headers.add(std::string(line.substr(0, colon)), std::string(value));
  return {};
}

std::size_t count(const Headers& headers, std::string_view name) {
  const auto wanted = to_lower(name);
  return static_cast<std::size_t>(std::ranges::count_if(headers, [&](const auto& field) { return to_lower(field.first) == wanted; }));
}

Outcome decide_framing(Head& head) {
  const auto lengths = count(head.headers, "Content-Length");
  const auto encodings = count(head.headers, "Transfer-Encoding");
  if (lengths > 1) return refuse(400, "Content-Length is given more than once");
  if (encodings > 0) {
    if (lengths > 0) return refuse(400, "both Content-Length and Transfer-Encoding are given");
    if (head.minor_version == 0) return refuse(400, "Transfer-Encoding does not exist in HTTP/1.0");
    if (encodings > 1 || to_lower(head.headers.get("Transfer-Encoding")) != "chunked")
      return refuse(501, "the only transfer coding here is 'chunked', once");
    head.chunked = true;
  }
  if (lengths == 1) {
    const auto text = head.headers.get("Content-Length");
    const bool digits = !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return refuse(400, "Content-Length is not a number");
    if (text.size() > most_length_digits) return refuse(413, "the body is too large");
    head.content_length = static_cast<std::uint64_t>(parse_int(text).value_or(0));
  }
  return {};
}

void decide_persistence(Head& head) {
  head.keep_alive = head.minor_version == 1;
  for (const auto& [name, value] : head.headers) {
    if (to_lower(name) != "connection") continue;
    for (const auto& option : split(to_lower(value), ',')) {
      if (trim(option) == "close") head.keep_alive = false;
      if (trim(option) == "keep-alive" && head.minor_version == 0) head.keep_alive = true;
    }
  }
}

Outcome decide_host(Head& head) {
  const auto hosts = count(head.headers, "Host");
  if (hosts > 1 || (hosts == 0 && head.minor_version == 1)) return refuse(400, "exactly one Host header is needed");
  const auto host = head.headers.get("Host");
  if (host.find_first_of(" \t/@,?#\\") != std::string_view::npos) return refuse(400, "the Host header is malformed");
  const auto lower = to_lower(head.target);
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!lower.starts_with(scheme)) continue;
    const auto authority = std::string_view(head.target).substr(scheme.size());
    const auto end = authority.find_first_of("/?#");
    if (to_lower(authority.substr(0, end)) != to_lower(host))
      return refuse(400, "the request target names another host than the Host header");
    head.target = end == std::string_view::npos ? "/" : std::string(authority.substr(end));
  }
  return {};
}

Outcome decide_expectation(Head& head) {
  const auto expect = head.headers.get("Expect");
  if (expect.empty()) return {};
  if (to_lower(expect) != "100-continue") return refuse(417, "the only expectation known here is 100-continue");
  head.expects_continue = head.minor_version == 1;
  return {};
}

}  // namespace

std::expected<Head, Refusal> parse_head(std::string_view raw) {
  Head head;
  bool first = true;
  while (true) {
    const auto end = raw.find_first_of("\r\n");
    if (end == std::string_view::npos || !raw.substr(end).starts_with("\r\n")) return refuse(400, "a header line does not end with CR LF");
    const auto line = raw.substr(0, end);
    raw.remove_prefix(end + 2);
    if (line.empty()) break;
    const auto outcome = first ? read_request_line(line, head) : read_field(line, head);
    if (!outcome) return std::unexpected(outcome.error());
    first = false;
  }
  if (first) return refuse(400, "the request line is missing");
  for (const auto decide : {decide_framing, decide_host, decide_expectation})
    if (const auto outcome = decide(head); !outcome) return std::unexpected(outcome.error());
  decide_persistence(head);
  return head;
}

}  // namespace fairlead::net
