// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "engine/actor.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/engine/action.hpp"
#include "fairlead/engine/executor.hpp"
#include "fairlead/pipeline/expression.hpp"
#include "fairlead/pipeline/plan.hpp"

namespace fairlead::engine {

/// One attempt of one job: opens it at its executor, walks its steps, reports. Started again from its first line after a
/// restart of the server: what is done answers at once. io thread.
class JobRunner : public std::enable_shared_from_this<JobRunner> {
 public:
  JobRunner(std::shared_ptr<RunActor>, std::string job, int attempt);

  Awaitable<void> run();
  /// Idempotent. The job still reports its end.
  void cancel(const std::string& reason);

  bool canceled() const { return canceled_; }
  Signal& cancel_signal() { return cancel_signal_; }
  const JobSpec& spec() const { return spec_; }
  JobHost& host() { return *host_; }
  RunActor& actor() { return *actor_; }

 private:
  struct End {
    State state = State::succeeded;
    std::string reason;
    std::optional<int> exit_code;
    bool timed_out = false;
  };

  Awaitable<End> work();
  Awaitable<std::optional<End>> open();
  Awaitable<void> collect_secrets();
  Awaitable<void> walk_steps();
  Awaitable<void> step(const pipeline::PlanStep&);
  Awaitable<StepOutcome> perform(const pipeline::PlanStep&, pipeline::Scope);
  Awaitable<StepOutcome> act(const pipeline::PlanStep&, const Json& with, const Json& env, std::chrono::milliseconds timeout);
  Awaitable<void> watch_deadline(std::weak_ptr<JobRunner>, Time deadline);
  Awaitable<void> report(End);
  Awaitable<void> recall();
  void take(const pipeline::PlanStep&, const StepState&, const Json& env, bool timed_out);
  void finish_step(const pipeline::PlanStep&, const StepOutcome&);
  pipeline::Scope scope() const;
  Json event(int step) const;
  void prepare_spec();
  std::map<std::string, std::string> standard_env() const;

  std::shared_ptr<RunActor> actor_;
  std::shared_ptr<const pipeline::RunPlan> plan_;
  std::shared_ptr<const pipeline::PlanJob> job_;
  const pipeline::PlanStage* stage_ = nullptr;
  std::string name_;
  int attempt_;
  JobSpec spec_;
  Json job_env_ = Json::object();  ///< evaluated, secrets as markers
  std::unique_ptr<JobHost> host_;
  Json steps_ = Json::object();    ///< the `steps` context
  Json extra_env_ = Json::object();  ///< from $FAIRLEAD_ENV of the steps so far
  std::map<std::int64_t, Json> recalled_;  ///< step.finished payloads of an earlier server, by index
  End end_;
  bool canceled_ = false;
  bool timed_out_ = false;
  std::string cancel_reason_;
  Signal cancel_signal_;
};

}  // namespace fairlead::engine
