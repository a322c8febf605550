// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/crypto.hpp"
#include "fairlead/triggers/provider.hpp"
#include "fairlead/triggers/standard_webhooks.hpp"

namespace fairlead::triggers {
namespace {

/// Compared as text, so that no other spelling of the same bytes (upper-case hex) passes.
bool hmac_matches(std::string_view sent, std::string_view prefix, std::string_view body, const std::vector<Secret>& secrets) {
  if (sent.empty()) return false;
  bool good = false;
  for (const auto& secret : secrets) {
    if (secret.empty()) continue;
    good |= equal_constant_time(std::string(prefix) + hmac_sha256_hex(secret.reveal(), body), sent);
  }
  return good;
}

/// Compared by digest: the length of the configured token stays ours.
bool token_matches(std::string_view sent, const std::vector<Secret>& secrets) {
  if (sent.empty()) return false;
  auto sent_digest = sha256_hex(sent);
  bool good = false;
  for (const auto& secret : secrets) {
    if (secret.empty()) continue;
    good |= equal_constant_time(sha256_hex(secret.reveal()), sent_digest);
  }
  return good;
}

bool standard_matches(const Headers& headers, std::string_view body, const std::vector<Secret>& secrets, Time now) {
  return verify_standard(secrets, headers.get("webhook-id"), headers.get("webhook-timestamp"), headers.get("webhook-signature"), body, now);
}

bool gitea_matches(const Headers& headers, std::string_view body, const std::vector<Secret>& secrets) {
  for (auto name : {"X-Gitea-Signature", "X-Forgejo-Signature"})
    if (headers.has(name)) return hmac_matches(headers.get(name), "", body, secrets);
  return hmac_matches(headers.get("X-Hub-Signature-256"), "sha256=", body, secrets);
}

}  // namespace

bool verify(Provider provider, const Headers& headers, std::string_view body, const std::vector<Secret>& secrets, Time now) {
  switch (provider) {
    case Provider::github: return hmac_matches(headers.get("X-Hub-Signature-256"), "sha256=", body, secrets);
    case Provider::bitbucket: return hmac_matches(headers.get("X-Hub-Signature"), "sha256=", body, secrets);
    case Provider::gitea: return gitea_matches(headers, body, secrets);
    case Provider::gitlab:
      if (headers.has("webhook-signature")) return standard_matches(headers, body, secrets, now);
      return token_matches(headers.get("X-Gitlab-Token"), secrets);
    case Provider::http: return standard_matches(headers, body, secrets, now);
    case Provider::codecommit: return false;
  }
  return false;
}

}  // namespace fairlead::triggers
