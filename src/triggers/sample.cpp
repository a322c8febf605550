// SPDX-License-Identifier: Apache-2.0
#include "fairlead/triggers/sample.hpp"

#include <array>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/triggers/provider.hpp"
#include "fairlead/triggers/standard_webhooks.hpp"

namespace fairlead::triggers {
namespace {

/// Takes lines off the front of a text and counts them.
class Lines {
 public:
  Lines(std::string_view text, std::string_view name) : rest_(text), name_(name) {}

  std::optional<std::string_view> next() {
    if (rest_.empty()) return std::nullopt;
    ++number_;
    auto end = rest_.find('\n');
    auto line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  std::string_view rest() const { return rest_; }

  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorKind::invalid, std::string(name_) + ":" + std::to_string(number_) + ": " + what,
                "a stored delivery is a request line (POST /hooks/github HTTP/1.1), headers, an empty line, and the body");
  }

 private:
  std::string_view rest_;
  std::string_view name_;
  int number_ = 0;
};

void read_path(Sample& sample, const Lines& lines, std::string_view line) {
  auto words = split(line, ' ');
  if (words.size() != 3 || words[0] != "POST" || !words[2].starts_with("HTTP/1.")) lines.refuse("expected POST /hooks/<host> HTTP/1.1");
  sample.path = words[1];
  constexpr std::string_view root = "/hooks/";
  if (!sample.path.starts_with(root)) lines.refuse("the path does not begin with /hooks/");
  auto tail = std::string_view(sample.path).substr(root.size());
  auto slash = tail.find('/');
  auto provider = provider_from(tail.substr(0, slash));
  if (!provider) lines.refuse("unknown host " + ellipsize(tail, 40));
  sample.provider = *provider;
  if (slash != std::string_view::npos) sample.app = tail.substr(slash + 1);
  if ((sample.provider == Provider::http) == sample.app.empty()) lines.refuse("the path must be /hooks/http/<app> or /hooks/<host>");
}

std::string_view without_last_line_end(std::string_view body) {
  if (body.ends_with('\n')) body.remove_suffix(1);
  if (body.ends_with('\r')) body.remove_suffix(1);
  return body;
}

std::string_view id_header(const Sample& sample) {
  switch (sample.provider) {
    case Provider::github: return "X-GitHub-Delivery";
    case Provider::gitlab: return "Idempotency-Key";
    case Provider::bitbucket: return sample.headers.get("X-Event-Key") == "repo:refs_changed" ? "X-Request-Id" : "X-Request-UUID";
    case Provider::gitea: return "X-Gitea-Delivery";
    case Provider::http:
    case Provider::codecommit: return "webhook-id";
  }
  return "webhook-id";
}

/// The same body is accepted once under any id where the id is not signed (reliability E2), so a fresh one says that it is one.
void mark_replayed(Sample& sample, std::string_view id) {
  if (!body_is_identity(sample.provider) || !sample.body.starts_with('{')) return;
  auto json = parse_json(sample.body);
  json["replayed"] = id;
  sample.body = dump(json);
}

void sign_http(Sample& sample, const Secret& secret, Time now) {
  auto timestamp = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
  if (sample.headers.get("webhook-id").empty()) sample.headers.set("webhook-id", "msg_" + hex(random_bytes(12)));
  auto signature = sign_standard(secret, sample.headers.get("webhook-id"), timestamp, sample.body);
  sample.headers.set("webhook-timestamp", timestamp);
  sample.headers.set("webhook-signature", signature);
}

}  // namespace

Sample parse_sample(std::string_view text, std::string_view name) {
  Sample sample;
  Lines lines(text, name);
  auto first = lines.next();
  if (!first) lines.refuse("the file is empty");
  read_path(sample, lines, *first);
  while (true) {
    auto line = lines.next();
    if (!line) lines.refuse("no empty line after the headers");
    if (line->empty()) break;
    auto colon = line->find(':');
    if (colon == std::string_view::npos || colon == 0) lines.refuse("expected Name: value");
    sample.headers.add(std::string(line->substr(0, colon)), std::string(trim(line->substr(colon + 1))));
  }
  sample.body = without_last_line_end(lines.rest());
  return sample;
}

void sign_sample(Sample& sample, const Secret& secret, Time now, std::string_view fresh_id) {
  if (secret.empty())
    throw Error(ErrorKind::invalid, "the secret of " + sample.path + " is empty", "set it under webhooks: in fairlead.yml");
  if (!fresh_id.empty()) {
    sample.headers.set(id_header(sample), std::string(fresh_id));
    mark_replayed(sample, fresh_id);
  }
  auto mac = [&] { return hmac_sha256_hex(secret.reveal(), sample.body); };
  switch (sample.provider) {
    case Provider::github: return sample.headers.set("X-Hub-Signature-256", "sha256=" + mac());
    case Provider::bitbucket: return sample.headers.set("X-Hub-Signature", "sha256=" + mac());
    case Provider::gitea: return sample.headers.set("X-Gitea-Signature", mac());
    case Provider::gitlab: return sample.headers.set("X-Gitlab-Token", secret.reveal());
    case Provider::http: return sign_http(sample, secret, now);
    case Provider::codecommit: throw Error(ErrorKind::invalid, "SNS signs CodeCommit deliveries with its own key: they cannot be replayed");
  }
}

}  // namespace fairlead::triggers
