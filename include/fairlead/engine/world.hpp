// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "fairlead/base/time.hpp"
#include "fairlead/engine/run_state.hpp"
#include "fairlead/store/rows.hpp"

/// The pure decision: what the world is like → what is recorded and what is wanted.
namespace fairlead::engine {

struct ApprovalRule {
  std::vector<std::string> from;  ///< people and groups (language.md, People)
  int count = 1;
};

struct ApprovalPolicy {
  std::vector<ApprovalRule> require;  ///< all must be satisfied; one person counts once in total
  bool self_allowed = false;
  std::vector<std::string> exclude;   ///< requester, pusher, commit-authors
  bool approve_reason_required = false;
  bool reject_reason_required = true;
  std::optional<Duration> expires;
  std::vector<Duration> remind;
  std::vector<std::string> break_glass;
};

/// What decide() may know about one environment, as seen by this run. Everything comes from outside: no clock, no I/O.
struct EnvironmentFacts {
  bool known = false;
  std::optional<ApprovalPolicy> approval;
  Duration wait_timer{};
  bool queue_latest = false;                  ///< queue: latest; else every
  std::vector<std::string> branches;          ///< allowed refs; empty: all
  std::optional<std::string> lock;            ///< a person's lock or a freeze: "locked by …: reason"
  std::optional<Time> lock_until;
  std::optional<std::string> calendar_closed; ///< why it is closed now; nullopt: open
  std::optional<Time> calendar_changes_at;
  std::optional<std::string> holder;          ///< label of another run that deploys this app here now
  int ahead = 0;                              ///< earlier runs of this app that wait for the same environment
  /// queue: latest: label of a newer run of this app that waits for it too, or has deployed here since this one was created;
  /// never of a rollback.
  std::optional<std::string> newer;
};

struct CheckFact {
  bool ok = false;
  std::string detail;  ///< "GET https://… answered 503, expected 200"
  Time at{};
};

/// What the steps of a stage would do, when that was asked last.
struct PlanFact {
  bool known = false;
  std::string why;     ///< why it is not known: "… could not be asked: …"
  std::string digest;  ///< of `steps`: of what matters in them
  /// [{job, step, name, action, lines[], problems[{fatal,text,advice}], digest, details}]
  std::shared_ptr<const Json> steps;
  Time at{};
};

struct World {
  Time now{};
  std::map<std::string, EnvironmentFacts> environments;
  std::map<std::string, CheckFact> checks;  ///< by "<stage>/<key>", absent while not known
  std::map<std::string, PlanFact> plans;    ///< by stage, absent while not asked
  std::set<std::string, std::less<>> planning;  ///< actions that can say what they would do
  /// Newer, and earlier unfinished, run of the same app and ref (concurrency: latest, queue). Runs with a target
  /// environment and rollbacks are not among them: people asked for those by name.
  std::optional<std::string> superseded_by, behind;
  std::set<std::string> slots;  ///< jobs of this run that were given a slot and have not started
};

/// What should be going on now; level-triggered: the actor starts what is missing and stops what is not listed.
/// Fetch the commit, read the file, plan.
struct WantPlan {};
/// Ask for a slot (0 control, 1 deploy, 2 default branch, 3 pull request, 4 schedule).
struct WantSlot {
  std::string job;
  int band = 2;
};
/// The job coroutine of this attempt should be running.
struct WantRunning {
  std::string job;
  int attempt = 1;
};
/// It should be stopped (it still reports its end); always together with its WantRunning.
struct WantCancel {
  std::string job;
  int attempt = 1;
  std::string reason;
};
/// Ask this check now; not listed while the fact is younger than 10 s.
struct WantCheck {
  std::string stage, key;
};
/// Ask what the steps of this stage would do; not listed while the fact is fresh.
struct WantStagePlan {
  std::string stage;
};
/// A reminder is due: the `times`-th. Recorded with gate.reminded.
struct WantReminder {
  std::string stage;
  int times = 1;
};
/// Start the rollback run of this stage's environment and record it with stage.rolled-back in the same transaction. The run
/// does not end before that, so it happens exactly once.
struct WantRollback {
  std::string stage, environment, reason;
};
using Want = std::variant<WantPlan, WantSlot, WantRunning, WantCancel, WantCheck, WantStagePlan, WantReminder, WantRollback>;

/// Environment that must be free in the same transaction that records the events; else the decision is void.
struct Claim {
  std::string environment;
};
struct Release {
  std::string environment;
};

struct Decision {
  std::vector<store::NewEvent> events;  ///< append, fold, decide again until there are none
  std::vector<Claim> claims;
  std::vector<Release> releases;
  std::vector<Want> wants;  ///< complete when `events` is empty
  std::optional<Time> wake_at;  ///< decide again then, if nothing happens before
};

/// Pure and total: the same state and world give the same decision.
Decision decide(const RunState&, const World&);

/// How an attempt of a job ended, as its coroutine saw it.
struct AttemptEnd {
  State state = State::succeeded;
  std::optional<int> exit_code;
  bool timed_out = false;
};

/// When the job's retry policy repeats this attempt: the "retry_at" of its job.finished. nullopt: it was the last. A lost
/// attempt is never repeated in a stage with an environment, nor anything in a run that is being canceled.
std::optional<Time> retry_at(const RunState&, std::string_view job, const AttemptEnd&, Time now);

/// The run.retried of a person: the failed jobs, or every job of the failed stage, and what did not run because of them.
/// A parked run is released. Throws Error(refused) saying why there is nothing to retry.
store::NewEvent retry_event(const RunState&, const std::string& who, bool all);

}  // namespace fairlead::engine
