// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/definitions.hpp"
#include "engine/handling.hpp"
#include "fairlead/engine/calendar.hpp"
#include "fairlead/engine/engine.hpp"
#include "fairlead/engine/slots.hpp"

namespace fairlead::engine {

class RunActor;

/// A place that runs of an app want: (environment, app) or (app, ref).
using Place = std::pair<std::string, std::string>;

/// Who waits for a place or uses it, by run number.
class Line {
 public:
  void join(const Place&, std::int64_t number, RunActor*);
  void leave(const Place&, std::int64_t number);
  /// First and last of the line, or nullptr.
  RunActor* first(const Place&) const;
  RunActor* last(const Place&) const;
  /// How many stand before `number`, counted up to 1,000.
  int ahead(const Place&, std::int64_t number) const;
  /// The next one after / before `number`, or nullptr.
  RunActor* after(const Place&, std::int64_t number) const;
  RunActor* before(const Place&, std::int64_t number) const;

 private:
  std::map<Place, std::map<std::int64_t, RunActor*>> lines_;
};

/// What all runs of one server share. io thread only. Outlives the actors.
struct Engine::Impl {
  explicit Impl(Parts);

  Parts parts;
  std::unordered_map<std::string, std::shared_ptr<RunActor>> actors;  ///< live runs by id
  std::map<std::string, SlotQueue> slots;                             ///< by executor
  std::map<std::string, std::shared_ptr<const Calendar>> calendars;
  std::map<std::string, EnvironmentFacts> environments;               ///< the constant part of the facts
  std::vector<Lock> locks;                                            ///< mirror of the "lock" documents
  std::map<Place, RunId> holds;                                       ///< mirror of the "hold" documents
  std::map<Place, std::int64_t> deployed;  ///< newest run that succeeded at (environment, app), rollbacks aside
  std::set<std::string, std::less<>> planning_actions;  ///< those that can say what they would do
  Line by_ref;  ///< unfinished runs by (app, ref)
  Line by_environment;  ///< runs that wait at (environment, app)
  Line rollbacks;       ///< rollbacks among them: not in the order of the others
  Line going_back;      ///< automatic rollbacks to (environment, app), and failed runs whose rollback does not exist yet
  Definitions definitions;
  std::unique_ptr<Handling> handling;
  Signal anything_changed;
  Signal idle;
  std::map<std::string, std::shared_ptr<Signal>> run_changed;
  int planning = 0;
  int arrived = 0;  ///< runs to plan since the last one was planned
  std::vector<std::weak_ptr<RunActor>> plan_queue;
  std::size_t plan_queue_head = 0;
  int in_flight = 0;  ///< transactions of the engine
  bool deciding = false;
  bool stopping = false;

  Time now() const { return parts.clock(); }
  std::shared_ptr<RunActor> actor(const RunId&) const;
  /// The live actor, or one folded from the log. Throws Error(not_found).
  Awaitable<std::shared_ptr<RunActor>> load(RunId);
  void start_actor(const std::shared_ptr<RunActor>&);
  void forget(RunActor&);
  void announce(const RunId&);
  Awaitable<void> wake(RunId);
  void wake_later(const RunId&);

  SlotQueue& slots_for(const std::string& executor);
  void grant(SlotQueue&);
  void free_slot(const std::string& executor, const std::string& key);

  /// Facts about an environment as this run sees it now.
  EnvironmentFacts facts(const std::string& environment, const RunState& run) const;
  void nudge_environment(const std::string& environment, const std::string& app);
  void nudge_all();
  /// A lock became durable: kept in memory, and everybody looks again.
  void mirror(const Lock&);

  void queue_plan(const std::shared_ptr<RunActor>&);
  void next_plan();

  Started create(store::Tx&, const StartRequest&);
  /// The run that a request would create, with this number. Throws as `create`.
  RunState draft(const StartRequest&, const RunId&, std::int64_t number) const;
};

std::string label(const RunState&);
std::string stream_of(const RunId&);
std::string hold_key(const std::string& environment, const std::string& app);

}  // namespace fairlead::engine
