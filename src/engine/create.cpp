// SPDX-License-Identifier: Apache-2.0
#include "engine/impl.hpp"
#include "engine/rows.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/engine/events.hpp"
#include "fairlead/pipeline/server_config.hpp"

/// How a run comes into being: one event and one row, in the transaction of whoever asked for it.
namespace fairlead::engine {

namespace {

/// "main" → refs/heads/main; full refs and commit ids stay. Whether a short name is a branch or a tag is known only once the
/// repository is here, so an explicit tag trigger says it.
std::string full_ref(const StartRequest& request, const pipeline::AppConfig& app) {
  const std::string& ref = request.ref.empty() ? app.branch : request.ref;
  if (ref.starts_with("refs/") || is_sha(ref)) return ref;
  return (request.trigger == "tag" ? "refs/tags/" : "refs/heads/") + ref;
}

Json payload_of(const StartRequest& request, const std::string& ref, std::int64_t number) {
  Json payload{{"app", request.app},
               {"number", number},
               {"ref", ref},
               {"sha", request.sha},
               {"before", request.before},
               {"trigger", request.trigger},
               {"actor", request.actor},
               {"trigger_id", request.trigger_id},
               {"reason", request.reason},
               {"inputs", parse_json(request.inputs)},
               {"environment", request.environment},
               {"excluded", request.excluded},
               {"message", ellipsize(request.message, 4096)}};
  if (ref.starts_with("refs/heads/")) payload["branch"] = ref.substr(11);
  if (ref.starts_with("refs/tags/")) payload["tag"] = ref.substr(10);
  if (is_sha(ref) && request.sha.empty()) payload["sha"] = ref;
  if (!request.reuse.empty()) payload["reuse"] = request.reuse.str();
  if (!request.image.empty()) payload["image"] = request.image;
  if (!request.only_stages.empty()) payload["only_stages"] = request.only_stages;
  const Json pull_request = parse_json(request.pull_request);
  if (pull_request.is_object()) payload["pull_request"] = pull_request;
  return payload;
}

const pipeline::AppConfig& app_of(const pipeline::ServerConfig& config, const std::string& name) {
  if (const auto app = config.apps.find(name); app != config.apps.end()) return app->second;
  std::vector<std::string> names;
  for (const auto& [known, app] : config.apps) names.push_back(known);
  const auto near = nearest(name, names);
  throw Error(ErrorKind::not_found, "there is no app \"" + name + "\"",
              near            ? "did you mean \"" + *near + "\"?"
              : names.empty() ? "the server has no apps yet: add one to fairlead.yml"
                              : "apps: " + join(names, ", "));
}

void check_request(const StartRequest& request, const pipeline::ServerConfig& config) {
  if (request.ref.size() > 1024) throw Error(ErrorKind::usage, "the ref is longer than 1024 bytes");
  if (!request.environment.empty() && !config.environments.contains(request.environment)) {
    std::vector<std::string> names;
    for (const auto& [known, environment] : config.environments) names.push_back(known);
    throw Error(ErrorKind::not_found, "there is no environment \"" + request.environment + "\"", "environments: " + join(names, ", "));
  }
  if (!request.image.empty() && request.environment.empty()) throw Error(ErrorKind::usage, "an image can only be given for an environment");
  if (!parse_json(request.inputs).is_object()) throw Error(ErrorKind::usage, "inputs must be a JSON object");
}

}  // namespace

RunState Engine::Impl::draft(const StartRequest& request, const RunId& id, std::int64_t number) const {
  const auto& app = app_of(*parts.config, request.app);
  check_request(request, *parts.config);
  const store::NewEvent event{std::string(events::run_created), dump(payload_of(request, full_ref(request, app), number)), request.actor,
                              now()};
  RunState state;
  apply(state, as_event(id, 1, event));
  return state;
}

Started Engine::Impl::create(store::Tx& tx, const StartRequest& request) {
  const auto& app = app_of(*parts.config, request.app);
  check_request(request, *parts.config);
  const std::string idempotency = request.app + "/" + request.idempotency_key;
  if (!request.idempotency_key.empty()) {
    if (const auto earlier = tx.get("idempotency", idempotency)) {
      const Json known = parse_json(earlier->body);
      return {RunId(text_at(known, "run")), number_at(known, "number"), true};
    }
  }
  const RunId id(new_uuid());
  const std::int64_t number = tx.next("run/" + request.app);
  const std::string ref = full_ref(request, app);
  const store::NewEvent event{std::string(events::run_created), dump(payload_of(request, ref, number)), request.actor, now()};
  tx.append(stream_of(id), 0, {event});
  RunState state;
  apply(state, as_event(id, 1, event));
  tx.put_run(run_row(state));
  if (!request.idempotency_key.empty()) {
    tx.put("idempotency", idempotency, dump(Json{{"run", id.str()}, {"number", number}}));
  }
  return {id, number, false};
}

}  // namespace fairlead::engine
