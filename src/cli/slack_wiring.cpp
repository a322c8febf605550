// SPDX-License-Identifier: Apache-2.0
#include "cli/slack_wiring.hpp"

#include "cli/secrets.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/chat/slack_http.hpp"
#include "fairlead/chat/slack_oauth.hpp"
#include "fairlead/chat/slack_socket.hpp"
#include "fairlead/net/client.hpp"

namespace fairlead::cli {

namespace {

using pipeline::SecretRef;

void refuse_empty(const std::vector<SecretRef>& signing_secrets) {
  for (const auto& secret : signing_secrets) {
    const bool empty = (secret.kind == SecretRef::Kind::literal && secret.literal.empty()) ||
                       (secret.kind == SecretRef::Kind::env && env_value(secret.name).value_or("").empty());
    if (empty)
      throw Error(ErrorKind::invalid, "slack.signing-secret is empty" + (secret.name.empty() ? "" : " (${{ env." + secret.name + " }})"),
                  "anybody could sign requests with an empty secret; copy it from the app's page \"Basic Information\"");
  }
}

}  // namespace

struct SlackRooms::State {
  explicit State(SlackWiring given)
      : wiring(std::move(given)),
        slack(*wiring.config->slack),
        installations(installation_parts()),
        api(chat::slack::connect(*wiring.http, slack.api_url,
                                 [this](std::string workspace) { return installations.token(std::move(workspace)); })) {}

  chat::slack::InstallationsParts installation_parts();
  void make_transport();
  Awaitable<Json> take(chat::Incoming);
  Awaitable<std::vector<Secret>> signing_secrets();
  Awaitable<net::Response> answer(std::string part, net::Request&);

  SlackWiring wiring;
  const pipeline::SlackConfig& slack;
  chat::slack::Installations installations;
  std::unique_ptr<chat::WebApi> api;
  std::unique_ptr<chat::slack::HttpTransport> http;
  std::unique_ptr<chat::slack::SocketTransport> socket;
};

chat::slack::InstallationsParts SlackRooms::State::installation_parts() {
  chat::slack::InstallationsParts parts;
  parts.store = wiring.store;
  parts.box = &wiring.secrets->box();
  parts.http = wiring.http;
  parts.base_url = slack.api_url;
  parts.public_url = wiring.public_url;
  parts.client_id = slack.client_id;
  parts.client_secret = [this] { return wiring.secrets->value(slack.client_secret); };
  if (slack.bot_token) parts.pasted_token = [this] { return wiring.secrets->value(slack.bot_token); };
  return parts;
}

void SlackRooms::State::make_transport() {
  auto receive = [this](chat::Incoming incoming) { return take(std::move(incoming)); };
  auto workspace = [this](const Json& payload) { return installations.workspace_of(payload); };
  if (slack.transport == pipeline::SlackConfig::Transport::http) {
    chat::slack::HttpParts parts;
    parts.signing_secrets = [this] { return signing_secrets(); };
    parts.receive = std::move(receive);
    parts.workspace = std::move(workspace);
    http = std::make_unique<chat::slack::HttpTransport>(std::move(parts));
    return;
  }
  chat::slack::SocketParts parts;
  parts.executor = wiring.executor;
  parts.http = wiring.http;
  parts.base_url = slack.api_url;
  parts.app_token = [this] { return wiring.secrets->value(slack.app_token); };
  parts.receive = std::move(receive);
  parts.workspace = std::move(workspace);
  socket = std::make_unique<chat::slack::SocketTransport>(std::move(parts));
}

Awaitable<Json> SlackRooms::State::take(chat::Incoming incoming) {
  if (incoming.kind == chat::Incoming::Kind::event) co_await installations.notice(incoming.workspace, incoming.payload);
  co_return co_await wiring.receive(std::move(incoming));
}

/// Those that are set: one that is not yet does not spoil the other.
Awaitable<std::vector<Secret>> SlackRooms::State::signing_secrets() {
  std::vector<Secret> values;
  for (const auto& ref : slack.signing_secrets) {
    try {
      values.push_back(co_await wiring.secrets->value(ref));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::canceled) throw;
      log::warn("slack.signing-secret", {{"why", error.message()}});
    }
  }
  co_return values;
}

Awaitable<net::Response> SlackRooms::State::answer(std::string part, net::Request& request) {
  if (part == "oauth/start") co_return co_await installations.start(request);
  if (part == "oauth/callback") co_return co_await installations.callback(request);
  co_return co_await http->answer(request);
}

SlackRooms::SlackRooms(SlackWiring wiring) {
  refuse_empty(wiring.config->slack->signing_secrets);
  state_ = std::make_unique<State>(std::move(wiring));
  state_->make_transport();
}
SlackRooms::~SlackRooms() = default;

chat::WebApi* SlackRooms::api(const std::string& workspace) { return state_->installations.known(workspace) ? state_->api.get() : nullptr; }

std::vector<std::string> SlackRooms::workspaces() const { return state_->installations.workspaces(); }

std::function<Awaitable<net::Response>(std::string, net::Request&)> SlackRooms::door() {
  if (!state_->http) return {};
  return [state = state_.get()](std::string part, net::Request& request) { return state->answer(std::move(part), request); };
}

void SlackRooms::start() {
  spawn(state_->wiring.executor, "slack installations", state_->installations.load());
  if (state_->socket) spawn(state_->wiring.executor, "slack socket", state_->socket->run());
}

std::vector<std::string> SlackRooms::problems() const {
  std::vector<std::string> all;
  if (state_->socket)
    for (const auto& [code, text] : state_->socket->alarms()) all.push_back(text);
  return all;
}

}  // namespace fairlead::cli
