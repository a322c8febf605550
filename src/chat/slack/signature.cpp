// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/chat/slack.hpp"

namespace fairlead::chat::slack {

namespace {

constexpr long long window = 300;  // seconds, to both sides

/// Digits only: no sign, no spaces, no 100-digit number.
std::optional<long long> timestamp_of(std::string_view text) {
  if (text.empty() || text.size() > 12 || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  return parse_int(text);
}

}  // namespace

std::string refuse_signature(const std::vector<Secret>& secrets, const net::Headers& headers, std::string_view raw_body, Time now) {
  const std::string stamp(headers.get("X-Slack-Request-Timestamp"));
  const auto signature = headers.get("X-Slack-Signature");
  if (stamp.empty() || signature.empty()) return "it is not signed";
  const auto sent = timestamp_of(stamp);
  if (!sent) return "its timestamp is no number of seconds";
  const auto age = to_micros(now) / 1000000 - *sent;
  if (std::llabs(age) > window) return "it was signed " + std::to_string(std::llabs(age)) + (age > 0 ? " s ago" : " s in the future");
  const std::string signed_text = "v0:" + stamp + ":" + std::string(raw_body);
  for (const auto& secret : secrets) {
    // HMAC with an empty key is something that everybody can compute.
    if (!secret.empty() && equal_constant_time("v0=" + hmac_sha256_hex(secret.reveal(), signed_text), signature)) return {};
  }
  return "its signature fits no signing secret";
}

}  // namespace fairlead::chat::slack
