// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/json_fwd.hpp"
#include "fairlead/base/secret.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/engine/executor.hpp"
#include "fairlead/engine/state.hpp"
#include "fairlead/store/rows.hpp"

namespace fairlead::pipeline {
struct PlanStep;
}

namespace fairlead::engine {

struct StepOutcome {
  State state = State::succeeded;
  std::string reason;
  std::optional<int> exit_code;
  std::map<std::string, std::string> outputs;
  std::map<std::string, std::string> env;  ///< for later steps of the job
  std::string summary;
  bool timed_out = false;
  std::string record;  ///< JSON object of what was deployed, immutable: what a rollback to this run deploys again; empty: nothing
};

/// A probe's answer: the recorded-as-done result, or nothing (it was not done).
using Probe = std::function<Awaitable<std::optional<std::string>>()>;
/// Performs the effect with its idempotency key; returns the result (JSON text) to record.
using Act = std::function<Awaitable<std::string>(std::string key)>;

/// What a step asks people when it cannot know what is right.
struct StepQuestion {
  std::string key;  ///< unique within the step; asking again after a restart is the same question
  std::string text;
  std::vector<std::string> choices;
  std::optional<Time> until;  ///< what people are told; the action itself decides then
};
struct StepAnswer {
  std::string choice, by;
};

/// What an action sees of its step. Lives as long as the step's coroutine; io thread.
class StepContext {
 public:
  virtual ~StepContext() = default;

  virtual const JobSpec& job() const = 0;
  virtual int index() const = 0;
  /// The step as planned: shell, no-output timeout, name. Its `with`, `env` and `working_directory` may be unresolved.
  virtual const pipeline::PlanStep& plan() const = 0;
  /// The action's own map, expressions evaluated, secrets left as {"$secret": NAME}.
  virtual const Json& with() const = 0;
  virtual const std::string& working_directory() const = 0;  ///< relative to the workspace
  /// Environment of the step, plain and secret.
  virtual const std::map<std::string, std::string>& env() const = 0;
  virtual const std::map<std::string, Secret>& secret_env() const = 0;
  virtual std::optional<Secret> secret(const std::string& name) const = 0;
  virtual JobHost& host() = 0;
  virtual std::chrono::milliseconds timeout() const = 0;
  /// Person who asked for the run, for notifications and session names.
  virtual const std::string& actor() const = 0;
  virtual const std::string& environment() const = 0;  ///< empty when the stage has none
  /// In a rollback: the `record` of this step in the run that is gone back to. Null when it left none, and in every other run.
  virtual const Json& recorded() const = 0;

  /// One outside effect through the op journal (architecture.md §4). The intent is durable before `act` is called and the
  /// result before this returns. After a restart: done → its recorded result; intent without result → `probe`; then
  /// class A and B repeat with the same key, class C ends the step as lost.
  virtual Awaitable<std::string> effect(std::string name, store::OpClass, std::string intent, Probe, Act) = 0;
  /// Facts that a later decision needs; durable before it returns; the first value stays unless `replace`.
  virtual Awaitable<void> remember(std::string name, std::string json, bool replace = false) = 0;
  virtual Awaitable<std::optional<std::string>> recall(std::string name) = 0;
  /// step.progress event: what the page and the card draw. Coalesced, never blocks.
  virtual Awaitable<void> progress(std::string json_object) = 0;
  virtual Awaitable<void> log(std::string line) = 0;
  /// True when the step should stop at its next safe point; `canceled()` resumes then.
  virtual bool cancel_requested() const = 0;
  virtual Awaitable<void> canceled() = 0;
  /// Asks people, once per key; durable before it returns. One question at a time: the next takes the place of the last.
  virtual Awaitable<void> ask(StepQuestion) = 0;
  /// The answer; nullopt while there is none.
  virtual std::optional<StepAnswer> answer(const std::string& key) const = 0;
  /// Whatever is still asked needs no answer any more.
  virtual Awaitable<void> withdraw() = 0;
  /// Resumes when somebody answers, or the step is canceled.
  virtual Awaitable<void> answered() = 0;
  virtual Time now() const = 0;
};

/// Something found before anything is changed: a fatal one would end the step at its start.
struct PlanProblem {
  bool fatal = true;
  std::string text;    ///< one sentence
  std::string advice;  ///< the next step; may be empty
};

/// What a step would do if it ran now, found out by reading only.
struct ActionPlan {
  std::vector<std::string> lines;       ///< for people
  std::shared_ptr<const Json> details;  ///< the same as an object; or null
  std::string digest;                   ///< of what an approval binds to: changes when, and only when, another thing would happen
  std::vector<PlanProblem> problems;
};

/// What an action sees of a step that does not run yet. Lives as long as the plan's coroutine; io thread.
class PlanContext {
 public:
  virtual ~PlanContext() = default;
  virtual const std::string& environment() const = 0;
  /// As StepContext::with; what only a job that has not run yet can tell is left as {"$expr": text}.
  virtual const Json& with() const = 0;
  /// As JobSpec::contexts, without what is not known yet.
  virtual const Json& contexts() const = 0;
  /// As StepContext::recorded.
  virtual const Json& recorded() const = 0;
  /// Text of a file of the commit, at its path in the workspace; nullopt when it is not there.
  virtual Awaitable<std::optional<std::string>> file(std::string path) = 0;
  /// Whether other jobs or earlier steps may write outputs and files for this one: what the commit has is not all that there will be.
  virtual bool early() const = 0;
};

/// A kind of step. Stateless; one object serves all runs.
class Action {
 public:
  virtual ~Action() = default;
  virtual std::string_view name() const = 0;
  /// Whether it ends by itself when `timeout()` has passed, because it has something to undo or is timed elsewhere. Otherwise the
  /// engine ends its coroutine.
  virtual bool keeps_time() const { return false; }
  /// Whether it can say what it would do: `plan` is asked, and approvals of its stage bind to the answer.
  virtual bool plans() const { return false; }
  /// Reads only. An error of kind unavailable or timeout that leaves it means "cannot be told now", any other is a problem of the plan.
  virtual Awaitable<ActionPlan> plan(PlanContext&) { co_return ActionPlan{}; }
  /// Errors that leave it fail the step with their message and hint.
  virtual Awaitable<StepOutcome> run(StepContext&) = 0;
};

using Actions = std::map<std::string, std::shared_ptr<Action>, std::less<>>;

}  // namespace fairlead::engine
