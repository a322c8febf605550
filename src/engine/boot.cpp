// SPDX-License-Identifier: Apache-2.0
#include "engine/actor.hpp"
#include "engine/locks.hpp"
#include "engine/rows.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/engine/events.hpp"
#include "fairlead/pipeline/server_config.hpp"

/// The way back after an end of any kind: fold what is unfinished, take the places again, then decide.
namespace fairlead::engine {

namespace {

constexpr int crashes_allowed = 3;

struct Recovered {
  std::vector<RunState> runs;
  std::vector<Lock> locks;
  std::map<Place, RunId> holds;
  std::map<Place, std::int64_t> deployed;
};

Recovered read_back(store::View& view, const pipeline::ServerConfig& config) {
  Recovered found;
  for (const auto& row : view.unfinished_runs()) {
    try {
      found.runs.push_back(fold(view.events(stream_of(row.id))));
    } catch (const Error& error) {
      log::error("boot.unreadable-run", {{"run", row.app + "#" + std::to_string(row.number)}, {"why", error.message()}});
    }
  }
  for (const auto& doc : view.list("lock")) found.locks.push_back(lock_from(doc.body));
  for (const auto& doc : view.list("hold")) {
    const auto slash = doc.key.find('/');
    found.holds[{doc.key.substr(0, slash), doc.key.substr(slash + 1)}] = RunId(text_at(parse_json(doc.body), "run"));
  }
  for (const auto& [environment, rules] : config.environments) {
    for (const auto& [app, settings] : config.apps) {
      for (const auto& row : view.deployments({.app = app, .environment = environment, .state = "succeeded", .before = {}, .limit = 1})) {
        const auto run = view.run(row.run);
        if (run && run->trigger != "rollback") found.deployed[{environment, app}] = run->number;
      }
    }
  }
  return found;
}

/// Counts a crash while this run was being handled; parks it at the third one at the same event.
Awaitable<void> suspect(Engine::Impl& engine, RunId id) {
  co_await engine.parts.store->transact([&engine, &id](store::Tx& tx) {
    const auto row = tx.run(id);
    if (!row || row->finished_at) return;
    const auto doc = tx.get("crash", id.str());
    const Json known = doc ? parse_json(doc->body) : Json::object();
    const std::int64_t version = tx.version(stream_of(id));
    const std::int64_t count = number_at(known, "version") == version ? number_at(known, "count") + 1 : 1;
    tx.put("crash", id.str(), dump(Json{{"version", version}, {"count", count}}));
    if (count < crashes_allowed) return;
    const std::string reason = "the server crashed " + std::to_string(count) + " times while it handled this run; retry it to try again";
    const store::NewEvent parked{std::string(events::run_parked), dump(Json{{"reason", reason}}), "fairlead", engine.now()};
    tx.append(stream_of(id), version, {parked});
    tx.put_run(run_row(fold(tx.events(stream_of(id)))));
    tx.erase("crash", id.str());
  });
}

}  // namespace

Awaitable<void> Engine::boot() {
  Impl& engine = *impl_;
  const auto data = std::filesystem::path(engine.parts.data_folder);
  if (!data.empty()) engine.handling = std::make_unique<Handling>(data / "handling");
  if (engine.handling && engine.handling->suspect()) co_await suspect(engine, *engine.handling->suspect());
  auto found = co_await engine.parts.store->read([&engine](store::View& view) { return read_back(view, *engine.parts.config); });
  engine.locks = std::move(found.locks);
  engine.holds = std::move(found.holds);
  engine.deployed = std::move(found.deployed);
  for (auto& run : found.runs) {
    if (is_terminal(run.state) || engine.actor(run.id)) continue;
    engine.start_actor(std::make_shared<RunActor>(engine, std::move(run)));
  }
  engine.deciding = true;
  if (!engine.actors.empty()) log::info("boot.resumed", {{"runs", engine.actors.size()}});
  const auto actors = engine.actors;  // a run may end, and leave the map, as soon as it is started
  for (const auto& [id, actor] : actors) spawn(engine.parts.executor, "run " + label(actor->state()), actor->live());
}

}  // namespace fairlead::engine
