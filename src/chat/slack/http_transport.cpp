// SPDX-License-Identifier: Apache-2.0
#include "chat/slack/form.hpp"
#include "chat/slack/payload.hpp"
#include "chat/slack/replays.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/chat/slack_http.hpp"

namespace fairlead::chat::slack {

struct HttpTransport::State {
  explicit State(HttpParts given) : parts(std::move(given)) {}
  HttpParts parts;
  Replays replays;
};

namespace {

net::Response empty_answer() { return net::Response::text(200, ""); }

net::Response refused(const net::Request& request, const std::string& why) {
  log::warn("slack.refused", {{"why", why}, {"from", request.peer.address}});
  return net::problem(401, "this is no request of Slack's: " + why);
}

/// Slack tests the certificate so, unsigned. Whatever else is in such a request is nobody's word.
bool is_certificate_check(const net::Request& request) {
  return to_lower(request.headers.get("Content-Type")).starts_with("application/x-www-form-urlencoded") &&
         text_at(fields_of(request.body), "ssl_check") == "1";
}

net::Response acknowledgement(Incoming::Kind kind, const Json& answer) {
  if (kind == Incoming::Kind::event) return empty_answer();
  if (!answer.is_null()) return net::Response::json(200, answer);
  return kind == Incoming::Kind::options ? net::Response::json(200, Json{{"options", Json::array()}}) : empty_answer();
}

/// Slack delivers an event again when it is told that it failed; a person is told at once.
net::Response failure(Incoming::Kind kind, const Error& error) {
  log::error("slack.not-handled", {{"why", error.message()}});
  if (kind == Incoming::Kind::event) return net::problem(error.kind() == ErrorKind::unavailable ? 503 : 500, error.message());
  if (kind != Incoming::Kind::command) return acknowledgement(kind, nullptr);
  return net::Response::json(200, Json{{"response_type", "ephemeral"}, {"text", "That did not work: " + error.message()}});
}

/// What is about the connection itself, not for the dispatcher.
std::optional<net::Response> own_business(const Incoming& incoming) {
  if (incoming.kind != Incoming::Kind::event) return std::nullopt;
  const auto type = text_at(incoming.payload, "type");
  if (type == "url_verification") return net::Response::json(200, Json{{"challenge", text_at(incoming.payload, "challenge")}});
  if (type == "app_rate_limited") log::warn("slack.events-limited", {{"team", text_at(incoming.payload, "team_id")}});
  return type == "event_callback" ? std::nullopt : std::optional(empty_answer());
}

}  // namespace

HttpTransport::HttpTransport(HttpParts parts) : state_(std::make_unique<State>(std::move(parts))) {}
HttpTransport::~HttpTransport() = default;

Awaitable<net::Response> HttpTransport::answer(net::Request& request) {
  const auto& parts = state_->parts;
  if (is_certificate_check(request)) co_return empty_answer();
  const auto secrets = co_await parts.signing_secrets();
  const auto time = parts.clock();
  if (auto why = refuse_signature(secrets, request.headers, request.body, time); !why.empty()) co_return refused(request, why);
  if (!state_->replays.insert(std::string(request.headers.get("X-Slack-Signature")), time)) co_return refused(request, "it came before");

  Incoming incoming = read_request(request.headers.get("Content-Type"), request.body);
  if (auto own = own_business(incoming)) co_return std::move(*own);
  const auto kind = incoming.kind;
  incoming.workspace = parts.workspace(incoming.payload);
  if (incoming.workspace.empty()) {
    log::warn("slack.unknown-workspace", {{"team", installed_at(incoming.payload).team}});
    co_return acknowledgement(kind, nullptr);
  }
  try {
    const Json given = co_await parts.receive(std::move(incoming));
    co_return acknowledgement(kind, given);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::canceled) throw;
    co_return failure(kind, error);
  }
}

}  // namespace fairlead::chat::slack
