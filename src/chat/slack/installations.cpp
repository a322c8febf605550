// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "chat/slack/installation.hpp"
#include "chat/slack/payload.hpp"
#include "fairlead/base/crypto.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/chat/slack_oauth.hpp"
#include "fairlead/store/secret_box.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::chat::slack {

namespace {

constexpr const char* kind = "chat.workspace";
constexpr const char* scope = "chat";  // of the secret box
constexpr std::string_view cookie = "slack-app-oauth-state";

}  // namespace

struct Installations::State {
  explicit State(InstallationsParts given) : parts(std::move(given)) {}

  InstallationsParts parts;
  std::map<std::string, Tokens> tokens;
  std::optional<Signal> renewed;
  bool renewing = false;

  std::string redirect() const { return parts.public_url + "/slack/oauth/callback"; }
  Awaitable<Json> access(Json arguments);
  Awaitable<void> keep(Installation, Tokens);
  Awaitable<void> renew(std::string workspace);
};

Awaitable<Json> Installations::State::access(Json arguments) {
  const auto secret = co_await parts.client_secret();
  arguments["client_id"] = parts.client_id;
  arguments["client_secret"] = secret.reveal();
  auto reply =
      co_await ask(*parts.http, parts.base_url, Secret(), "oauth.v2.access", std::move(arguments), deadline_in(std::chrono::seconds(20)));
  co_return std::move(reply.body);
}

/// Both tokens in one transaction: a refresh token is good once.
Awaitable<void> Installations::State::keep(Installation made, Tokens fresh) {
  const auto workspace = made.workspace;
  const Secret sealed(fresh.sealed_text());
  co_await parts.store->transact([this, made, sealed](store::Tx& tx) {
    parts.box->set(tx, scope, made.workspace, sealed);
    if (!made.about.is_null()) tx.put(kind, made.workspace, dump(made.about));
  });
  tokens.insert_or_assign(workspace, std::move(fresh));
}

Awaitable<void> Installations::State::renew(std::string workspace) {
  const Json arguments{{"grant_type", "refresh_token"}, {"refresh_token", tokens.at(workspace).refresh.reveal()}};
  const Json answer = co_await access(arguments);
  co_await keep(Installation{workspace, nullptr}, tokens_in(answer, parts.clock()));
  log::info("slack.token-renewed", {{"workspace", workspace}});
}

Installations::Installations(InstallationsParts parts) : state_(std::make_unique<State>(std::move(parts))) {}
Installations::~Installations() = default;

Awaitable<void> Installations::load() {
  auto* state = state_.get();
  auto read = [state](store::View& view) {
    std::map<std::string, Tokens> found;
    for (const auto& doc : view.list(kind)) {
      try {
        if (const auto sealed = state->parts.box->get(view, scope, doc.key)) found.emplace(doc.key, Tokens::from(sealed->reveal()));
      } catch (const Error& error) {
        log::error("slack.token-not-read", {{"workspace", doc.key}, {"why", error.message()}});
      }
    }
    return found;
  };
  state->tokens = co_await state->parts.store->read(std::move(read));
}

bool Installations::known(const std::string& workspace) const {
  return (workspace == pasted && state_->parts.pasted_token) || state_->tokens.contains(workspace);
}

std::string Installations::workspace_of(const Json& payload) const {
  const auto where = installed_at(payload);
  if (!where.team.empty() && state_->tokens.contains(where.team)) return where.team;
  if (!where.enterprise.empty() && state_->tokens.contains(where.enterprise)) return where.enterprise;
  return state_->parts.pasted_token ? pasted : "";
}

std::vector<std::string> Installations::workspaces() const {
  std::vector<std::string> all;
  if (state_->parts.pasted_token) all.emplace_back(pasted);
  for (const auto& [workspace, ignored] : state_->tokens) all.push_back(workspace);
  return all;
}

Awaitable<std::optional<Secret>> Installations::token(std::string workspace) {
  auto& state = *state_;
  if (workspace == pasted && state.parts.pasted_token) co_return co_await state.parts.pasted_token();
  auto found = state.tokens.find(workspace);
  if (found == state.tokens.end()) co_return std::nullopt;
  if (state.parts.clock() < found->second.renew_at) co_return found->second.access;
  if (!state.renewed) state.renewed.emplace(co_await asio::this_coro::executor);
  while (state.renewing) co_await state.renewed->wait();
  found = state.tokens.find(workspace);
  if (found != state.tokens.end() && state.parts.clock() >= found->second.renew_at) {
    state.renewing = true;
    try {
      co_await state.renew(workspace);
    } catch (const Error& error) {
      log::error("slack.token-not-renewed", {{"workspace", workspace}, {"why", error.message()}});
    }
    state.renewing = false;
    state.renewed->notify_all();
    found = state.tokens.find(workspace);
  }
  // The old one is good for half an hour more.
  co_return found == state.tokens.end() ? std::nullopt : std::optional(found->second.access);
}

