// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "engine/folding.hpp"
#include "engine/plan_index.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/engine/events.hpp"
#include "fairlead/pipeline/plan.hpp"

namespace fairlead::engine {

namespace folding {

void no_path(const RunState& run, const Input& input, std::string_view why) {
  throw Error(ErrorKind::internal, "event " + std::to_string(input.event.version) + " (" + input.event.type + ") of " + input.event.stream +
                                       " does not follow from the run's state (" + std::string(to_string(run.state)) +
                                       "): " + std::string(why));
}

void require(bool condition, const RunState& run, const Input& input, std::string_view why) {
  if (!condition) no_path(run, input, why);
}

StageState& stage_of(RunState& run, const Input& input) {
  const std::string name = text_at(input.payload, "stage");
  const auto stage = std::ranges::find(run.stages, name, &StageState::name);
  if (stage == run.stages.end()) no_path(run, input, "there is no stage " + name);
  return *stage;
}

JobState& job_of(RunState& run, const Input& input) {
  const std::string key = text_at(input.payload, "job");
  const auto place = run.index ? run.index->find(key) : std::nullopt;
  if (!place) no_path(run, input, "there is no job " + key);
  return run.stages[place->stage].jobs[place->job];
}

StageState& stage_with(RunState& run, const JobState& job) { return run.stages[run.index->find(job.id)->stage]; }

std::vector<std::string> texts_at(const Json& payload, std::string_view key) {
  std::vector<std::string> texts;
  for (const auto& value : member(payload, key)) {
    if (value.is_string()) texts.push_back(value.get<std::string>());
  }
  return texts;
}

void refresh(RunState& run) {
  if (is_terminal(run.state)) return;
  bool waits = false;
  for (const auto& stage : run.stages) {
    if (is_terminal(stage.state)) continue;
    waits = waits || stage.state == State::waiting;
    if (std::ranges::any_of(stage.jobs, [](const JobState& job) { return job.state == State::running; })) {
      run.state = State::running;
      return;
    }
  }
  run.state = waits ? State::waiting : run.started_at ? State::running : State::queued;
}

namespace {

std::string without_prefix(const std::string& text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : "";
}

void run_created(RunState& run, const Input& input) {
  require(run.version == 0, run, input, "a run is created once");
  const Json& p = input.payload;
  constexpr std::string_view stream_prefix = "run:";
  run.id = RunId(without_prefix(input.event.stream, stream_prefix));
  run.app = text_at(p, "app");
  run.number = number_at(p, "number");
  run.ref = text_at(p, "ref");
  run.branch = text_at(p, "branch");
  run.tag = text_at(p, "tag");
  if (run.branch.empty()) run.branch = without_prefix(run.ref, "refs/heads/");
  if (run.tag.empty()) run.tag = without_prefix(run.ref, "refs/tags/");
  run.before = text_at(p, "before");
  run.sha = Sha(text_at(p, "sha"));
  run.message = text_at(p, "message");
  run.trigger = text_at(p, "trigger");
  run.actor = text_at(p, "actor");
  run.trigger_id = text_at(p, "trigger_id");
  run.excluded = texts_at(p, "excluded");
  run.start_reason = text_at(p, "reason");
  run.target_environment = text_at(p, "environment");
  run.reuse = RunId(text_at(p, "reuse"));
  run.image = text_at(p, "image");
  run.retry_of = text_at(p, "retry_of");
  run.start = std::make_shared<const Json>(p);
  run.inputs = std::make_shared<const Json>(member(p, "inputs"));
  run.created_at = input.event.at;
}

StepState planned_step(const pipeline::PlanStep& plan) {
  StepState step;
  step.index = static_cast<int>(plan.index);
  step.id = plan.id;
  step.name = plan.name;
  step.action = plan.action;
  return step;
}

StageState planned_stage(const pipeline::PlanStage& plan) {
  StageState stage;
  stage.name = plan.name;
  stage.environment = plan.environment;
  stage.jobs.reserve(plan.jobs.size());
  for (const auto& planned : plan.jobs) {
    JobState& job = stage.jobs.emplace_back();
    job.id = planned.key;
    job.steps.reserve(planned.steps.size());
    for (const auto& step : planned.steps) job.steps.push_back(planned_step(step));
  }
  return stage;
}

void take_over(StageState& stage, const Json& jobs, const std::string& reason) {
  for (auto& job : stage.jobs) {
    const Json& taken = member(jobs, job.id);
    if (!taken.is_object()) continue;
    stage.state = job.state = State::succeeded;
    stage.reason = job.reason = reason;
    job.taken_from = RunId(text_at(taken, "run"));
    for (const auto& [name, value] : member(taken, "outputs").items()) job.outputs[name] = value.get<std::string>();
    for (const auto& name : member(taken, "artifacts")) job.artifacts.push_back(name.get<std::string>());
    for (auto& step : job.steps) step.state = State::skipped, step.reason = reason;
  }
  if (!is_terminal(stage.state)) return;
  for (auto& job : stage.jobs) {
    if (!is_terminal(job.state)) job.state = State::skipped;
  }
}

void run_planned(RunState& run, const Input& input) {
  require(!is_terminal(run.state) && !run.plan, run, input, "a run is planned once");
  const Json& p = input.payload;
  auto plan = std::make_shared<pipeline::RunPlan>(pipeline::plan_from_json(member(p, "plan")));
  run.sha = Sha(text_at(p, "sha", run.sha.str()));
  run.branch = text_at(p, "branch", run.branch);
  run.tag = text_at(p, "tag", run.tag);
  run.message = text_at(p, "message", run.message);
  run.author = text_at(p, "author");
  run.authors = texts_at(p, "excluded");
  run.default_branch = flag_at(p, "default_branch");
  run.plan_digest = text_at(p, "digest");
  run.notes = texts_at(p, "notes");
  run.planned_at = input.event.at;
  run.index = std::make_shared<const PlanIndex>(*plan);
  run.stages.reserve(plan->stages.size());
  for (const auto& stage : plan->stages) run.stages.push_back(planned_stage(stage));
  if (const Json& reused = member(p, "reused"); reused.is_object()) {
    for (auto& stage : run.stages) take_over(stage, member(reused, "jobs"), "built by " + text_at(reused, "label"));
  }
  if (const Json& recorded = member(p, "recorded"); recorded.is_object())
    run.recorded = std::make_shared<const Json>(member(recorded, "steps"));
  run.plan = std::move(plan);
}

State state_at(const RunState& run, const Input& input, std::string_view key) {
  const auto state = parse_state(text_at(input.payload, key));
  if (!state || !is_terminal(*state)) no_path(run, input, "\"" + text_at(input.payload, key) + "\" is not an end");
  return *state;
}

void run_finished(RunState& run, const Input& input) {
  require(!is_terminal(run.state), run, input, "it has ended");
  const State state = state_at(run, input, "state");
  for (auto& stage : run.stages) {
    if (is_terminal(stage.state)) continue;
    const bool runs = std::ranges::any_of(stage.jobs, [](const JobState& job) { return job.state == State::running; });
    require(!runs, run, input, "a job of stage " + stage.name + " is still running");
    const State end = state == State::superseded ? State::superseded : state == State::canceled ? State::canceled : State::skipped;
    close_stage(stage, end, text_at(input.payload, "reason"), input.event.at);
  }
  run.state = state;
  run.reason = text_at(input.payload, "reason");
  run.errors = texts_at(input.payload, "errors");
  run.finished_at = input.event.at;
}

/// A second request, or one that comes after the end, changes nothing.
void run_cancel_requested(RunState& run, const Input& input) {
  if (run.cancel || is_terminal(run.state)) return;
  const auto as = parse_state(text_at(input.payload, "as"));
  run.cancel = CancelRequest{text_at(input.payload, "by", input.event.actor), text_at(input.payload, "reason"),
                             as == State::superseded ? State::superseded : State::canceled, input.event.at};
  run.parked = 0;
}

void reopen(StageState& stage) {
  stage.state = State::queued;
  stage.reason.clear();
  stage.rollback.clear();
  stage.gates.clear();
  stage.started_at.reset();
  stage.finished_at.reset();
  stage.retries = 0;
  stage.finishing = false;
  ++stage.attempt;
}

void run_retried(RunState& run, const Input& input) {
  if (!is_terminal(run.state) && run.parked > 0) {
    run.parked = 0;
    run.reason.clear();
    return;
  }
  require(is_terminal(run.state), run, input, "only what has ended can be retried");
  for (const auto& name : texts_at(input.payload, "stages")) {
    const auto stage = std::ranges::find(run.stages, name, &StageState::name);
    require(stage != run.stages.end(), run, input, "there is no such stage");
    reopen(*stage);
  }
  for (const auto& key : texts_at(input.payload, "jobs")) {
    const auto place = run.index->find(key);
    require(place.has_value(), run, input, "there is no such job");
    reset_job(run.stages[place->stage].jobs[place->job]);
  }
  ++run.retried;
  run.cancel.reset();
  run.errors.clear();
  run.reason.clear();
  run.finished_at.reset();
  run.state = State::queued;
  refresh(run);
}

void run_parked(RunState& run, const Input& input) {
  require(!is_terminal(run.state), run, input, "it has ended");
  ++run.parked;
  run.reason = text_at(input.payload, "reason");
}

struct Rule {
  std::string_view type;
  void (*apply)(RunState&, const Input&);
};

constexpr std::array rules = {
    Rule{events::step_progress, step_progress},
    Rule{events::step_started, step_started},
    Rule{events::step_finished, step_finished},
    Rule{events::step_asked, step_asked},
    Rule{events::step_answered, step_answered},
    Rule{events::job_queued, job_queued},
    Rule{events::job_started, job_started},
    Rule{events::job_finished, job_finished},
    Rule{events::stage_started, stage_started},
    Rule{events::stage_finished, stage_finished},
    Rule{events::stage_retried, stage_retried},
    Rule{events::stage_rolled_back, stage_rolled_back},
    Rule{events::gate_opened, gate_opened},
    Rule{events::gate_voted, gate_voted},
    Rule{events::gate_revoked, gate_revoked},
    Rule{events::gate_closed, gate_closed},
    Rule{events::gate_reminded, gate_reminded},
    Rule{events::run_created, run_created},
    Rule{events::run_planned, run_planned},
    Rule{events::run_finished, run_finished},
    Rule{events::run_cancel_requested, run_cancel_requested},
    Rule{events::run_retried, run_retried},
    Rule{events::run_parked, run_parked},
};

}  // namespace
}  // namespace folding

const StageState* RunState::stage(std::string_view name) const {
  const auto found = std::ranges::find(stages, name, &StageState::name);
  return found == stages.end() ? nullptr : &*found;
}

const JobState* RunState::job(std::string_view key) const {
  const auto place = index ? index->find(key) : std::nullopt;
  return place ? &stages[place->stage].jobs[place->job] : nullptr;
}

const GateState* StageState::gate(std::string_view key) const {
  const auto found = std::ranges::find(gates, key, &GateState::key);
  return found == gates.end() ? nullptr : &*found;
}

void apply(RunState& run, const store::Event& event) {
  constexpr std::size_t depth_limit = 256;  // the plan's own limits are stricter; this is our own text
  const auto rule = std::ranges::find(folding::rules, std::string_view(event.type), &folding::Rule::type);
  if (event.version != run.version + 1) {
    throw Error(ErrorKind::internal,
                event.stream + ": event " + std::to_string(event.version) + " follows event " + std::to_string(run.version));
  }
  if (rule != folding::rules.end()) {
    const Json payload = parse_json(event.payload, depth_limit);
    rule->apply(run, {event, payload});
  }
  run.version = event.version;
}

RunState fold(const std::vector<store::Event>& events) {
  RunState run;
  for (const auto& event : events) apply(run, event);
  return run;
}

}  // namespace fairlead::engine
