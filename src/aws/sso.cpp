// SPDX-License-Identifier: Apache-2.0
#include <openssl/evp.h>

#include "aws/sources.hpp"
#include "fairlead/base/crypto.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::aws::sources {
namespace {

Error log_in_again(const Profile& profile, const std::string& why) {
  return Error(ErrorKind::unauthorized, "profile " + profile.name + " uses AWS SSO, and " + why,
               "run: aws sso login --profile " + profile.name);
}

/// "2026-11-20T03:04:05Z"; the CLI once wrote "…UTC".
std::optional<Time> expiry_of(const Json& cached) { return parse_time(replace_all(text_at(cached, "expiresAt"), "UTC", "Z")); }

/// A key of the profile, or of its sso-session.
std::string setting(const Profile& profile, const IniSection& session, const std::string& key) {
  if (const auto own = profile.get(key); !own.empty()) return own;
  const auto at = session.find(key);
  return at == session.end() ? std::string() : at->second;
}

std::string cached_token(const Env& env, const Profile& profile, const std::string& key, Time now) {
  const auto path = env_text(env, "HOME") + "/.aws/sso/cache/" + sso_cache_file(key);
  const auto text = read_file_if_exists(path, 1u << 20);
  if (!text) throw log_in_again(profile, "nobody is logged in");
  const auto cached = parse_json(*text);
  const auto expires = expiry_of(cached);
  if (expires && *expires <= now) throw log_in_again(profile, "the login expired at " + format_time(*expires));
  const auto token = text_at(cached, "accessToken");
  if (token.empty()) throw log_in_again(profile, "its cached login has no token");
  return token;
}

}  // namespace

std::string sso_cache_file(const std::string& key) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(key.data(), key.size(), digest, &size, EVP_sha1(), nullptr) != 1) throw Error(ErrorKind::internal, "OpenSSL has no SHA-1");
  return hex(std::string_view(reinterpret_cast<const char*>(digest), size)) + ".json";
}

Awaitable<Credentials> from_sso(Http http, Env env, Profile profile, IniSection session, Time now) {
  const auto region = setting(profile, session, "sso_region");
  const auto start_url = setting(profile, session, "sso_start_url");
  if (region.empty() || start_url.empty())
    throw Error(ErrorKind::invalid, "profile " + profile.name + " names AWS SSO without sso_region and sso_start_url");
  const auto token = cached_token(env, profile, profile.has("sso_session") ? profile.get("sso_session") : start_url, now);
  auto base = env_text(env, "AWS_ENDPOINT_URL_SSO");
  if (base.empty()) base = "https://portal.sso." + region + ".amazonaws.com";
  net::HttpRequest request{.url = base + "/federation/credentials?role_name=" + url_encode(profile.get("sso_role_name")) +
                                  "&account_id=" + url_encode(profile.get("sso_account_id")),
                           .headers = {{"x-amz-sso_bearer_token", token}}};
  const auto reply = co_await http(std::move(request), deadline_in(std::chrono::seconds(10)));
  if (reply.status == 401) throw log_in_again(profile, "AWS no longer takes the login");
  if (!reply.ok())
    throw Error(ErrorKind::unauthorized, "AWS SSO gives profile " + profile.name + " no credentials: HTTP " + std::to_string(reply.status),
                "check sso_account_id and sso_role_name");
  const auto body = parse_json(reply.body);
  const auto& role = member(body, "roleCredentials");
  Credentials out{.access_key = text_at(role, "accessKeyId"), .secret_key = Secret(text_at(role, "secretAccessKey"))};
  out.session_token = Secret(text_at(role, "sessionToken"));
  out.expires = from_micros(number_at(role, "expiration") * 1000);
  out.source = "profile " + profile.name + " (SSO)";
  co_return out;
}

}  // namespace fairlead::aws::sources
