// SPDX-License-Identifier: Apache-2.0
#include "fairlead/triggers/provider.hpp"

#include <algorithm>
#include <array>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/ids.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/git/refs.hpp"
#include "fairlead/triggers/sns.hpp"
#include "triggers/payload.hpp"

namespace fairlead::triggers {
namespace {

std::string_view id_header(Provider provider, const Headers& headers) {
  switch (provider) {
    case Provider::github: return headers.get("X-GitHub-Delivery");
    case Provider::gitea: return headers.has("X-Gitea-Delivery") ? headers.get("X-Gitea-Delivery") : headers.get("X-Forgejo-Delivery");
    case Provider::gitlab: return headers.has("webhook-id") ? headers.get("webhook-id") : headers.get("Idempotency-Key");
    case Provider::bitbucket: return headers.has("X-Request-UUID") ? headers.get("X-Request-UUID") : headers.get("X-Request-Id");
    case Provider::http: return headers.get("webhook-id");
    case Provider::codecommit: return {};
  }
  return {};
}

/// GitHub can send forms: the JSON is the field `payload`.
std::string form_payload(std::string_view body) {
  for (const auto& field : split(body, '&')) {
    if (!field.starts_with("payload=")) continue;
    auto decoded = url_decode(replace_all(field.substr(8), "+", " "));
    if (!decoded) throw Error(ErrorKind::invalid, "the form field payload has a broken % escape");
    return *decoded;
  }
  throw Error(ErrorKind::invalid, "the form has no field payload", "choose the content type application/json at the host");
}

bool is_form(const Headers& headers) { return to_lower(headers.get("Content-Type")).starts_with("application/x-www-form-urlencoded"); }

Json read_json(Provider provider, const Headers& headers, std::string_view body) {
  if (provider == Provider::http && trim(body).empty()) return Json::object();
  auto json = provider == Provider::github && is_form(headers) ? parse_json(form_payload(body)) : parse_json(body);
  if (!json.is_object()) throw Error(ErrorKind::invalid, "the body is JSON but not an object");
  return json;
}

Parsed read(Provider provider, const Headers& headers, std::string_view body, std::string_view app) {
  if (provider == Provider::codecommit) return parse_codecommit(body);
  auto json = read_json(provider, headers, body);
  switch (provider) {
    case Provider::github:
      if (headers.has("X-Gitea-Event")) return ignored("", "this is a Gitea delivery: send it to /hooks/gitea");
      return parse_github(headers.get("X-GitHub-Event"), json, provider);
    case Provider::gitea: {
      auto event = headers.has("X-Gitea-Event") ? headers.get("X-Gitea-Event") : headers.get("X-Forgejo-Event");
      return parse_github(event, json, provider);
    }
    case Provider::gitlab: return parse_gitlab(headers.get("X-Gitlab-Event"), json);
    case Provider::bitbucket: {
      auto event = headers.get("X-Event-Key");
      bool server = event == "repo:refs_changed" || event.starts_with("pr:") || event.starts_with("diagnostics:");
      return server ? parse_bitbucket_server(event, json) : parse_bitbucket(event, json);
    }
    case Provider::http: return parse_http(app, json);
    case Provider::codecommit: break;
  }
  throw Error(ErrorKind::invalid, "no reader for " + std::string(to_string(provider)));
}

bool is_plain_ref(std::string_view ref) {
  auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return ref.size() <= 1024 && std::ranges::none_of(ref, control) && is_valid_utf8(ref);
}

void require_sound(const Delivery& delivery, std::string_view event) {
  auto bad = [&](const std::string& what) { return Error(ErrorKind::invalid, "the " + std::string(event) + " payload " + what); };
  if (!is_plain_ref(delivery.ref)) throw bad("names a ref with control characters or of more than 1024 bytes");
  if (delivery.kind == Kind::http) return;
  if (!git::is_ref(delivery.ref)) throw bad("has no full ref: " + ellipsize(delivery.ref, 80));
  for (const auto& sha : {delivery.before, delivery.after})
    if (!sha.empty() && !is_sha(sha)) throw bad("has a commit id that is not one: " + ellipsize(sha, 80));
  if (delivery.kind != Kind::pull_request && !delivery.deleted && delivery.after.empty()) throw bad("has no commit id");
}

/// Why a sound delivery starts nothing; empty when it may start runs.
std::string refusal(const Delivery& delivery) {
  if (delivery.deleted) return std::string(delivery.kind == Kind::tag ? "tag" : "branch") + " deleted: " + delivery.ref;
  if (delivery.kind != Kind::push || !delivery.head) return {};
  if (auto marker = skip_marker(delivery.head->message)) return *marker + " in the message of the head commit";
  return {};
}

}  // namespace

std::string delivery_id(Provider provider, const Headers& headers, std::string_view body) {
  auto sns_id = provider == Provider::codecommit ? parse_sns(body).value_or(SnsMessage{}).message_id : std::string();
  auto id = trim(sns_id.empty() ? id_header(provider, headers) : std::string_view(sns_id));
  if (!id.empty() && id.size() <= 200) return std::string(id);
  return "body:" + sha256_hex(body);
}

bool body_is_identity(Provider provider) {
  return provider == Provider::github || provider == Provider::gitea || provider == Provider::bitbucket;
}

Parsed parse(Provider provider, const Headers& headers, std::string_view body, std::string_view app) {
  auto parsed = read(provider, headers, body, app);
  for (auto& delivery : parsed.deliveries) {
    require_sound(delivery, parsed.event);
    delivery.ignored = refusal(delivery);
  }
  return parsed;
}

Headers without_secrets(const Headers& headers) {
  static constexpr std::array<std::string_view, 6> words{"signature", "token", "authorization", "cookie", "secret", "api-key"};
  Headers kept;
  for (const auto& [name, value] : headers.fields()) {
    auto lower = to_lower(name);
    if (std::ranges::none_of(words, [&](auto word) { return lower.find(word) != std::string::npos; })) kept.add(name, value);
  }
  return kept;
}

}  // namespace fairlead::triggers
