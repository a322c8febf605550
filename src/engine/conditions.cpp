// SPDX-License-Identifier: Apache-2.0
#include "engine/conditions.hpp"

#include <algorithm>

#include "fairlead/base/error.hpp"
#include "fairlead/pipeline/expression.hpp"

namespace fairlead::engine {

using pipeline::Status;

namespace {

bool is_bad(State state) { return state == State::failed || state == State::lost || state == State::canceled; }

Json jobs_context(const RunState& run, std::size_t last_stage) {
  Json jobs = Json::object();
  for (std::size_t s = 0; s <= last_stage; ++s) {
    for (std::size_t j = 0; j < run.stages[s].jobs.size(); ++j) {
      const JobState& job = run.stages[s].jobs[j];
      if (!is_terminal(job.state)) continue;
      Json& entry = jobs[run.index->stages[s].jobs[j].plan->id];
      if (!entry.is_object()) entry = {{"outputs", Json::object()}, {"result", to_string(job.state)}};
      for (const auto& [name, value] : job.outputs) entry["outputs"][name] = value;
      if (is_bad(job.state)) entry["result"] = to_string(job.state);
    }
  }
  return jobs;
}

pipeline::Scope scope_of(const RunState& run, std::size_t stage, Status status) {
  pipeline::Scope scope;
  scope.contexts = stage_contexts(run, stage);
  scope.status = status;
  return scope;
}

Answer evaluate(const std::string& condition, const pipeline::Scope& scope, const std::string& otherwise) {
  try {
    if (pipeline::holds(condition, scope)) return {.runs = true, .broken = false, .reason = {}};
  } catch (const Error& error) {
    return {.runs = false, .broken = true, .reason = "cannot evaluate `if: " + condition + "`: " + error.message()};
  }
  return {.runs = false, .broken = false, .reason = otherwise.empty() ? "`if: " + condition + "` does not hold" : otherwise};
}

bool names_status(const std::string& condition) {
  const auto parsed = pipeline::parse_condition(condition);
  if (!parsed) return false;
  const auto names = parsed->functions();
  return std::ranges::any_of(
      names, [](const std::string& name) { return name == "success" || name == "failure" || name == "always" || name == "canceled"; });
}

/// The needed job because of which this one may not run: it failed, or was skipped because of one that did.
const JobState* failed_need(const RunState& run, std::size_t stage, std::size_t job) {
  for (const std::size_t need : run.index->stages[stage].jobs[job].needs) {
    const JobState& other = run.stages[stage].jobs[need];
    if (is_bad(other.state)) return &other;
    if (other.state != State::skipped) continue;
    if (const JobState* cause = failed_need(run, stage, need)) return cause;
  }
  return nullptr;
}

const JobState* skipped_need(const RunState& run, std::size_t stage, std::size_t job) {
  for (const std::size_t need : run.index->stages[stage].jobs[job].needs) {
    const JobState& other = run.stages[stage].jobs[need];
    if (other.state == State::skipped) return &other;
  }
  return nullptr;
}

}  // namespace

Json stage_contexts(const RunState& run, std::size_t stage) {
  Json contexts = run.plan->contexts;
  contexts["environment"] = run.stages[stage].environment;
  contexts["jobs"] = jobs_context(run, stage);
  return contexts;
}

std::string cancel_text(const CancelRequest& cancel) {
  if (cancel.as == State::superseded) return cancel.reason;
  return "canceled by " + cancel.by + (cancel.reason.empty() ? "" : ": " + cancel.reason);
}

bool cancels(const RunState& run, std::size_t stage) { return run.cancel && !run.stages[stage].finishing; }

bool survives_cancel(const std::string& condition) {
  if (condition.empty()) return false;
  const auto parsed = pipeline::parse_condition(condition);
  if (!parsed) return false;
  const auto names = parsed->functions();
  return std::ranges::any_of(names, [](const std::string& name) { return name == "always" || name == "canceled"; });
}

Answer stage_condition(const RunState& run, std::size_t stage) {
  const StageState* failed = nullptr;
  bool canceled = run.cancel.has_value();
  for (std::size_t s = 0; s < stage; ++s) {
    const State state = run.stages[s].state;
    if (failed == nullptr && (state == State::failed || state == State::lost)) failed = &run.stages[s];
    canceled = canceled || state == State::canceled || state == State::superseded;
  }
  const std::string& condition = run.index->stages[stage].plan->condition;
  const Status status = canceled ? Status::canceled : failed != nullptr ? Status::failure : Status::success;
  std::string why;
  if (canceled)
    why = run.cancel ? cancel_text(*run.cancel) : "an earlier stage was canceled";
  else if (failed != nullptr)
    why = "stage " + failed->name + " " + std::string(to_string(failed->state));
  if (condition.empty()) return {.runs = status == Status::success, .broken = false, .reason = why};
  return evaluate(condition, scope_of(run, stage, status), why);
}

Answer job_condition(const RunState& run, std::size_t stage, std::size_t job) {
  const auto& plan = *run.index->stages[stage].jobs[job].plan;
  std::string why;
  Status status = Status::success;
  if (cancels(run, stage)) {
    status = Status::canceled;
    why = cancel_text(*run.cancel);
  } else if (const JobState* need = failed_need(run, stage, job)) {
    status = Status::failure;
    why = "it needs " + need->id + ", which " + (need->state == State::failed ? "failed" : "was " + std::string(to_string(need->state)));
  } else if (const JobState* skipped = skipped_need(run, stage, job); skipped != nullptr && !names_status(plan.condition)) {
    return {.runs = false, .broken = false, .reason = "it needs " + skipped->id + ", which was skipped"};
  }
  if (plan.condition.empty()) return {.runs = status == Status::success, .broken = false, .reason = why};
  auto scope = scope_of(run, stage, status);
  scope.contexts["matrix"] = plan.matrix;
  return evaluate(plan.condition, scope, why);
}

std::string first_failure(const StageState& stage) {
  for (const State wanted : {State::failed, State::lost, State::canceled}) {
    const auto job = std::ranges::find(stage.jobs, wanted, &JobState::state);
    if (job != stage.jobs.end()) return job->id + ": " + (job->reason.empty() ? std::string(to_string(wanted)) : job->reason);
  }
  return "";
}

}  // namespace fairlead::engine
