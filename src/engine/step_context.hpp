// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/job_runner.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/engine/action.hpp"

namespace fairlead::engine {

/// What one step needs beyond its job.
struct StepInput {
  const pipeline::PlanStep* plan = nullptr;
  int attempt = 1;
  Json with;
  std::map<std::string, std::string> env;
  std::map<std::string, Secret> secret_env;
  std::string working_directory;
  std::chrono::milliseconds timeout{0};
};

/// The engine's side of an action: journal, memory, log, cancel. Lives as long as the step's coroutine.
class RunStepContext : public StepContext {
 public:
  RunStepContext(JobRunner& runner, StepInput input) : runner_(runner), input_(std::move(input)) {}

  const JobSpec& job() const override { return runner_.spec(); }
  int index() const override;
  const pipeline::PlanStep& plan() const override { return *input_.plan; }
  const Json& with() const override { return input_.with; }
  const std::string& working_directory() const override { return input_.working_directory; }
  const std::map<std::string, std::string>& env() const override { return input_.env; }
  const std::map<std::string, Secret>& secret_env() const override { return input_.secret_env; }
  std::optional<Secret> secret(const std::string& name) const override;
  JobHost& host() override { return runner_.host(); }
  std::chrono::milliseconds timeout() const override { return input_.timeout; }
  const std::string& actor() const override;
  const std::string& environment() const override;
  const Json& recorded() const override;

  Awaitable<std::string> effect(std::string name, store::OpClass, std::string intent, Probe, Act) override;
  Awaitable<void> remember(std::string name, std::string json, bool replace) override;
  Awaitable<std::optional<std::string>> recall(std::string name) override;
  Awaitable<void> progress(std::string json_object) override;
  Awaitable<void> log(std::string line) override;
  bool cancel_requested() const override { return runner_.canceled(); }
  Awaitable<void> canceled() override;
  Awaitable<void> ask(StepQuestion) override;
  std::optional<StepAnswer> answer(const std::string& key) const override;
  Awaitable<void> withdraw() override;
  Awaitable<void> answered() override;
  Time now() const override;

 private:
  std::string step_key() const;
  /// Last question of this step in that state of the run, or nullptr.
  const Question* question(const RunState&) const;
  /// Where an event of this step belongs.
  Json place() const;
  Awaitable<std::string> perform(store::OpRow, Act);

  JobRunner& runner_;
  StepInput input_;
};

/// Ends a step as lost: an effect of class C may or may not have happened, and only a person can tell.
class LostEffect : public Error {
 public:
  using Error::Error;
};

}  // namespace fairlead::engine
