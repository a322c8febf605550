// SPDX-License-Identifier: Apache-2.0
#include "cli/deploying.hpp"

#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/engine/engine.hpp"
#include "fairlead/net/client.hpp"
#include "fairlead/pipeline/expression.hpp"
#include "fairlead/pipeline/problem.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "fairlead/pipeline/value.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::cli {
namespace {

Json evaluated(Json value, const pipeline::Scope& scope, const std::string& path) {
  if (value.is_object()) {
    for (auto& [key, inner] : value.items()) inner = evaluated(inner, scope, path.empty() ? key : path + "." + key);
    return value;
  }
  if (value.is_array()) {
    std::size_t index = 0;
    for (Json& inner : value) inner = evaluated(inner, scope, path + "[" + std::to_string(index++) + "]");
    return value;
  }
  if (!value.is_string() || !value.get<std::string>().contains("${{")) return value;
  const auto text = pipeline::Template::parse(value.get<std::string>());
  if (!text) throw Error(ErrorKind::invalid, path + ": " + text.error().message);
  Json result;
  try {
    result = text->evaluate(scope);
  } catch (const Error& error) {
    throw error.within(path);
  }
  if (result.is_object() && result.contains("$secret"))
    throw Error(ErrorKind::invalid, path + ": a secret of fairlead would be readable by everyone in the task definition",
                "keep it in SSM or Secrets Manager and name it under `secrets: [{ name, valueFrom }]`");
  return result;
}

constexpr std::string_view note_kind = "deploy-note";

/// The lock of a resource as a document: {run, job}.
std::string holder_json(const engine::JobKey& key) { return dump(Json{{"run", key.run.str()}, {"job", key.job}}); }

std::optional<std::string> take(store::Tx& tx, const std::string& resource, const engine::JobKey& key) {
  const std::string mine = holder_json(key);
  if (const auto held = tx.get("resource", resource); held && held->body != mine) {
    const Json other = parse_json(held->body);
    const auto run = tx.run(RunId(text_at(other, "run")));
    if (run && !run->finished_at) return run->app + "#" + std::to_string(run->number) + " (job " + text_at(other, "job") + ")";
  }
  tx.put("resource", resource, mine);
  return std::nullopt;
}

void release(store::Tx& tx, const std::string& resource, const engine::JobKey& key) {
  const auto held = tx.get("resource", resource);
  if (held && held->body == holder_json(key)) tx.erase("resource", resource);
}

Awaitable<bool> hold(engine::Engine& engine, std::string environment, std::string app, std::string reason) {
  const auto found = engine.config().environments.find(environment);
  if (found == engine.config().environments.end() || !found->second.lock_after_rollback) co_return false;
  const auto locks = co_await engine.locks();
  for (const auto& lock : locks) {
    if (lock.automatic && lock.environment == environment && lock.app == app) co_return true;
  }
  engine::Lock lock;
  lock.environment = environment;
  lock.app = app;
  lock.reason = ellipsize(reason, 500);
  lock.automatic = true;
  try {
    co_await engine.lock(lock, "fairlead");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::conflict && error.kind() != ErrorKind::refused) throw;  // somebody has locked it already
  }
  co_return true;
}

Awaitable<std::string> fetch_text(net::HttpClient& http, std::string url) {
  net::HttpRequest request;
  request.url = std::move(url);
  auto reply = co_await http.send(std::move(request), deadline_in(std::chrono::seconds(10)));
  if (!reply.ok()) throw Error(ErrorKind::unavailable, "a layer of the registry answered " + std::to_string(reply.status));
  co_return std::move(reply.body);
}

}  // namespace

Json read_definition(const std::string& text, const std::string& filename, const Json& contexts) {
  pipeline::Scope scope;
  scope.contexts = contexts;
  if (filename.ends_with(".json")) return evaluated(parse_json(text), scope, {});
  pipeline::Problems problems;
  const auto value = pipeline::load_yaml(text, filename, problems);
  if (!value || !problems.empty()) throw Error(ErrorKind::invalid, pipeline::format(problems));
  return evaluated(value->to_json(), scope, {});
}

std::optional<aws::Scope> environment_scope(const pipeline::ServerConfig& config, const std::string& environment) {
  const auto found = config.environments.find(environment);
  if (found == config.environments.end() || !found->second.aws) return std::nullopt;
  const auto& aws = *found->second.aws;
  aws::Scope scope;
  scope.region = aws.region;
  scope.role = aws.role;
  scope.external_id = aws.external_id;
  scope.profile = aws.profile;
  scope.endpoint = aws.endpoint;
  return scope;
}

deploy::Parts deploy_parts(const DeployWorld& world) {
  deploy::Parts parts;
  parts.executor = world.executor;
  parts.aws = world.aws;
  parts.scope = [config = world.config](const std::string& environment) { return environment_scope(*config, environment); };
  parts.parse = read_definition;
  parts.take = [store = world.store](std::string resource, engine::JobKey key) -> Awaitable<std::optional<std::string>> {
    return store->transact([resource = std::move(resource), key = std::move(key)](store::Tx& tx) { return take(tx, resource, key); });
  };
  parts.release = [store = world.store](std::string resource, engine::JobKey key) -> Awaitable<void> {
    return store->transact([resource = std::move(resource), key = std::move(key)](store::Tx& tx) { release(tx, resource, key); });
  };
  parts.note = [store = world.store](std::string key, std::optional<std::string> json) -> Awaitable<void> {
    return store->transact([key = std::move(key), json = std::move(json)](store::Tx& tx) {
      if (json) {
        tx.put(note_kind, key, *json);
      } else {
        tx.erase(note_kind, key);
      }
    });
  };
  parts.notes = [store = world.store] {
    return store->read([](store::View& view) {
      std::map<std::string, std::string> notes;
      for (auto& doc : view.list(note_kind)) notes.emplace(std::move(doc.key), std::move(doc.body));
      return notes;
    });
  };
  if (world.http != nullptr) parts.fetch = [http = world.http](std::string url) { return fetch_text(*http, std::move(url)); };
  parts.hold = [engine = world.engine](std::string environment, std::string app, std::string reason) {
    return hold(**engine, std::move(environment), std::move(app), std::move(reason));
  };
  return parts;
}

}  // namespace fairlead::cli
