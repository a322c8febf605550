// SPDX-License-Identifier: Apache-2.0
#include "aws/sigv4.hpp"

#include <algorithm>
#include <ctime>
#include <map>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::aws {
namespace {

std::string date_text(Time at, const char* form) {
  const std::time_t seconds = static_cast<std::time_t>(to_micros(at) / 1'000'000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, form, &parts)};
}

/// "  a   b " -> "a b", as the canonical form wants it.
std::string squeeze(std::string_view value) {
  std::string out;
  for (const char c : trim(value))
    if (c != ' ' || out.empty() || out.back() != ' ') out += c;
  return out;
}

/// Sorted by lower-case name, values of one name joined with commas.
std::map<std::string, std::string> canonical_headers(const HeaderLines& headers) {
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : headers) {
    const auto [place, is_new] = out.try_emplace(to_lower(name), squeeze(value));
    if (!is_new) place->second += "," + squeeze(value);
  }
  return out;
}

/// Segments encoded, the slashes between them kept.
std::string encode_path(std::string_view path) {
  auto segments = split(path, '/');
  for (auto& segment : segments) segment = url_encode(segment);
  return join(segments, "/");
}

/// "." and empty segments go, ".." removes the one before it; a slash at the end stays (RFC 3986 §5.2.4, as AWS does it).
std::string normalized(std::string_view path) {
  std::vector<std::string> kept;
  for (auto& segment : split(path, '/')) {
    if (segment.empty() || segment == ".") continue;
    if (segment != "..")
      kept.push_back(std::move(segment));
    else if (!kept.empty())
      kept.pop_back();
  }
  std::string out = "/" + join(kept, "/");
  if (!kept.empty() && path.ends_with('/')) out += '/';
  return out;
}

std::string decoded(std::string_view text) { return url_decode(text).value_or(std::string(text)); }

std::string signing_key(const Credentials& credentials, const std::string& day, const std::string& region, const std::string& service) {
  auto key = hmac_sha256("AWS4" + credentials.secret_key.reveal(), day);
  key = hmac_sha256(key, region);
  key = hmac_sha256(key, service);
  return hmac_sha256(key, "aws4_request");
}

}  // namespace

std::string sigv4::canonical_path(std::string_view path, bool s3) {
  if (path.empty()) return "/";
  if (!s3) return encode_path(normalized(path));
  auto segments = split(path, '/');
  for (auto& segment : segments) segment = url_encode(decoded(segment));
  return join(segments, "/");
}

std::string sigv4::canonical_query(std::string_view query) {
  if (query.empty()) return {};
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const auto& part : split(query, '&')) {
    const auto equals = part.find('=');
    const auto value = equals == std::string::npos ? std::string() : part.substr(equals + 1);
    parameters.emplace_back(url_encode(decoded(part.substr(0, equals))), url_encode(decoded(value)));
  }
  std::ranges::sort(parameters);
  std::vector<std::string> parts;
  for (const auto& [name, value] : parameters) parts.push_back(name + "=" + value);
  return join(parts, "&");
}

HeaderLines sign(const Signable& request, const Credentials& credentials, const std::string& service, const std::string& region, Time at) {
  const bool s3 = service == "s3";
  const auto body_hash = sha256_hex(request.body);
  const auto instant = date_text(at, "%Y%m%dT%H%M%SZ");
  HeaderLines added{{"x-amz-date", instant}};
  if (!credentials.session_token.empty()) added.emplace_back("x-amz-security-token", credentials.session_token.reveal());
  if (s3) added.emplace_back("x-amz-content-sha256", body_hash);

  HeaderLines all = request.headers;
  all.insert(all.end(), added.begin(), added.end());
  all.emplace_back("host", request.host);
  std::string header_text;
  std::vector<std::string> names;
  for (const auto& [name, value] : canonical_headers(all)) {
    header_text += name + ":" + value + "\n";
    names.push_back(name);
  }
  const auto signed_names = join(names, ";");
  const auto canonical = request.method + "\n" + sigv4::canonical_path(request.path, s3) + "\n" + sigv4::canonical_query(request.query) +
                         "\n" + header_text + "\n" + signed_names + "\n" + body_hash;

  const auto day = date_text(at, "%Y%m%d");
  const auto where = day + "/" + region + "/" + service + "/aws4_request";
  const auto to_sign = "AWS4-HMAC-SHA256\n" + instant + "\n" + where + "\n" + sha256_hex(canonical);
  const auto signature = hmac_sha256_hex(signing_key(credentials, day, region, service), to_sign);
  added.emplace_back("Authorization", "AWS4-HMAC-SHA256 Credential=" + credentials.access_key + "/" + where +
                                          ", SignedHeaders=" + signed_names + ", Signature=" + signature);
  return added;
}

}  // namespace fairlead::aws
