// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/engine/engine.hpp"
#include "web/answers.hpp"
#include "web/fields.hpp"
#include "web/handlers.hpp"

namespace fairlead::web {

namespace {

std::string checked_state(const std::string& text) {
  if (!text.empty() && !engine::parse_state(text)) throw Error(ErrorKind::usage, "there is no run state \"" + ellipsize(text, 40) + "\"");
  return text;
}

/// The rows of the run's stages with an environment, latest attempts.
Json deployments_of(store::View& view, const engine::RunState& state) {
  Json list = Json::array();
  for (const auto& stage : state.stages) {
    if (stage.environment.empty() || !stage.started_at) continue;
    const auto row = view.deployment(engine::deployment_id(state.id, stage));
    if (!row) continue;
    list.push_back({{"id", row->id},
                    {"environment", row->environment},
                    {"target", row->target},
                    {"version", row->version},
                    {"state", row->state},
                    {"previous", row->previous.empty() ? Json(nullptr) : Json(row->previous)}});
  }
  return list;
}

/// The environment of the named stage, or of the only one that waits for an approval.
std::string environment_of(const engine::RunState& state, const std::string& stage) {
  for (const auto& candidate : state.stages) {
    if (!stage.empty() ? candidate.name == stage : candidate.gate("approval") && candidate.gate("approval")->is_open())
      return candidate.environment;
  }
  return {};
}

Awaitable<net::Response> vote(Call& call, bool approve) {
  const Fields body(call.request.body, {"stage", "reason", "plan_digest", "break_glass"});
  const auto state = co_await call.run();
  const auto stage = body.text("stage");
  call.require_environment(environment_of(state, stage));
  engine::Ballot ballot{.person = call.who.person,
                        .approve = approve,
                        .break_glass = body.flag("break_glass"),
                        .reason = body.text("reason"),
                        .plan_digest = body.text("plan_digest"),
                        .via = call.who.via};
  auto text = co_await call.services.engine().vote(state.id, stage, std::move(ballot));
  co_return net::Response::json(200, Json{{"id", state.id.str()}, {"text", text}});
}

}  // namespace

Awaitable<net::Response> list_runs(Call& call) {
  store::RunQuery query{.app = call.query("app"),
                        .environment = call.query("environment"),
                        .state = checked_state(call.query("state")),
                        .actor = call.query("actor"),
                        .unfinished = call.query("unfinished") == "true",
                        .before = call.query("before"),
                        .limit = call.limit()};
  if (!query.app.empty()) call.require_app(query.app);
  const auto rows = co_await call.services.store().read([&query](store::View& view) { return view.runs(query); });
  Json list = Json::array();
  for (const auto& row : rows)
    if (call.who.may_see(row.app)) list.push_back(run_row_json(row, call.services.parts.public_url));
  co_return net::Response::json(200, list);
}

Awaitable<net::Response> get_run(Call& call) {
  const auto state = co_await call.run();
  auto json = engine::run_json(state);
  json["url"] = run_url(call.services.parts.public_url, state.id);
  json["deployments"] = co_await call.services.store().read([&state](store::View& view) { return deployments_of(view, state); });
  co_return net::Response::json(200, json);
}

Awaitable<net::Response> approve_run(Call& call) { return vote(call, true); }
Awaitable<net::Response> reject_run(Call& call) { return vote(call, false); }

Awaitable<net::Response> revoke_vote(Call& call) {
  const Fields body(call.request.body, {"stage"});
  const auto state = co_await call.run();
  const auto stage = body.text("stage");
  call.require_environment(environment_of(state, stage));
  auto text = co_await call.services.engine().revoke(state.id, stage, call.who.person);
  co_return net::Response::json(200, Json{{"id", state.id.str()}, {"text", text}});
}

Awaitable<net::Response> cancel_run(Call& call) {
  const Fields body(call.request.body, {"reason"});
  const auto reason = body.text("reason");
  const auto state = co_await call.run();
  for (const auto& stage : state.stages)
    if (!stage.environment.empty() && !engine::is_terminal(stage.state)) call.require_environment(stage.environment);
  co_await call.services.engine().cancel(state.id, call.who.person.id, reason);
  co_return net::Response::json(202, Json{{"id", state.id.str()}, {"text", "canceling " + state.app + "#" + std::to_string(state.number)}});
}

Awaitable<net::Response> answer_run(Call& call) {
  const auto state = co_await call.run();  // first: who may not see the run learns nothing, not even what a body must have
  const Fields body(call.request.body, {"choice", "job", "reason"});
  engine::Reply answer{
      .choice = body.required_text("choice"), .by = call.who.person.id, .reason = body.text("reason"), .job = body.text("job")};
  for (const auto& stage : state.stages)
    if (!stage.environment.empty() && !engine::is_terminal(stage.state)) call.require_environment(stage.environment);
  auto text = co_await call.services.engine().answer(state.id, std::move(answer));
  co_return net::Response::json(200, Json{{"id", state.id.str()}, {"text", text}});
}

Awaitable<net::Response> retry_run(Call& call) {
  const Fields body(call.request.body, {"all"});
  const bool all = body.flag("all");
  const auto state = co_await call.run();
  for (const auto& stage : state.stages)
    if (!stage.environment.empty()) call.require_environment(stage.environment);
  co_await call.services.engine().retry(state.id, call.who.person.id, all);
  co_return net::Response::json(202, Json{{"id", state.id.str()}, {"text", "retrying " + state.app + "#" + std::to_string(state.number)}});
}

}  // namespace fairlead::web
