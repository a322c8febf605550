// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/engine/engine.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "web/answers.hpp"
#include "web/fields.hpp"
#include "web/handlers.hpp"

namespace fairlead::web {

namespace {

constexpr std::size_t longest_reason = 4096;

engine::StartRequest request_of(const Call& call, std::string app, std::string trigger) {
  engine::StartRequest request;
  request.app = std::move(app);
  request.trigger = std::move(trigger);
  request.actor = call.who.person.id;
  request.idempotency_key = call.idempotency_key();
  return request;
}

std::string reason_of(const Fields& body) {
  auto reason = body.text("reason");
  if (reason.size() > longest_reason) throw Error(ErrorKind::usage, "the reason is longer than 4096 bytes");
  return reason;
}

std::string inputs_of(const Fields& body) {
  const auto& inputs = body.value("inputs");
  if (inputs.is_null()) return "{}";
  if (!inputs.is_object()) throw Error(ErrorKind::usage, "member \"inputs\" of the body must be an object");
  return dump(inputs);
}

Awaitable<net::Response> start(Call& call, engine::StartRequest request) {
  const auto started = co_await call.services.engine().start(std::move(request));
  const auto row = co_await call.services.store().read([&started](store::View& view) { return view.run(started.id); });
  auto response = net::Response::json(201, Json{{"id", started.id.str()},
                                                {"number", started.number},
                                                {"url", run_url(call.services.parts.public_url, started.id)},
                                                {"state", row ? row->state : "queued"}});
  response.headers.set("Location", "/api/v1/runs/" + started.id.str());
  if (started.existed) response.headers.set("Idempotent-Replayed", "true");
  co_return response;
}

void take_commit_of(engine::StartRequest& request, const engine::RunState& run) {
  if (run.app != request.app)
    throw Error(ErrorKind::usage, run.app + "#" + std::to_string(run.number) + " is a run of another app than \"" + request.app + "\"");
  if (run.sha.empty()) throw Error(ErrorKind::conflict, run.app + "#" + std::to_string(run.number) + " has no commit yet");
  request.ref = run.ref;
  request.sha = run.sha.str();
  request.reuse = run.id;
  request.excluded = run.excluded;  // its pushers may not approve this one either, where the policy excludes them
  if (request.inputs == "{}" && run.inputs && run.inputs->is_object()) request.inputs = dump(*run.inputs);
}

Awaitable<engine::RunState> run_named(const Call& call, std::string text) {
  const auto id = co_await call.services.engine().resolve(std::move(text));
  auto state = co_await call.services.engine().state(id);
  call.require_app(state.app);
  co_return state;
}

Awaitable<net::Response> deploy_later(Call& call, const Fields& body) {
  if (!body.text("run").empty()) throw Error(ErrorKind::usage, "a scheduled deploy takes a ref, not a run");
  Json wanted{{"app", body.required_text("app")},
              {"environment", body.required_text("environment")},
              {"ref", body.text("ref")},
              {"reason", reason_of(body)},
              {"at", body.required_text("at")}};
  co_return co_await schedule(call, std::move(wanted));
}

/// The deployment that a rollback goes back to: the last that succeeded here and is not what was tried last.
store::DeploymentRow earlier_deployment(store::View& view, const std::string& app, const std::string& environment) {
  const auto last = view.deployments({.app = app, .environment = environment, .state = {}, .before = {}, .limit = 1});
  for (auto& row : view.deployments({.app = app, .environment = environment, .state = "succeeded", .before = {}, .limit = 100}))
    if (engine::leads_back(row, last.front())) return row;
  throw Error(ErrorKind::conflict, "there is no earlier successful deployment of " + app + " to " + environment + " to go back to");
}

/// Runs that succeeded there, newest first: "shop#3, shop#1".
std::string succeeded_runs(store::View& view, const std::string& app, const std::string& environment) {
  constexpr std::size_t most = 5;
  std::vector<std::string> names;
  for (const auto& row : view.deployments({.app = app, .environment = environment, .state = "succeeded", .before = {}, .limit = 100})) {
    const auto run = view.run(row.run);
    if (!run || names.size() == most) continue;
    const std::string name = app + "#" + std::to_string(run->number);
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return join(names, ", ");
}

/// Why nobody may go back to what this run did there; empty: it succeeded.
std::string not_good(const engine::RunState& run, const std::string& environment) {
  const std::string name = run.app + "#" + std::to_string(run.number);
  std::string why = name + " was not deployed to " + environment;
  for (const auto& stage : run.stages) {
    if (stage.environment != environment) continue;
    if (stage.state == engine::State::succeeded) return "";
    if (stage.state == engine::State::skipped) continue;
    why = name + " is " + std::string(engine::to_string(stage.state)) + " in " + environment;
    if (stage.state == engine::State::failed) why = name + " failed in " + environment;
    if (!stage.reason.empty()) why += " (" + ellipsize(stage.reason.substr(0, stage.reason.find('\n')), 200) + ")";
  }
  return why;
}

Awaitable<void> require_good(Call& call, const engine::RunState& run, const std::string& environment) {
  const std::string why = not_good(run, environment);
  if (why.empty()) co_return;
  const auto good = co_await call.services.store().read([&](store::View& view) { return succeeded_runs(view, run.app, environment); });
  throw Error(ErrorKind::conflict, why + ", so it is nothing to go back to",
              good.empty() ? "nothing has succeeded there yet" : "what succeeded there: " + good);
}

}  // namespace

Awaitable<net::Response> start_run(Call& call) {
  const auto& app = call.parameter("app");
  call.require_app(app);
  call.require_all_environments();
  const Fields body(call.request.body, {"ref", "inputs", "reason"});
  auto request = request_of(call, app, call.who.via == "api" ? "api" : "command");
  request.ref = body.text("ref");
  request.reason = reason_of(body);
  request.inputs = inputs_of(body);
  co_return co_await start(call, std::move(request));
}

Awaitable<net::Response> deploy(Call& call) {
  const Fields body(call.request.body, {"app", "environment", "ref", "run", "image", "reason", "inputs", "at"});
  const auto app = body.required_text("app");
  call.require_app(app);
  call.require_environment(body.required_text("environment"));
  if (!body.text("ref").empty() && !body.text("run").empty()) throw Error(ErrorKind::usage, "give a ref or a run, not both");
  if (!body.text("at").empty()) co_return co_await deploy_later(call, body);
  auto request = request_of(call, app, call.who.via == "api" ? "api" : "command");
  request.environment = body.text("environment");
  request.ref = body.text("ref");
  request.reason = reason_of(body);
  request.inputs = inputs_of(body);
  request.image = body.text("image");
  if (const auto run = body.text("run"); !run.empty()) take_commit_of(request, co_await run_named(call, run));
  co_return co_await start(call, std::move(request));
}

Awaitable<net::Response> roll_back(Call& call) {
  const auto& app = call.parameter("app");
  const auto& environment = call.parameter("environment");
  call.require_app(app);
  call.require_environment(environment);
  const Fields body(call.request.body, {"to", "reason"});
  auto request = request_of(call, app, "rollback");
  request.environment = environment;
  request.reason = reason_of(body);
  if (const auto to = body.text("to"); !to.empty()) {
    const auto good = co_await run_named(call, to);
    take_commit_of(request, good);
    co_await require_good(call, good, environment);
  } else {
    const auto good = co_await call.services.store().read([&](store::View& view) { return earlier_deployment(view, app, environment); });
    take_commit_of(request, co_await call.services.engine().state(good.run));
  }
  request.image = (co_await call.services.engine().state(request.reuse)).image;  // it was given then, so it is given again
  co_return co_await start(call, std::move(request));
}

Awaitable<net::Response> show_plan(Call& call) {
  const auto& app = call.parameter("app");
  call.require_app(app);
  auto request = request_of(call, app, "api");
  request.environment = call.parameter("environment");
  request.ref = call.query("ref");
  request.image = call.query("image");
  if (const auto run = call.query("run"); !run.empty()) take_commit_of(request, co_await run_named(call, run));
  co_return net::Response::json(200, co_await call.services.engine().preview(std::move(request)));
}

}  // namespace fairlead::web
