// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/ids.hpp"
#include "fairlead/base/json_fwd.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/engine/state.hpp"

namespace fairlead::pipeline {
struct RunPlan;
}
namespace fairlead::store {
struct DeploymentRow;
struct Event;
}  // namespace fairlead::store

/// The state of a run: a value folded from its events. `RunState = fold(apply, events)` is the truth; nothing else is
/// stored about a run. Types of the events and the shapes of their payloads: engine/events.hpp.
namespace fairlead::engine {

struct PlanIndex;

struct Vote {
  std::string person;  ///< "user:lead@example.com"
  bool approve = true;
  std::string reason;
  Time at{};
  int rule = -1;       ///< which `require` entry it was counted for when it was cast; -1 for a rejection
  std::vector<int> rules;  ///< every entry the person could be counted for then; a later vote may move it among these
  std::string via;     ///< cli, api, slack, console
};

/// What a stage waits at before it starts. Says why and until when.
struct GateState {
  std::string kind;    ///< approval | calendar | lock | queue | wait | check
  std::string key;     ///< unique within the stage: "approval", "check:0", "concurrency"
  std::string state;   ///< open | passed | rejected | expired | bypassed | canceled
  std::string reason;  ///< one sentence for people: "locked by user:ops@example.com: database move"
  std::optional<Time> until;  ///< when it is expected to change by itself
  Time opened_at{};
  std::optional<Time> closed_at;
  std::optional<Time> expires_at;
  int needs = 0;              ///< approvals still missing
  std::vector<Vote> votes;
  std::string plan_digest;    ///< what an approval is bound to: the run's plan, and what the steps said they would do
  std::string steps_digest;   ///< of the latter alone; empty: they were not asked, or it is not known
  std::shared_ptr<const Json> plan;  ///< [{job, step, name, action, lines[], problems[], digest}] of the steps; or null
  std::string plan_error;     ///< why what the steps would do is not known; empty: it is, or none of them can tell
  std::string by;             ///< who closed it: rejected, bypassed
  int reminded = 0;           ///< reminders sent
  bool is_open() const { return state == "open"; }
};

/// What a running step asks people (docs/decisions/0010).
struct Question {
  std::string key;   ///< unique within the attempt: "no-room-1"
  std::string text;  ///< says what is known, and what happens without an answer
  std::vector<std::string> choices;
  Time asked_at{};
  std::optional<Time> until;          ///< then the step decides by itself
  std::optional<Time> closed_at;      ///< answered, or not needed any more
  std::string choice, by, reason;     ///< the answer; no choice: none was needed
  bool is_open() const { return !closed_at; }
};

struct StepState {
  int index = 0;
  std::string id, name, action;
  State state = State::queued;
  std::string reason;
  std::optional<int> exit_code;
  std::optional<Time> started_at, finished_at;
  std::map<std::string, std::string> outputs;
  std::shared_ptr<const Json> progress;  ///< last step.progress payload, or null
  std::string summary;                   ///< Markdown from $FAIRLEAD_SUMMARY
  std::shared_ptr<const Json> record;    ///< what it deployed, for a rollback; or null
  std::optional<Question> question;      ///< the last one that it asked
};

struct JobState {
  std::string id;  ///< key in the plan: "unit", "unit (18)"
  State state = State::queued;
  bool ready = false;  ///< job.queued seen: waits for a slot only
  int attempt = 0;     ///< 0 before the first start
  int base_attempt = 0;  ///< attempts before the last `retry` by a person or the stage: the policy counts from here
  std::string reason;
  std::string executor;
  std::optional<Time> queued_at, started_at, finished_at;
  std::optional<Time> retry_at;  ///< a failed attempt that starts again then
  std::map<std::string, std::string> outputs;
  std::vector<StepState> steps;  ///< of the latest attempt
  std::vector<std::string> artifacts;
  std::vector<std::string> warnings;    ///< "cache not saved: disk full"
  std::shared_ptr<const Json> reports;  ///< {"junit":{tests,failed,skipped,cases:[…]},"coverage":{…}} or null
  bool finishing = false;  ///< started after the run was canceled (`if: always()`): the cancel does not stop it
  RunId taken_from;        ///< not run here: outputs and artifacts are of this run, which built the same commit; else empty
};

struct StageState {
  std::string name, environment;
  State state = State::queued;
  std::string reason;
  int attempt = 1;
  int retries = 0;            ///< `on-failure: retry` used up since a person's retry
  bool finishing = false;     ///< started after the run was canceled (`if: always()`): the cancel does not stop its jobs
  std::string rollback;       ///< `on-failure: rollback`: label of the run that was started, or why there is none
  std::vector<GateState> gates;
  std::vector<JobState> jobs;
  std::optional<Time> started_at, finished_at;
  const GateState* gate(std::string_view key) const;
};

struct CancelRequest {
  std::string by, reason;
  State as = State::canceled;  ///< or superseded
  Time at{};
};

struct RunState {
  RunId id;
  std::string app;
  std::int64_t number = 0;
  State state = State::queued;
  std::string reason;  ///< first line of why: "superseded by shop-api#43"
  std::string ref, branch, tag, before;
  Sha sha;
  std::string message, author;  ///< of the commit
  std::string trigger, actor, trigger_id;
  std::vector<std::string> excluded;  ///< pushers: may not approve when the policy excludes `pusher` (of run.created)
  std::vector<std::string> authors;   ///< commit authors: the same for `commit-authors` (of run.planned)
  std::string start_reason;
  std::shared_ptr<const Json> inputs;         ///< as given
  std::shared_ptr<const Json> start;          ///< whole payload of run.created
  std::string target_environment;             ///< `deploy APP ENV`: only this environment's stage is run after the builds
  RunId reuse;                                ///< run whose builds are to be taken over; empty: any of the same commit
  std::string image;                          ///< given instead of a build: "URI" or "container=URI"
  std::shared_ptr<const Json> recorded;       ///< of a rollback: {job: {step index: record}} to deploy again; or null
  std::string retry_of;
  std::string plan_digest;
  std::shared_ptr<const pipeline::RunPlan> plan;  ///< null before run.planned
  std::vector<std::string> errors;                ///< why it could not be planned; the log of such a run
  std::vector<std::string> notes;                 ///< what a reader should know: "path filter: no base, everything matched"
  std::vector<StageState> stages;
  std::optional<CancelRequest> cancel;
  Time created_at{};
  std::optional<Time> planned_at, started_at, finished_at;
  std::int64_t version = 0;  ///< events folded
  int retried = 0;           ///< times a person retried it; from then on no newer run pushes it aside
  int parked = 0;            ///< run.parked seen: a person has to release it (retry, or cancel)
  bool default_branch = false;               ///< of the repository; decides the band of its jobs
  std::shared_ptr<const PlanIndex> index;    ///< of the plan, for decide; null before run.planned

  const StageState* stage(std::string_view name) const;
  const JobState* job(std::string_view id) const;
};

/// Folds one event of the run's stream. Pure. Unknown types of a newer version are counted and otherwise ignored;
/// an event that is no path of the automaton throws Error(internal) (a bug, never data loss: the log is kept).
void apply(RunState&, const store::Event&);
RunState fold(const std::vector<store::Event>&);

/// Run JSON of interfaces.md (field names are fixed) plus "explain": why each waiting thing waits and until when.
Json run_json(const RunState&);
/// The list form: the same without stages.
Json run_summary_json(const RunState&);
/// Key of the deployment row that an attempt of a stage with an environment writes once it has started; sorts by that time.
std::string deployment_id(const RunId&, const StageState&);
/// Whether a rollback from `last` may go to `earlier`: it succeeded, and is of another version, or of the same with other recorded
/// inputs (another image).
bool leads_back(const store::DeploymentRow& earlier, const store::DeploymentRow& last);

}  // namespace fairlead::engine
