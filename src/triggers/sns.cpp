// SPDX-License-Identifier: Apache-2.0
#include "fairlead/triggers/sns.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::triggers {
namespace {

template <auto Free>
struct Freer {
  void operator()(auto* object) const { Free(object); }
};
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;

/// SNS allows 256 KiB, which may double inside JSON.
constexpr std::size_t largest_message = 1u << 20;
constexpr auto oldest = std::chrono::hours{1};
constexpr auto clock_difference = std::chrono::minutes{5};

bool is_confirmation(const SnsMessage& sns) { return sns.type == "SubscriptionConfirmation" || sns.type == "UnsubscribeConfirmation"; }

/// sns.<region>.amazonaws.com or .amazonaws.com.cn: no user, no port, nothing before or after.
bool is_sns_host(std::string_view host) {
  constexpr std::string_view prefix = "sns.";
  if (!host.starts_with(prefix)) return false;
  host.remove_prefix(prefix.size());
  for (std::string_view suffix : {".amazonaws.com", ".amazonaws.com.cn"}) {
    if (!host.ends_with(suffix)) continue;
    auto region = host.substr(0, host.size() - suffix.size());
    auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    if (region.size() >= 3 && std::ranges::all_of(region, plain)) return true;
  }
  return false;
}

bool is_sns_url(std::string_view url) {
  constexpr std::string_view scheme = "https://";
  if (!url.starts_with(scheme)) return false;
  url.remove_prefix(scheme.size());
  auto end = url.find_first_of("/?#");
  return end != std::string_view::npos && url[end] == '/' && is_sns_host(url.substr(0, end));
}

bool is_certificate_url(std::string_view url) {
  return is_sns_url(url) && url.ends_with(".pem") && url.find_first_of("?#") == std::string_view::npos;
}

std::string text_to_sign(const SnsMessage& sns) {
  std::string text;
  auto add = [&](std::string_view key, const std::string& value) { text.append(key).append("\n").append(value).append("\n"); };
  add("Message", sns.message);
  add("MessageId", sns.message_id);
  if (is_confirmation(sns)) {
    add("SubscribeURL", sns.subscribe_url);
    add("Timestamp", sns.timestamp);
    add("Token", sns.token);
  } else {
    if (sns.subject) add("Subject", *sns.subject);
    add("Timestamp", sns.timestamp);
  }
  add("TopicArn", sns.topic_arn);
  add("Type", sns.type);
  return text;
}

}  // namespace

std::optional<SnsMessage> parse_sns(std::string_view body) {
  if (body.size() > largest_message) return std::nullopt;
  Json json;
  try {
    json = parse_json(body);
  } catch (const Error&) {
    return std::nullopt;
  }
  SnsMessage sns;
  sns.type = text_at(json, "Type");
  sns.message_id = text_at(json, "MessageId");
  sns.topic_arn = text_at(json, "TopicArn");
  if (const auto& subject = member(json, "Subject"); subject.is_string()) sns.subject = subject.get<std::string>();
  sns.message = text_at(json, "Message");
  sns.timestamp = text_at(json, "Timestamp");
  sns.signature_version = text_at(json, "SignatureVersion");
  sns.signature = text_at(json, "Signature");
  sns.certificate_url = text_at(json, "SigningCertURL");
  sns.token = text_at(json, "Token");
  sns.subscribe_url = text_at(json, "SubscribeURL");
  return sns;
}

bool is_sns_plausible(const SnsMessage& sns, const std::vector<std::string>& topics, Time now) {
  auto sent = parse_time(sns.timestamp);
  if (!sent || *sent < now - oldest || *sent > now + clock_difference) return false;
  if (sns.topic_arn.empty() || std::ranges::find(topics, sns.topic_arn) == topics.end()) return false;
  if (sns.message_id.empty() || (sns.type != "Notification" && !is_confirmation(sns))) return false;
  return is_certificate_url(sns.certificate_url) && (!is_confirmation(sns) || is_sns_url(sns.subscribe_url));
}

bool verify_sns(const SnsMessage& sns, std::string_view certificate) {
  const EVP_MD* digest = sns.signature_version == "2" ? EVP_sha256() : sns.signature_version == "1" ? EVP_sha1() : nullptr;
  auto signature = from_base64(sns.signature);
  if (digest == nullptr || !signature || certificate.size() > 1u << 16) return false;
  Bio bio(BIO_new_mem_buf(certificate.data(), static_cast<int>(certificate.size())));
  Certificate x509(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (!x509) return false;
  EVP_PKEY* key = X509_get0_pubkey(x509.get());
  DigestContext context(EVP_MD_CTX_new());
  if (key == nullptr || EVP_PKEY_base_id(key) != EVP_PKEY_RSA || EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) != 1)
    return false;
  auto text = text_to_sign(sns);
  auto bytes = [](const std::string& value) { return reinterpret_cast<const unsigned char*>(value.data()); };
  return EVP_DigestVerify(context.get(), bytes(*signature), signature->size(), bytes(text), text.size()) == 1;
}

}  // namespace fairlead::triggers
