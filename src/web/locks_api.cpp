// SPDX-License-Identifier: Apache-2.0
#include "fairlead/engine/engine.hpp"
#include "web/answers.hpp"
#include "web/fields.hpp"
#include "web/handlers.hpp"

namespace fairlead::web {

namespace {

/// `until` (a time) or `for` (a duration from now).
std::optional<Time> end_of(const Call& call, const Fields& body) {
  const auto until = body.time("until");
  const auto span = body.duration("for");
  if (until && span) throw Error(ErrorKind::usage, "give until or for, not both");
  if (span) return call.services.parts.clock() + *span;
  return until;
}

Awaitable<net::Response> list(Call& call, bool freezes) {
  const auto locks = co_await call.services.engine().locks();
  Json json = Json::array();
  for (const auto& lock : locks)
    if (lock.freeze == freezes && (lock.app.empty() || call.who.may_see(lock.app))) json.push_back(lock_json(lock));
  co_return net::Response::json(200, json);
}

}  // namespace

Awaitable<net::Response> list_locks(Call& call) { return list(call, false); }
Awaitable<net::Response> list_freezes(Call& call) { return list(call, true); }

Awaitable<net::Response> add_lock(Call& call) {
  const Fields body(call.request.body, {"environment", "app", "reason", "until", "for"});
  engine::Lock lock;
  lock.environment = body.required_text("environment");
  lock.app = body.text("app");
  lock.reason = body.required_text("reason");
  lock.until = end_of(call, body);
  call.require_environment(lock.environment);
  if (!lock.app.empty() || !call.who.apps.empty()) call.require_app(lock.app);
  const auto taken = co_await call.services.engine().lock(std::move(lock), call.who.person.id);
  co_return net::Response::json(201, lock_json(taken));
}

Awaitable<net::Response> remove_lock(Call& call) {
  const auto environment = call.parameter("environment");
  const auto app = call.query("app");
  call.require_environment(environment);
  if (!app.empty() || !call.who.apps.empty()) call.require_app(app);
  co_await call.services.engine().unlock(environment, app, call.who.person.id);
  co_return net::Response{.status = 204, .headers = {}, .body = {}};
}

Awaitable<net::Response> add_freeze(Call& call) {
  const Fields body(call.request.body, {"environment", "app", "reason", "from", "until", "for"});
  engine::Lock freeze;
  freeze.freeze = true;
  freeze.environment = body.text("environment", "*");
  freeze.app = body.text("app");
  freeze.reason = body.required_text("reason");
  freeze.from = body.time("from");
  freeze.until = end_of(call, body);
  if (freeze.environment != "*")
    call.require_environment(freeze.environment);
  else
    call.require_all_environments();
  if (!freeze.app.empty() || !call.who.apps.empty()) call.require_app(freeze.app);
  const auto taken = co_await call.services.engine().lock(std::move(freeze), call.who.person.id);
  co_return net::Response::json(201, lock_json(taken));
}

Awaitable<net::Response> remove_freeze(Call& call) {
  const auto id = call.parameter("id");
  const auto locks = co_await call.services.engine().locks();
  for (const auto& lock : locks) {
    if (!lock.freeze || lock.id != id) continue;
    if (lock.environment != "*")
      call.require_environment(lock.environment);
    else
      call.require_all_environments();
    if (!lock.app.empty() || !call.who.apps.empty()) call.require_app(lock.app);
  }
  co_await call.services.engine().remove_freeze(id, call.who.person.id);
  co_return net::Response{.status = 204, .headers = {}, .body = {}};
}

}  // namespace fairlead::web
