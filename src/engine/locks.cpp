// SPDX-License-Identifier: Apache-2.0
#include "engine/locks.hpp"

#include <algorithm>

#include "engine/actor.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::engine {

std::string lock_json(const Lock& lock) {
  return dump(Json{{"id", lock.id},
                   {"environment", lock.environment},
                   {"app", lock.app},
                   {"owner", lock.owner},
                   {"reason", lock.reason},
                   {"since", to_micros(lock.since)},
                   {"from", json_time(lock.from)},
                   {"until", json_time(lock.until)},
                   {"freeze", lock.freeze},
                   {"automatic", lock.automatic}});
}

Lock lock_from(const std::string& body) {
  const Json json = parse_json(body);
  Lock lock;
  lock.id = text_at(json, "id");
  lock.environment = text_at(json, "environment");
  lock.app = text_at(json, "app");
  lock.owner = text_at(json, "owner");
  lock.reason = text_at(json, "reason");
  lock.since = time_at(json, "since").value_or(Time{});
  lock.from = time_at(json, "from");
  lock.until = time_at(json, "until");
  lock.freeze = flag_at(json, "freeze");
  lock.automatic = flag_at(json, "automatic");
  return lock;
}

namespace {
std::string stream_for(const Lock& lock) { return lock.environment == "*" ? "server" : "env:" + lock.environment; }
}  // namespace

void put_lock(store::Tx& tx, const Lock& lock, const std::string& who) {
  tx.put("lock", lock.id, lock_json(lock));
  tx.append(stream_for(lock), -1, {{lock.freeze ? "environment.frozen" : "environment.locked", lock_json(lock), who}});
}

namespace {

/// What `unlock` takes away: the locks of exactly this place. Without an app and without such a lock: those that rollbacks left in
/// the environment.
std::vector<std::string> locks_of(const std::vector<Lock>& locks, const std::string& environment, const std::string& app) {
  std::vector<std::string> exact, automatic;
  for (const auto& lock : locks) {
    if (lock.freeze || lock.environment != environment) continue;
    if (lock.app == app) exact.push_back(lock.id);
    if (app.empty() && lock.automatic) automatic.push_back(lock.id);
  }
  return exact.empty() ? automatic : exact;
}

void check_lock(const Lock& lock, const pipeline::ServerConfig& config) {
  if (lock.reason.empty()) throw Error(ErrorKind::usage, "a lock needs a reason", "add --reason \"…\"");
  if (lock.environment != "*" && !config.environments.contains(lock.environment)) {
    std::vector<std::string> names;
    for (const auto& [name, environment] : config.environments) names.push_back(name);
    throw Error(ErrorKind::not_found, "there is no environment \"" + lock.environment + "\"", "environments: " + join(names, ", "));
  }
  if (!lock.app.empty() && !config.apps.contains(lock.app)) throw Error(ErrorKind::not_found, "there is no app \"" + lock.app + "\"");
  if (lock.from && lock.until && *lock.until <= *lock.from) throw Error(ErrorKind::usage, "it would end before it begins");
}

std::string words(const Lock& lock) { return lock.environment + (lock.app.empty() ? "" : " " + lock.app); }

}  // namespace

void Engine::Impl::mirror(const Lock& lock) {
  std::erase_if(locks, [&](const Lock& known) { return known.id == lock.id; });
  locks.push_back(lock);
  nudge_all();
}

Awaitable<std::vector<Lock>> Engine::locks() {
  const Time at = impl_->now();
  std::erase_if(impl_->locks, [at](const Lock& lock) { return lock.until && *lock.until <= at; });
  co_return impl_->locks;
}

Awaitable<Lock> Engine::lock(Lock lock, std::string who) {
  check_lock(lock, *impl_->parts.config);
  lock.id = new_uuid();
  lock.owner = who;
  lock.since = impl_->now();
  co_await impl_->parts.store->transact([&](store::Tx& tx) {
    const Time at = lock.since;
    for (const auto& doc : tx.list("lock")) {
      const Lock other = lock_from(doc.body);
      if (other.until && *other.until <= at) {
        tx.erase("lock", doc.key);
      } else if (!lock.freeze && !other.freeze && other.environment == lock.environment && other.app == lock.app) {
        throw Error(ErrorKind::conflict,
                    words(lock) + " is already locked by " + other.owner + " since " + format_time(other.since) + ": " + other.reason,
                    "fairlead unlock " + words(lock));
      }
    }
    put_lock(tx, lock, who);
  });
  impl_->mirror(lock);
  co_return lock;
}

Awaitable<void> Engine::unlock(std::string environment, std::string app, std::string who) {
  const auto found = locks_of(impl_->locks, environment, app);
  if (found.empty()) {
    throw Error(ErrorKind::not_found, environment + (app.empty() ? "" : " " + app) + " is not locked", "fairlead locks lists what is");
  }
  for (const auto& id : found) co_await take_away(id, who);
}

Awaitable<void> Engine::remove_freeze(std::string id, std::string who) {
  const auto found = std::ranges::find_if(impl_->locks, [&](const Lock& l) { return l.freeze && l.id == id; });
  if (found == impl_->locks.end()) throw Error(ErrorKind::not_found, "there is no freeze \"" + id + "\"", "fairlead freeze list");
  co_await take_away(found->id, who);
}

Awaitable<void> Engine::take_away(std::string id, std::string who) {
  co_await impl_->parts.store->transact([&](store::Tx& tx) {
    const auto doc = tx.get("lock", id);
    if (!doc) return;
    const Lock lock = lock_from(doc->body);
    tx.erase("lock", id);
    tx.append(stream_for(lock), -1, {{lock.freeze ? "environment.thawed" : "environment.unlocked", lock_json(lock), who}});
  });
  std::erase_if(impl_->locks, [&](const Lock& lock) { return lock.id == id; });
  impl_->nudge_all();
}

}  // namespace fairlead::engine