Awaitable<void> Installations::notice(std::string workspace, const Json& payload) {
  const auto& event = member(payload, "event");
  const auto type = text_at(event, "type");
  const auto& bots = at_path(event, {"tokens", "bot"});
  if (type != "app_uninstalled" && !(type == "tokens_revoked" && bots.is_array() && !bots.empty())) co_return;
  log::warn("slack.uninstalled", {{"workspace", workspace}});
  if (state_->tokens.erase(workspace) == 0) co_return;
  auto* state = state_.get();
  co_await state->parts.store->transact([state, workspace](store::Tx& tx) {
    state->parts.box->remove(tx, scope, workspace);
    tx.erase(kind, workspace);
  });
}

namespace {

std::string cookie_of(const net::Request& request) {
  for (const auto& each : split(request.headers.get("Cookie"), ';')) {
    const auto pair = trim(each);
    if (pair.starts_with(cookie) && pair.size() > cookie.size() && pair[cookie.size()] == '=')
      return std::string(pair.substr(cookie.size() + 1));
  }
  return {};
}

void set_cookie(net::Response& response, const std::string& value, int seconds) {
  response.headers.add("Set-Cookie", std::string(cookie) + "=" + value + "; Path=/slack/oauth; Max-Age=" + std::to_string(seconds) +
                                         "; Secure; HttpOnly; SameSite=Lax");
}

std::string html_escape(std::string text) {
  text = replace_all(std::move(text), "&", "&amp;");
  text = replace_all(std::move(text), "<", "&lt;");
  return replace_all(std::move(text), "\"", "&quot;");
}

net::Response page(int status, const std::string& sentence) {
  auto response = net::Response::text(
      status, "<!doctype html><meta charset=utf-8><title>fairlead</title><p>" + html_escape(strip_control(sentence)) + "</p>\n",
      "text/html; charset=utf-8");
  set_cookie(response, "", 0);
  return response;
}

/// "https://slack.com/oauth/v2/authorize" beside "https://slack.com/api".
std::string authorize_url(const std::string& base_url) { return base_url.substr(0, base_url.rfind('/')) + "/oauth/v2/authorize"; }

}  // namespace

Awaitable<net::Response> Installations::start(net::Request&) {
  const auto& parts = state_->parts;
  if (parts.client_id.empty())
    co_return net::problem(404, "this server is for one workspace", "client-id and client-secret under `slack:`");
  const auto state = hex(random_bytes(24));
  net::Response response;
  response.status = 302;
  response.headers.add("Location", authorize_url(parts.base_url) + "?client_id=" + url_encode(parts.client_id) +
                                       "&scope=" + url_encode(join(wanted_scopes(), ",")) + "&state=" + state +
                                       "&redirect_uri=" + url_encode(state_->redirect()));
  set_cookie(response, state, 600);
  co_return response;
}

Awaitable<net::Response> Installations::callback(net::Request& request) {
  if (state_->parts.client_id.empty()) co_return net::problem(404, "this server is for one workspace");
  const auto given = request.query.text("state");
  const auto expected = cookie_of(request);
  if (expected.size() != 48 || !equal_constant_time(expected, given))
    co_return page(400, "This installation was not begun in this browser, or more than ten minutes ago. Begin at /slack/oauth/start.");
  if (const auto error = request.query.text("error"); !error.empty()) co_return page(400, "Slack says: " + ellipsize(error, 100));
  const auto code = request.query.text("code");
  if (code.empty()) co_return page(400, "Slack sent no code.");
  try {
    const Json answer = co_await state_->access(Json{{"code", code}, {"redirect_uri", state_->redirect()}});
    auto made = installation_in(answer);
    const auto team = text_at(made.about, "team", made.workspace);
    log::info("slack.installed", {{"workspace", made.workspace}, {"by", text_at(made.about, "by")}});
    co_await state_->keep(std::move(made), tokens_in(answer, state_->parts.clock()));
    co_return page(200, "fairlead is installed in " + team + ". Invite it to a channel, and type /deploy help there.");
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::canceled) throw;
    co_return page(502, "Slack did not finish the installation: " + error.message());
  }
}

}  // namespace fairlead::chat::slack
