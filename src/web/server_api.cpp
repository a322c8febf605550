// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/engine/engine.hpp"
#include "web/answers.hpp"
#include "web/fields.hpp"
#include "web/handlers.hpp"

namespace fairlead::web {

namespace {

Awaitable<net::Response> deliver(Call& call, std::string provider, std::string app) {
  if (!call.services.parts.hook) throw Error(ErrorKind::unavailable, "this server takes no deliveries");
  return call.services.parts.hook(std::move(provider), std::move(app), call.request);
}

}  // namespace

Awaitable<net::Response> healthz(Call&) { co_return net::Response::text(200, "ok\n"); }

Awaitable<net::Response> readyz(Call& call) {
  const auto health = call.services.store().health();
  std::string reason = health.accepting ? std::string() : health.reason;
  if (reason.empty() && call.services.parts.not_ready) reason = call.services.parts.not_ready();
  if (reason.empty()) co_return net::Response::text(200, "ready\n");
  auto response = net::Response::text(503, reason + "\n");
  response.headers.set("Retry-After", "5");
  co_return response;
}

Awaitable<net::Response> whoami(Call& call) {
  const auto& who = call.who;
  co_return net::Response::json(200, Json{{"id", who.person.id},
                                          {"aliases", who.person.aliases},
                                          {"groups", who.person.groups},
                                          {"role", to_string(who.access)},
                                          {"apps", who.apps},
                                          {"environments", who.environments}});
}

Awaitable<net::Response> server_info(Call& call) {
  const auto stats = call.services.engine().stats();
  const auto health = call.services.store().health();
  co_return net::Response::json(200,
                                Json{{"version", FAIRLEAD_VERSION},
                                     {"url", call.services.parts.public_url},
                                     {"accepting", health.accepting},
                                     {"reason", health.reason},
                                     {"free_bytes", health.free_bytes},
                                     {"events", health.head},
                                     {"jobs", {{"running", stats.running_jobs}, {"waiting", stats.waiting_jobs}, {"slots", stats.slots}}},
                                     {"runs", {{"active", stats.active_runs}, {"parked", stats.parked}}},
                                     {"gates", {{"waiting", stats.waiting_gates}}}});
}

Awaitable<net::Response> check_store(Call& call) {
  call.require_whole_server();
  const auto problems = co_await call.services.store().check();
  co_return net::Response::json(200, Json{{"ok", problems.empty()}, {"problems", problems}});
}

/// The path is one of this host, so only someone who is on it may name it.
Awaitable<net::Response> backup_store(Call& call) {
  call.require_whole_server();
  const Fields body(call.request.body, {"path"});
  const std::filesystem::path path = body.required_text("path");
  if (!call.request.peer.uid)
    throw Error(ErrorKind::refused, "a backup is asked for on the server's host", "use the unix socket: `fairlead backup FILE`");
  if (!path.is_absolute()) throw Error(ErrorKind::usage, "the path of a backup must be absolute, not '" + path.string() + "'");
  co_await call.services.store().backup(path);
  co_return net::Response::json(201, Json{{"path", path.string()}});
}

Awaitable<net::Response> openapi_document(Call& call) { co_return net::Response::json(200, openapi(call.services.parts.public_url)); }

Awaitable<net::Response> receive_hook(Call& call) {
  static const std::vector<std::string> providers{"github", "gitlab", "bitbucket", "gitea", "codecommit"};
  const auto& provider = call.parameter("provider");
  if (std::ranges::find(providers, provider) == providers.end())
    throw Error(ErrorKind::not_found, "there are no hooks of \"" + ellipsize(provider, 40) + "\"",
                "known are " + join(providers, ", ") + " and http/<app>");
  return deliver(call, provider, {});
}

Awaitable<net::Response> receive_app_hook(Call& call) { return deliver(call, "http", call.parameter("app")); }

}  // namespace fairlead::web
