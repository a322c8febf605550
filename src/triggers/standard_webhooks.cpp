// SPDX-License-Identifier: Apache-2.0
#include "fairlead/triggers/standard_webhooks.hpp"

#include <cstdlib>
#include <optional>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::triggers {
namespace {

constexpr std::string_view prefix = "whsec_";
constexpr long long tolerance_seconds = 300;
constexpr std::size_t smallest_decoded_key = 24;

std::optional<std::string> decoded(const Secret& secret) {
  std::string_view text = secret.reveal();
  if (!text.starts_with(prefix)) return std::nullopt;
  return from_base64(text.substr(prefix.size()));
}

/// Every key the secret may stand for; empty ones never.
std::vector<std::string> keys_of(const Secret& secret) {
  std::vector<std::string> keys;
  if (auto key = decoded(secret)) {
    if (!key->empty()) keys.push_back(std::move(*key));
    return keys;
  }
  if (secret.empty() || secret.reveal().starts_with(prefix)) return keys;
  keys.push_back(secret.reveal());
  if (auto key = from_base64(secret.reveal()); key && key->size() >= smallest_decoded_key) keys.push_back(std::move(*key));
  return keys;
}

std::string signed_text(std::string_view id, std::string_view timestamp, std::string_view body) {
  std::string text;
  text.reserve(id.size() + timestamp.size() + body.size() + 2);
  text.append(id).append(".").append(timestamp).append(".").append(body);
  return text;
}

bool in_time(std::string_view timestamp, Time now) {
  auto sent = parse_int(timestamp);
  if (!sent) return false;
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  return *sent >= seconds - tolerance_seconds && *sent <= seconds + tolerance_seconds;
}

}  // namespace

std::string sign_standard(const Secret& secret, std::string_view id, std::string_view timestamp, std::string_view body) {
  auto keys = keys_of(secret);
  if (keys.empty())
    throw Error(ErrorKind::invalid, "the webhook secret is empty or its base64 is broken", "use whsec_ and base64 of 24 to 64 bytes");
  return "v1," + base64(hmac_sha256(keys.front(), signed_text(id, timestamp, body)));
}

bool verify_standard(const std::vector<Secret>& secrets, std::string_view id, std::string_view timestamp, std::string_view signatures,
                     std::string_view body, Time now) {
  if (id.empty() || signatures.empty() || !in_time(timestamp, now)) return false;
  auto text = signed_text(id, timestamp, body);
  bool good = false;
  for (const auto& secret : secrets)
    for (const auto& key : keys_of(secret)) {
      // The text is compared, not its decoded bytes: base64 has spellings that differ and decode alike.
      auto expected = "v1," + base64(hmac_sha256(key, text));
      for (const auto& signature : split(signatures, ' ')) good |= equal_constant_time(expected, signature);
    }
  return good;
}

}  // namespace fairlead::triggers
