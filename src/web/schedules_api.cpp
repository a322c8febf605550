// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/json.hpp"
#include "web/answers.hpp"
#include "web/fields.hpp"
#include "web/handlers.hpp"

namespace fairlead::web {

namespace {

template <class Function>
const Function& given(const Function& function) {
  if (!function) throw Error(ErrorKind::unavailable, "this server keeps no schedules");
  return function;
}

Json visible(const Call& call, const Json& schedules) {
  Json list = Json::array();
  for (const auto& schedule : schedules) {
    const auto& inner = schedule.contains("schedule") ? schedule["schedule"] : schedule;
    if (call.who.may_see(text_at(inner, "app"))) list.push_back(schedule);
  }
  return list;
}

/// The token must cover the app and environment of the schedule it changes.
Awaitable<std::string> own_schedule(Call& call) {
  const auto id = call.parameter("id");
  const auto all = co_await given(call.services.parts.schedules.list)();
  for (const auto& schedule : all) {
    if (text_at(schedule, "id") != id) continue;
    if (!call.who.may_see(text_at(schedule, "app"))) break;
    if (const auto environment = text_at(schedule, "environment"); !environment.empty())
      call.require_environment(environment);
    else
      call.require_all_environments();
    co_return id;
  }
  throw Error(ErrorKind::not_found, "there is no schedule \"" + id + "\"", "fairlead schedule list");
}

}  // namespace

Awaitable<net::Response> schedule(Call& call, Json wanted) {
  wanted["idempotency_key"] = call.idempotency_key();
  auto made = co_await given(call.services.parts.schedules.add)(std::move(wanted), call.who.person.id);
  const bool existed = flag_at(made, "existed");
  made.erase("existed");
  auto response = net::Response::json(201, made);
  if (existed) response.headers.set("Idempotent-Replayed", "true");
  co_return response;
}

Awaitable<net::Response> list_schedules(Call& call) {
  const auto all = co_await given(call.services.parts.schedules.list)();
  co_return net::Response::json(200, visible(call, all));
}

Awaitable<net::Response> next_schedules(Call& call) {
  const auto count = static_cast<std::size_t>(call.limit(20));
  const auto all = co_await given(call.services.parts.schedules.upcoming)(count);
  co_return net::Response::json(200, visible(call, all));
}

Awaitable<net::Response> add_schedule(Call& call) {
  const Fields body(call.request.body,
                    {"app", "environment", "ref", "reason", "inputs", "at", "cron", "zone", "calendar", "late", "missed"});
  call.require_app(body.required_text("app"));
  if (const auto environment = body.text("environment"); !environment.empty())
    call.require_environment(environment);
  else
    call.require_all_environments();
  if (body.text("at").empty() == body.text("cron").empty())
    throw Error(ErrorKind::usage, "give either at (a time) or cron (an expression)");
  co_return co_await schedule(call, body.all());
}

Awaitable<net::Response> remove_schedule(Call& call) {
  auto id = co_await own_schedule(call);
  co_await given(call.services.parts.schedules.remove)(std::move(id), call.who.person.id);
  co_return net::Response{.status = 204, .headers = {}, .body = {}};
}

Awaitable<net::Response> pause_schedule(Call& call) {
  auto id = co_await own_schedule(call);
  co_await given(call.services.parts.schedules.pause)(std::move(id), call.who.person.id);
  co_return net::Response{.status = 204, .headers = {}, .body = {}};
}

Awaitable<net::Response> resume_schedule(Call& call) {
  auto id = co_await own_schedule(call);
  co_await given(call.services.parts.schedules.resume)(std::move(id), call.who.person.id);
  co_return net::Response{.status = 204, .headers = {}, .body = {}};
}

}  // namespace fairlead::web
