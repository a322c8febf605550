// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine/actor.hpp"
#include "engine/conditions.hpp"
#include "engine/locks.hpp"
#include "engine/rows.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/engine/events.hpp"
#include "fairlead/pipeline/plan.hpp"
#include "fairlead/pipeline/server_config.hpp"

/// `on-failure: rollback`: the run that goes back, and the lock that keeps everybody from going forward again unseen.
namespace fairlead::engine {

namespace {

struct Back {
  Started started;
  std::string version;
  std::optional<Lock> lock;
};

/// What succeeded here before, as it was started then.
std::optional<RunState> last_good(store::Tx& tx, const RunState& failed, const std::string& environment) {
  store::DeploymentRow last;
  last.version = failed.sha.str();
  for (const auto& good :
       tx.deployments({.app = failed.app, .environment = environment, .state = "succeeded", .before = {}, .limit = 20})) {
    if (good.run != failed.id && leads_back(good, last)) return fold(tx.events(stream_of(good.run)));
  }
  return std::nullopt;
}

/// One for each place: a later rollback renews it.
Lock lock_after(const RunState& failed, const std::string& environment, const Back& back, Time now) {
  Lock lock;
  lock.id = uuid_from("lock after rollback\n" + environment + "\n" + failed.app);
  lock.environment = environment;
  lock.app = failed.app;
  lock.owner = "fairlead";
  lock.reason = label(failed) + " failed and is rolled back to " + back.version.substr(0, 12) + " by " + failed.app + "#" +
                std::to_string(back.started.number) + "; when it is safe to deploy again: fairlead unlock " + environment + " " +
                failed.app;
  lock.since = now;
  lock.automatic = true;
  return lock;
}

/// The same again: commit, ref, inputs, and what that run built.
void repeat(StartRequest& request, const RunState& run) {
  request.ref = run.ref;
  request.sha = run.sha.str();
  request.reuse = run.id;
  request.image = run.image;
  request.inputs = run.inputs ? dump(*run.inputs) : "{}";
}

}  // namespace

bool wants_rollback(const RunState& run, std::size_t index) {
  const StageState& stage = run.stages[index];
  if (stage.state != State::failed || stage.environment.empty() || !stage.started_at || !stage.rollback.empty()) return false;
  if (run.cancel || run.index->stages[index].plan->on_failure.kind != pipeline::OnFailure::Kind::rollback) return false;
  return run.trigger != "rollback";
}

bool is_automatic_rollback(const RunState& run) { return run.trigger == "rollback" && run.actor == "fairlead"; }

Awaitable<void> RunActor::roll_back(std::string stage, std::string environment, std::string reason) {
  auto self = shared_from_this();
  const RunState failed = state_;  // the transaction runs on another thread
  const StageState* where = failed.stage(stage);
  StartRequest request;
  request.app = failed.app;
  request.trigger = "rollback";
  request.actor = "fairlead";
  request.environment = environment;
  request.reason = "rollback of " + label(failed) + ": " + reason;
  request.idempotency_key = "rollback/" + failed.id.str() + "/" + stage + "/" + std::to_string(where == nullptr ? 0 : where->attempt);
  const auto rules = engine_.parts.config->environments.find(environment);
  const bool locks = rules != engine_.parts.config->environments.end() && rules->second.lock_after_rollback;
  Json payload{{"stage", stage}};
  try {
    const auto back = co_await engine_.parts.store->transact([&](store::Tx& tx) -> std::optional<Back> {
      const auto good = last_good(tx, failed, environment);
      if (!good) return std::nullopt;
      repeat(request, *good);
      Back made{engine_.create(tx, request), request.sha, {}};
      // Began before the server died: then the lock was taken, too, and perhaps given back since.
      if (made.started.existed || !locks) return made;
      made.lock = lock_after(failed, environment, made, engine_.now());
      put_lock(tx, *made.lock, "fairlead");
      return made;
    });
    if (back) {
      if (back->lock) engine_.mirror(*back->lock);
      payload["run"] = back->started.id.str();
      payload["label"] = failed.app + "#" + std::to_string(back->started.number);
      payload["reason"] = "rolling back to " + back->version.substr(0, 12);
      // It takes its place before this run leaves its own, so that nothing that waits slips in between.
      co_await engine_.wake(back->started.id);
    } else {
      payload["reason"] = "there is no earlier successful deployment to go back to";
    }
  } catch (const Error& error) {
    payload["reason"] = "the rollback could not be started: " + error.message();
  }
  const store::NewEvent event{std::string(events::stage_rolled_back), dump(payload), "fairlead"};
  rolling_back_.erase(stage);
  post(event);
}

}  // namespace fairlead::engine
