// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/secret.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "fairlead/store/secret_box.hpp"
#include "fairlead/store/store.hpp"
#include "web/answers.hpp"
#include "web/fields.hpp"
#include "web/handlers.hpp"

/// Secrets go in and never come out: names, scopes and versions are all that is shown.
namespace fairlead::web {

namespace {

const store::SecretBox& box_of(const Call& call) {
  if (!call.services.parts.secrets) throw Error(ErrorKind::unavailable, "this server keeps no secrets");
  return *call.services.parts.secrets;
}

std::string scope_of(const Call& call, const std::string& app, const std::string& environment) {
  const auto& config = call.services.config;
  if (!app.empty() && !environment.empty()) throw Error(ErrorKind::usage, "a secret belongs to an app or to an environment, not both");
  if (!app.empty() && !config.apps.contains(app)) throw Error(ErrorKind::not_found, "there is no app \"" + app + "\"");
  if (!environment.empty() && !config.environments.contains(environment))
    throw Error(ErrorKind::not_found, "there is no environment \"" + environment + "\"");
  if (!app.empty() || !call.who.apps.empty()) call.require_app(app);
  if (!environment.empty()) call.require_environment(environment);
  if (app.empty() && environment.empty()) call.require_all_environments();
  if (!app.empty()) return "app:" + app;
  return environment.empty() ? "server" : "env:" + environment;
}

bool visible(const Identity& who, const std::string& scope) {
  if (scope.starts_with("app:")) return who.may_see(scope.substr(4));
  if (scope.starts_with("env:")) return who.may_touch(scope.substr(4));
  return who.apps.empty() && who.environments.empty();
}

}  // namespace

Awaitable<net::Response> list_secrets(Call& call) {
  const auto& box = box_of(call);
  const auto found = co_await call.services.store().read([&box](store::View& view) { return box.list(view); });
  Json list = Json::array();
  for (const auto& info : found)
    if (visible(call.who, info.scope))
      list.push_back({{"name", info.name}, {"scope", info.scope}, {"version", info.version}, {"updated_at", format_time(info.updated_at)}});
  co_return net::Response::json(200, list);
}

Awaitable<net::Response> set_secret(Call& call) {
  const Fields body(call.request.body, {"value", "app", "environment"});
  const auto& box = box_of(call);
  const auto& name = call.parameter("name");
  const auto scope = scope_of(call, body.text("app"), body.text("environment"));
  const Secret value(body.required_text("value"));
  const auto payload = dump(Json{{"name", name}, {"scope", scope}});
  co_await call.services.store().transact([&](store::Tx& tx) {
    box.set(tx, scope, name, value);
    tx.append("server", -1, {{"secret.set", payload, call.who.person.id}});
  });
  co_return net::Response{.status = 204, .headers = {}, .body = {}};
}

Awaitable<net::Response> remove_secret(Call& call) {
  const auto& box = box_of(call);
  const auto& name = call.parameter("name");
  const auto scope = scope_of(call, call.query("app"), call.query("environment"));
  const auto payload = dump(Json{{"name", name}, {"scope", scope}});
  const bool removed = co_await call.services.store().transact([&](store::Tx& tx) {
    if (!box.remove(tx, scope, name)) return false;
    tx.append("server", -1, {{"secret.removed", payload, call.who.person.id}});
    return true;
  });
  if (!removed) throw Error(ErrorKind::not_found, "there is no secret \"" + name + "\" in the scope " + scope, "fairlead secret list");
  co_return net::Response{.status = 204, .headers = {}, .body = {}};
}

}  // namespace fairlead::web
