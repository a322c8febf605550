// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fairlead/engine/approval.hpp"
#include "fairlead/engine/slots.hpp"
#include "fairlead/engine/world.hpp"
#include "fairlead/pipeline/plan.hpp"

/// A small world in which runs live random lives: pushes, votes, locks, failures, cancels, retries, crashes. From a seed, so
/// that every history can be had again. Each event and each decision is checked against the invariants of the engine.
namespace fairlead::engine::test {

struct Tally {
  std::int64_t folds = 0;      ///< events applied as they happened
  std::int64_t refolds = 0;    ///< events applied again after a crash or for comparison
  std::int64_t decisions = 0;
  std::int64_t runs = 0;
  std::map<std::string, std::int64_t> ends;  ///< runs by their last state
};

/// Whether two states agree in everything: what fold(log) and the incremental state must do.
bool same(const RunState&, const RunState&);

/// Payloads of run.planned: plans of one to three stages with all that a plan can say. The same seed gives the same.
std::vector<std::string> random_plans(std::uint64_t seed, int count);

class Simulator {
 public:
  /// `plans` must outlive it.
  Simulator(std::uint64_t seed, const std::vector<std::string>& plans, Tally& tally);
  ~Simulator();

  /// `steps` random things happen; then the faults stop and everything has to come to an end.
  void live(int steps);
  /// What went wrong, with the seed; empty when every invariant held.
  const std::vector<std::string>& violations() const { return violations_; }

 private:
  struct Run;
  using Hold = std::pair<std::string, std::string>;  ///< (environment, app)
  struct Environment {
    EnvironmentFacts facts;  ///< its constant part, and the lock and calendar of the moment
  };

  // what happens
  void step();
  void create_run();
  void plan_run(Run&);
  void finish_job(Run&);
  void report_step(Run&);
  void cast_vote(Run&);
  void take_back_vote(Run&);
  void answer_checks(Run&);
  void answer_plans(Run&, bool faults);
  void cancel_run(Run&);
  void retry_run(Run&);
  void park_run(Run&);
  void crash();
  void change_environment();
  void drain();

  // the shell
  void settle(Run&);
  bool round(Run&, bool stale);
  World world_of(const Run&, bool stale);
  void perform(Run&, const Decision&);
  void append(Run&, const store::NewEvent&);
  void settle_all(bool everyone);
  Run* pick(bool (*wanted)(const Run&));

  // what must hold
  void check_event(Run&, const store::Event&);
  void check_transitions(Run&, const store::Event&);
  void check_start(Run&, const store::Event&);
  void check_quorum(Run&, const StageState&);
  void check_plan(Run&, const StageState&, const GateState&);
  void check_decision(Run&, const Decision&);
  RunState check_refold(Run&);
  void violation(const Run&, const std::string& text);

  int below(int bound) { return static_cast<int>(std::uniform_int_distribution<int>(0, bound - 1)(random_)); }
  bool chance(int percent) { return below(100) < percent; }

  std::uint64_t seed_;
  const std::vector<std::string>& plans_;
  Tally& tally_;
  std::mt19937_64 random_;
  Time now_;
  std::vector<std::unique_ptr<Run>> runs_;
  std::map<std::string, Environment> environments_;
  std::map<Hold, const Run*> holds_;
  std::unique_ptr<SlotQueue> slots_;
  std::map<std::string, std::int64_t> numbers_;
  std::map<std::string, int> truth_;  ///< by app: what a deploy would do; changes when somebody else deploys
  std::vector<std::string> violations_;
};

}  // namespace fairlead::engine::test
