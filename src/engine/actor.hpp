// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/impl.hpp"
#include "fairlead/base/json_fwd.hpp"
#include "fairlead/engine/world.hpp"

namespace fairlead::engine {

class JobRunner;

/// A run that lives: takes inputs, appends events, folds them, asks decide, and sees to it that what is wanted goes on.
/// The only writer of its stream. io thread; kept alive by the engine until the run has ended and its jobs are gone.
class RunActor : public std::enable_shared_from_this<RunActor> {
 public:
  RunActor(Engine::Impl& engine, RunState state);

  const RunState& state() const { return state_; }
  const std::string& app() const { return state_.app; }
  /// Group of `concurrency`: runs of the same app and ref. What people asked for by name (deploy, rollback) is alone in its.
  Place ref_place() const {
    const bool asked_for = !state_.target_environment.empty() || state_.trigger == "rollback";
    return {state_.app, asked_for ? state_.id.str() : state_.ref};
  }

  /// An input: given the newest state, the events to append. May throw to refuse; then nothing is appended.
  using Input = std::function<std::vector<store::NewEvent>(const RunState&)>;
  /// Queued in order, written with the next batch; nobody waits for it.
  void post(store::NewEvent);
  struct Pending;
  std::shared_ptr<Pending> enqueue(Input);
  /// Resumes when the events are durable and folded; rethrows the refusal of the input.
  Awaitable<void> settle(std::shared_ptr<Pending>);
  /// Both.
  Awaitable<void> ask(Input);

  /// Something outside changed: decide again soon.
  void nudge();
  void slot_granted(const std::string& job);
  void plan_now();
  /// Asks once more what an approval that is open would let the stage do, for whoever is about to give it. What cannot be asked now is
  /// asked again before the stage starts.
  Awaitable<void> look_again(std::string stage);
  /// Whether that is another thing than what the gate shows.
  bool is_outdated(const StageState&) const;
  /// The last act of a job's coroutine.
  void job_ended(const std::string& job, int attempt);
  /// Takes its places in the lines and marks the slots of jobs that run: before any run decides.
  void enter();
  /// The loop; ends with the run or when the engine stops.
  Awaitable<void> live();

  Engine::Impl& engine() { return engine_; }
  std::string slot_key(const std::string& job) const;
  std::string executor_of(const std::string& job) const;
  std::size_t running_jobs() const { return runners_.size(); }

 private:
  bool takes_slot(const std::string& job) const;
  struct Batch;
  using Attempt = std::pair<std::string, int>;

  Batch prepare();
  void take_inputs(Batch&);
  void decide_all(Batch&);
  bool ask_for_slots(const std::vector<Want>&, const RunState&);
  World world(const RunState&) const;
  Awaitable<bool> commit(Batch&);
  void committed(Batch&);
  void perform(const std::vector<Want>&);
  void run_check(const WantCheck&);
  void run_stage_plan(const std::string& stage);
  Awaitable<void> ask_plan(std::string stage);
  Json resolved_check(const WantCheck&) const;
  void stand_in_lines();
  void stand_in(Line&, std::set<Place>& before, std::set<Place> after);
  void note_deployed();
  bool over() const;
  void fold(Batch&, store::NewEvent);
  Awaitable<void> plan();
  Awaitable<void> check(std::string stage, std::string key, std::string what);
  Awaitable<void> roll_back(std::string stage, std::string environment, std::string reason);

  Engine::Impl& engine_;
  RunState state_;
  std::vector<std::shared_ptr<Pending>> inbox_;
  std::map<Attempt, std::shared_ptr<JobRunner>> runners_;
  std::set<Attempt> ended_;  ///< their end is posted but perhaps not folded yet: a decision made before must not start them anew
  std::set<std::string> asked_;   ///< jobs for which a slot was asked
  std::set<std::string> slots_;   ///< jobs that hold one
  std::map<std::string, CheckFact> checks_;
  std::set<std::string> checking_;
  std::map<std::string, PlanFact> plans_;  ///< by stage
  std::set<std::string> asking_;           ///< stages whose plan is being asked for
  std::set<std::string> rolling_back_;
  std::set<Place> waits_at_;      ///< lines of environments it stands in
  std::set<Place> rolls_back_at_;
  std::set<Place> goes_back_at_;  ///< where everybody else waits for it to be over
  bool in_ref_line_ = false;
  bool planning_ = false;
  bool dirty_ = true;
  Signal wake_;
  Signal settled_;                ///< an input was committed or refused
};

}  // namespace fairlead::engine
