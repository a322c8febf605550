// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine/folding.hpp"

namespace fairlead::engine::folding {

namespace {

/// The stage of a gate event; it must not have begun.
StageState& waiting_stage(RunState& run, const Input& input) {
  StageState& stage = stage_of(run, input);
  require(stage.state == State::queued || stage.state == State::waiting, run, input, "stage " + stage.name + " no longer waits");
  return stage;
}

GateState& gate_of(RunState& run, StageState& stage, const Input& input) {
  const std::string key = text_at(input.payload, "key", "approval");
  const auto gate = std::ranges::find(stage.gates, key, &GateState::key);
  if (gate == stage.gates.end()) no_path(run, input, "stage " + stage.name + " has no gate " + key);
  return *gate;
}

void update_stage(StageState& stage) {
  const bool waits = std::ranges::any_of(stage.gates, &GateState::is_open);
  stage.state = waits ? State::waiting : State::queued;
}

void drop_vote(GateState& gate, const std::string& person) {
  std::erase_if(gate.votes, [&](const Vote& vote) { return vote.person == person; });
}

/// What is approved from now on; what was said to another plan is void.
void take_plan(GateState& gate, const Json& payload) {
  const std::string digest = text_at(payload, "plan_digest");
  if (digest != gate.plan_digest) {
    gate.votes.clear();
    gate.needs = static_cast<int>(number_at(payload, "needs"));
  }
  gate.plan_digest = digest;
  gate.steps_digest = text_at(payload, "steps_digest");
  gate.plan_error = text_at(payload, "plan_error");
  gate.plan.reset();
  if (const Json& plan = member(payload, "plan"); plan.is_array()) gate.plan = std::make_shared<const Json>(plan);
}

}  // namespace

void gate_opened(RunState& run, const Input& input) {
  StageState& stage = waiting_stage(run, input);
  const Json& p = input.payload;
  const std::string key = text_at(p, "key");
  auto gate = std::ranges::find(stage.gates, key, &GateState::key);
  if (gate == stage.gates.end()) gate = stage.gates.insert(stage.gates.end(), GateState{});
  if (!gate->is_open()) {
    *gate = GateState{};
    gate->kind = text_at(p, "kind");
    gate->key = key;
    gate->state = "open";
    gate->opened_at = input.event.at;
    gate->expires_at = time_at(p, "expires_at");
    gate->needs = static_cast<int>(number_at(p, "needs"));
    gate->plan_digest = text_at(p, "plan_digest");
  }
  if (p.contains("steps_digest")) take_plan(*gate, p);
  gate->reason = text_at(p, "reason");
  gate->until = time_at(p, "until");
  update_stage(stage);
  refresh(run);
}

void gate_voted(RunState& run, const Input& input) {
  GateState& gate = gate_of(run, waiting_stage(run, input), input);
  require(gate.is_open(), run, input, "the gate is " + gate.state);
  const Json& p = input.payload;
  Vote vote;
  vote.person = text_at(p, "person");
  vote.approve = flag_at(p, "approve", true);
  vote.reason = text_at(p, "reason");
  vote.at = input.event.at;
  vote.rule = static_cast<int>(number_at(p, "rule", -1));
  vote.via = text_at(p, "via");
  for (const auto& rule : member(p, "rules")) {
    if (rule.is_number_integer()) vote.rules.push_back(rule.get<int>());
  }
  drop_vote(gate, vote.person);
  gate.votes.push_back(std::move(vote));
  gate.needs = static_cast<int>(number_at(p, "needs", gate.needs));
  gate.reason = text_at(p, "missing", gate.reason);
}

void gate_revoked(RunState& run, const Input& input) {
  StageState& stage = waiting_stage(run, input);
  GateState& gate = gate_of(run, stage, input);
  require(gate.is_open() || gate.state == "passed", run, input, "the gate is " + gate.state);
  drop_vote(gate, text_at(input.payload, "person"));
  gate.needs = static_cast<int>(number_at(input.payload, "needs", gate.needs + 1));
  gate.state = "open";
  gate.closed_at.reset();
  gate.reason = text_at(input.payload, "missing", gate.reason);
  update_stage(stage);
  refresh(run);
}

void gate_closed(RunState& run, const Input& input) {
  StageState& stage = waiting_stage(run, input);
  GateState& gate = gate_of(run, stage, input);
  require(gate.is_open(), run, input, "the gate is " + gate.state);
  gate.state = text_at(input.payload, "state", "passed");
  gate.reason = text_at(input.payload, "reason", gate.reason);
  gate.by = text_at(input.payload, "by");
  gate.closed_at = input.event.at;
  gate.until.reset();
  update_stage(stage);
  refresh(run);
}

void gate_reminded(RunState& run, const Input& input) {
  StageState& stage = stage_of(run, input);
  const auto gate = std::ranges::find(stage.gates, "approval", &GateState::key);
  if (gate == stage.gates.end()) return;  // the stage was retried meanwhile
  gate->reminded = std::max(gate->reminded, static_cast<int>(number_at(input.payload, "times", 1)));
}

void close_stage(StageState& stage, State state, const std::string& reason, Time at) {
  const bool began = stage.state == State::running;
  stage.state = state;
  stage.reason = reason;
  stage.finished_at = at;
  for (auto& gate : stage.gates) {
    if (!gate.is_open()) continue;
    gate.state = state == State::superseded ? "superseded" : "canceled";
    gate.closed_at = at;
    gate.until.reset();
  }
  for (auto& job : stage.jobs) {
    if (is_terminal(job.state)) continue;
    job.state = state == State::failed || state == State::lost || state == State::succeeded ? State::skipped : state;
    job.reason = began ? reason : "the stage did not start: " + reason;
    job.ready = false;
    job.retry_at.reset();
    job.finished_at = at;
    for (auto& step : job.steps) step.state = is_terminal(step.state) ? step.state : State::skipped;
  }
}

void stage_started(RunState& run, const Input& input) {
  StageState& stage = waiting_stage(run, input);
  require(std::ranges::none_of(stage.gates, &GateState::is_open), run, input, "a gate of it is still open");
  stage.state = State::running;
  stage.started_at = input.event.at;
  stage.finishing = run.cancel.has_value();
  refresh(run);
}

void stage_finished(RunState& run, const Input& input) {
  StageState& stage = stage_of(run, input);
  require(!is_terminal(stage.state), run, input, "stage " + stage.name + " has ended");
  const auto state = parse_state(text_at(input.payload, "state"));
  require(state && is_terminal(*state), run, input, "\"" + text_at(input.payload, "state") + "\" is not an end");
  const bool runs = std::ranges::any_of(stage.jobs, [](const JobState& job) { return job.state == State::running; });
  require(!runs, run, input, "a job of stage " + stage.name + " is still running");
  close_stage(stage, *state, text_at(input.payload, "reason"), input.event.at);
  refresh(run);
}

void stage_retried(RunState& run, const Input& input) {
  StageState& stage = stage_of(run, input);
  require(stage.state == State::running, run, input, "stage " + stage.name + " is not running");
  for (const auto& key : texts_at(input.payload, "jobs")) {
    const auto job = std::ranges::find(stage.jobs, key, &JobState::id);
    require(job != stage.jobs.end() && is_terminal(job->state), run, input, "job " + key + " has not ended");
    reset_job(*job);
  }
  ++stage.attempt;
  ++stage.retries;
  refresh(run);
}

void stage_rolled_back(RunState& run, const Input& input) {
  StageState& stage = stage_of(run, input);
  require(is_terminal(stage.state) && stage.rollback.empty(), run, input, "stage " + stage.name + " asked for no rollback");
  stage.rollback = text_at(input.payload, "label");
  if (stage.rollback.empty()) stage.rollback = text_at(input.payload, "reason", "there is nothing to go back to");
}

}  // namespace fairlead::engine::folding
