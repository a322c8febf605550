// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine/actor.hpp"
#include "engine/conditions.hpp"
#include "fairlead/pipeline/plan.hpp"
#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::engine {

World RunActor::world(const RunState& state) const {
  World world;
  world.now = engine_.now();
  world.checks = checks_;
  world.plans = plans_;
  world.slots = slots_;
  if (is_terminal(state.state)) return world;
  for (const auto& stage : state.stages) {
    const bool waits = stage.state == State::queued || stage.state == State::waiting;
    if (!waits || stage.environment.empty()) continue;
    const auto [known, fresh] = world.environments.try_emplace(stage.environment);
    if (fresh) known->second = engine_.facts(stage.environment, state);
    if (known->second.approval && world.planning.empty()) world.planning = engine_.planning_actions;
  }
  if (const RunActor* newest = engine_.by_ref.last(ref_place()); newest != nullptr && newest->state().number > state.number) {
    world.superseded_by = label(newest->state());
  }
  if (const RunActor* oldest = engine_.by_ref.first(ref_place()); oldest != nullptr && oldest->state().number < state.number) {
    world.behind = label(oldest->state());
  }
  return world;
}

namespace {

std::string lock_text(const Lock& lock) {
  if (lock.automatic) return "locked after a rollback: " + lock.reason;
  std::string text = lock.freeze ? "frozen by " : "locked by ";
  text += lock.owner + ": " + lock.reason;
  return lock.app.empty() ? text : text + " (" + lock.app + ")";
}

bool covers(const Lock& lock, const std::string& environment, const std::string& app, Time now) {
  if (lock.environment != "*" && lock.environment != environment) return false;
  if (!lock.app.empty() && lock.app != app) return false;
  return (!lock.from || *lock.from <= now) && (!lock.until || now < *lock.until);
}

}  // namespace

EnvironmentFacts Engine::Impl::facts(const std::string& environment, const RunState& run) const {
  const auto constant = environments.find(environment);
  if (constant == environments.end()) return {};
  EnvironmentFacts facts = constant->second;
  const Time at = now();
  const Place place{environment, run.app};
  if (const auto lock = std::ranges::find_if(locks, [&](const Lock& l) { return covers(l, environment, run.app, at); });
      lock != locks.end()) {
    facts.lock = lock_text(*lock);
    facts.lock_until = lock->until;
  }
  if (const auto& name = parts.config->environments.at(environment).calendar; !name.empty()) {
    const CalendarVerdict verdict = calendars.at(name)->at(at);
    if (!verdict.open) facts.calendar_closed = verdict.reason;
    facts.calendar_changes_at = verdict.changes_at;
  }
  if (const auto hold = holds.find(place); hold != holds.end() && hold->second != run.id) {
    const auto holder = actor(hold->second);
    facts.holder = holder ? label(holder->state()) : "run " + hold->second.str();
  }
  if (const RunActor* back = going_back.first(place); !facts.holder && back != nullptr && !is_automatic_rollback(run)) {
    facts.holder = label(back->state());
  }
  facts.ahead = by_environment.ahead(place, run.number);
  const std::int64_t number = run.number;
  const RunActor* newer = by_environment.last(place);
  while (newer != nullptr && newer->state().trigger == "rollback") newer = by_environment.before(place, newer->state().number);
  if (newer != nullptr && newer->state().number > number) facts.newer = label(newer->state());
  if (const auto live = deployed.find(place); live != deployed.end() && live->second > number) {
    facts.newer = run.app + "#" + std::to_string(live->second);
  }
  return facts;
}

void Engine::Impl::nudge_environment(const std::string& environment, const std::string& app) {
  for (const Line* line : {&by_environment, &rollbacks}) {
    if (RunActor* next = line->first({environment, app})) next->nudge();
  }
}

void Engine::Impl::nudge_all() {
  for (const auto& [id, live] : actors) live->nudge();
}

void Line::join(const Place& place, std::int64_t number, RunActor* actor) { lines_[place][number] = actor; }

void Line::leave(const Place& place, std::int64_t number) {
  const auto line = lines_.find(place);
  if (line == lines_.end()) return;
  line->second.erase(number);
  if (line->second.empty()) lines_.erase(line);
}

RunActor* Line::first(const Place& place) const {
  const auto line = lines_.find(place);
  return line == lines_.end() ? nullptr : line->second.begin()->second;
}

RunActor* Line::last(const Place& place) const {
  const auto line = lines_.find(place);
  return line == lines_.end() ? nullptr : line->second.rbegin()->second;
}

int Line::ahead(const Place& place, std::int64_t number) const {
  constexpr int limit = 1000;
  const auto line = lines_.find(place);
  if (line == lines_.end()) return 0;
  int count = 0;
  for (auto it = line->second.begin(); it != line->second.end() && it->first < number && count < limit; ++it) ++count;
  return count;
}

RunActor* Line::after(const Place& place, std::int64_t number) const {
  const auto line = lines_.find(place);
  if (line == lines_.end()) return nullptr;
  const auto next = line->second.upper_bound(number);
  return next == line->second.end() ? nullptr : next->second;
}

RunActor* Line::before(const Place& place, std::int64_t number) const {
  const auto line = lines_.find(place);
  if (line == lines_.end()) return nullptr;
  auto it = line->second.lower_bound(number);
  return it == line->second.begin() ? nullptr : std::prev(it)->second;
}

}  // namespace fairlead::engine
