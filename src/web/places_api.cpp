// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/engine/engine.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "web/answers.hpp"
#include "web/handlers.hpp"

/// Apps and environments: what is where, since when, by whom.
namespace fairlead::web {

namespace {

std::optional<store::DeploymentRow> newest(store::View& view, const std::string& app, const std::string& environment,
                                           const std::string& state) {
  auto rows = view.deployments({.app = app, .environment = environment, .state = state, .before = {}, .limit = 1});
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

/// "ecs:ap-northeast-1:web/api", or "ec2:web1, web2", and what of it a deploy recorded.
Json targets_of(const store::DeploymentRow& row) {
  Json targets = Json::array();
  if (row.detail.empty()) return targets;
  const Json detail = parse_json(row.detail);
  for (const auto& record : member(detail, "recorded")) {
    Json target = Json::object();
    for (const char* key : {"kind", "region", "cluster", "service", "task_definition", "images", "target", "folder", "release", "with",
                            "hosts", "strategy", "group", "version"}) {
      if (record.contains(key)) target[key] = record[key];
    }
    if (text_at(record, "kind") == "ecs-deploy")
      target["target"] = "ecs:" + text_at(record, "region") + ":" + text_at(record, "cluster") + "/" + text_at(record, "service");
    targets.push_back(std::move(target));
  }
  return targets;
}

/// One app in one environment; null members when nothing was deployed there yet.
Json placement(store::View& view, const std::string& app, const std::string& environment) {
  const auto current = newest(view, app, environment, "succeeded");
  const auto latest = newest(view, app, environment, "");
  Json json{{"app", app},       {"environment", environment}, {"version", nullptr}, {"run", nullptr},          {"actor", nullptr},
            {"since", nullptr}, {"drift", nullptr},           {"latest", nullptr},  {"targets", Json::array()}};
  if (current) {
    json["version"] = current->version;
    json["run"] = current->run.str();
    json["actor"] = current->actor;
    json["since"] = time_text(current->finished_at);
    json["targets"] = targets_of(*current);
  }
  if (latest)
    json["latest"] = {{"run", latest->run.str()},
                      {"version", latest->version},
                      {"state", latest->state},
                      {"started_at", format_time(latest->started_at)},
                      {"finished_at", time_text(latest->finished_at)}};
  return json;
}

Json app_json(store::View& view, const pipeline::AppConfig& app, const pipeline::ServerConfig& config, const std::string& public_url) {
  Json places = Json::array();
  for (const auto& [name, environment] : config.environments) {
    auto place = placement(view, app.name, name);
    if (!place["latest"].is_null()) places.push_back(std::move(place));
  }
  const auto run = view.latest_run(app.name);
  return {{"name", app.name},
          {"repository", app.repository},
          {"branch", app.branch},
          {"pipeline", app.pipeline},
          {"environments", std::move(places)},
          {"latest_run", run ? run_row_json(*run, public_url) : Json(nullptr)}};
}

Json environment_json(store::View& view, const Call& call, const pipeline::EnvironmentConfig& environment) {
  const auto& config = call.services.config;
  Json places = Json::array();
  for (const auto& [name, app] : config.apps) {
    if (!call.who.may_see(name)) continue;
    auto place = placement(view, name, environment.name);
    if (!place["latest"].is_null()) places.push_back(std::move(place));
  }
  return {{"name", environment.name},
          {"branches", environment.branches},
          {"calendar", environment.calendar.empty() ? Json(nullptr) : Json(environment.calendar)},
          {"needs_approval", environment.approval.has_value()},
          {"queue", environment.queue == pipeline::QueueMode::latest ? "latest" : "every"},
          {"apps", std::move(places)}};
}

template <class Entries>
const auto& named(const Entries& entries, const std::string& name, std::string_view noun) {
  const auto found = entries.find(name);
  if (found != entries.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, entry] : entries) names.push_back(known);
  const auto near = nearest(name, names);
  throw Error(ErrorKind::not_found, "there is no " + std::string(noun) + " \"" + name + "\"",
              near ? "did you mean \"" + *near + "\"?" : "");
}

}  // namespace

Awaitable<net::Response> list_apps(Call& call) {
  const auto list = co_await call.services.store().read([&call](store::View& view) {
    Json apps = Json::array();
    for (const auto& [name, app] : call.services.config.apps)
      if (call.who.may_see(name)) apps.push_back(app_json(view, app, call.services.config, call.services.parts.public_url));
    return apps;
  });
  co_return net::Response::json(200, list);
}

namespace {

/// What is there now beside what was deployed; the first difference, else that there is none.
Awaitable<Json> look_for_drift(Call& call, Json place) {
  Json found;
  for (const auto& target : place["targets"]) {
    try {
      Json one = co_await call.services.parts.drift(text_at(place, "environment"), target);
      if (one.is_object() && (found.is_null() || flag_at(one, "drifted"))) found = std::move(one);
    } catch (const Error& error) {
      co_return Json{{"drifted", nullptr}, {"text", "it could not be looked at: " + error.message()}};
    }
    if (flag_at(found, "drifted")) break;
  }
  co_return found;
}

}  // namespace

Awaitable<net::Response> get_app(Call& call) {
  call.require_app(call.parameter("app"));
  const auto& app = named(call.services.config.apps, call.parameter("app"), "app");
  auto json = co_await call.services.store().read(
      [&](store::View& view) { return app_json(view, app, call.services.config, call.services.parts.public_url); });
  const std::string wanted = call.query("drift");
  for (auto& place : json["environments"]) {
    if (wanted.empty() || !call.services.parts.drift || text_at(place, "environment") != wanted) continue;
    place["drift"] = co_await look_for_drift(call, place);
  }
  co_return net::Response::json(200, json);
}

Awaitable<net::Response> list_environments(Call& call) {
  const auto list = co_await call.services.store().read([&call](store::View& view) {
    Json environments = Json::array();
    for (const auto& [name, environment] : call.services.config.environments)
      environments.push_back(environment_json(view, call, environment));
    return environments;
  });
  co_return net::Response::json(200, list);
}

Awaitable<net::Response> get_environment(Call& call) {
  const auto& environment = named(call.services.config.environments, call.parameter("environment"), "environment");
  const auto json = co_await call.services.store().read([&](store::View& view) { return environment_json(view, call, environment); });
  co_return net::Response::json(200, json);
}

Awaitable<net::Response> list_deployments(Call& call) {
  store::DeploymentQuery query{.app = call.query("app"),
                               .environment = call.query("environment"),
                               .state = call.query("state"),
                               .before = call.query("before"),
                               .limit = call.limit()};
  if (!query.app.empty()) call.require_app(query.app);
  const auto rows = co_await call.services.store().read([&query](store::View& view) { return view.deployments(query); });
  Json list = Json::array();
  for (const auto& row : rows)
    if (call.who.may_see(row.app)) list.push_back(deployment_row_json(row));
  co_return net::Response::json(200, list);
}

Awaitable<net::Response> get_deployment(Call& call) {
  const auto& id = call.parameter("id");
  const auto row = co_await call.services.store().read([&id](store::View& view) { return view.deployment(id); });
  if (!row || !call.who.may_see(row->app)) throw Error(ErrorKind::not_found, "there is no deployment \"" + id + "\"");
  co_return net::Response::json(200, deployment_json(*row));
}

}  // namespace fairlead::web
