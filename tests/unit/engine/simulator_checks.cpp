// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <tuple>

#include "engine/explain.hpp"
#include "engine/gate_plan.hpp"
#include "simulator_run.hpp"

namespace fairlead::engine::test {

namespace {

bool same_json(const std::shared_ptr<const Json>& a, const std::shared_ptr<const Json>& b) { return a == b || (a && b && *a == *b); }

auto facts_of(const StepState& s) {
  return std::tie(s.index, s.id, s.name, s.action, s.state, s.reason, s.exit_code, s.started_at, s.finished_at, s.outputs, s.summary);
}
auto facts_of(const JobState& j) {
  return std::tie(j.id, j.state, j.ready, j.attempt, j.base_attempt, j.reason, j.executor, j.queued_at, j.started_at, j.finished_at,
                  j.retry_at, j.outputs, j.artifacts, j.warnings, j.finishing);
}
auto facts_of(const Vote& v) { return std::tie(v.person, v.approve, v.reason, v.at, v.rule, v.rules, v.via); }
auto facts_of(const GateState& g) {
  return std::tie(g.kind, g.key, g.state, g.reason, g.until, g.opened_at, g.closed_at, g.expires_at, g.needs, g.plan_digest, g.steps_digest,
                  g.plan_error, g.by, g.reminded);
}
auto facts_of(const StageState& s) {
  return std::tie(s.name, s.environment, s.state, s.reason, s.attempt, s.retries, s.finishing, s.rollback, s.started_at, s.finished_at);
}
auto facts_of(const RunState& r) {
  return std::tie(r.id, r.app, r.number, r.state, r.reason, r.ref, r.branch, r.tag, r.sha, r.trigger, r.actor, r.excluded, r.authors,
                  r.start_reason, r.target_environment, r.plan_digest, r.errors, r.notes, r.created_at, r.planned_at, r.started_at,
                  r.finished_at, r.version, r.retried, r.parked, r.default_branch);
}

template <class T>
bool all_same(const std::vector<T>& a, const std::vector<T>& b, bool (*same_parts)(const T&, const T&)) {
  return std::ranges::equal(a, b, [&](const T& x, const T& y) { return facts_of(x) == facts_of(y) && same_parts(x, y); });
}

bool same_step(const StepState& a, const StepState& b) { return same_json(a.progress, b.progress); }
bool same_vote(const Vote&, const Vote&) { return true; }
bool same_gate(const GateState& a, const GateState& b) { return all_same(a.votes, b.votes, same_vote) && same_json(a.plan, b.plan); }
bool same_job(const JobState& a, const JobState& b) { return all_same(a.steps, b.steps, same_step) && same_json(a.reports, b.reports); }
bool same_stage(const StageState& a, const StageState& b) {
  return all_same(a.gates, b.gates, same_gate) && all_same(a.jobs, b.jobs, same_job);
}

}  // namespace

bool same(const RunState& a, const RunState& b) {
  const bool cancels =
      a.cancel.has_value() == b.cancel.has_value() && (!a.cancel || (a.cancel->by == b.cancel->by && a.cancel->at == b.cancel->at));
  return facts_of(a) == facts_of(b) && cancels && all_same(a.stages, b.stages, same_stage);
}

void Simulator::check_event(Run& run, const store::Event& event) {
  check_transitions(run, event);
  if (event.type == events::job_started || event.type == events::stage_started) check_start(run, event);
  if (event.type == events::run_created && run.state.version != 1) violation(run, "created twice (I1)");
  if (run.state.version > 1 && run.log.empty()) violation(run, "has no beginning (I2)");
  if (run.over() && run.state.state != State::succeeded && run.state.reason.empty()) violation(run, "ended without a reason");
}

/// I3: what has ended stays as it ended, except by a retry; and nothing jumps.
void Simulator::check_transitions(Run& run, const store::Event& event) {
  const bool retried = event.type == events::run_retried || event.type == events::stage_retried;
  const auto look = [&](const std::string& name, State now) {
    const auto [seen, is_new] = run.seen.try_emplace(name, now);
    const State before = std::exchange(seen->second, now);
    if (is_new || before == now) return;
    if (is_terminal(before) && !retried) {
      violation(run, name + " was " + std::string(to_string(before)) + " and is " + std::string(to_string(now)) + " after " + event.type +
                         " (I3)");
    }
    if (before == State::running && now == State::queued) violation(run, name + " went back to queued (I3)");
  };
  look("run", run.state.state == State::running || run.state.state == State::waiting ? State::queued : run.state.state);
  for (const auto& stage : run.state.stages) {
    look("stage " + stage.name, stage.state);
    for (const auto& job : stage.jobs) {
      look("job " + job.id, job.state);
      if (retried && job.state == State::queued && job.base_attempt == job.attempt) ++run.rounds[job.id];
    }
  }
}

void Simulator::check_start(Run& run, const store::Event& event) {
  const Json payload = parse_json(event.payload);
  if (event.type == events::stage_started) {
    const StageState& stage = *run.state.stage(text_at(payload, "stage"));
    const bool automatic = run.state.trigger == "rollback" && run.state.actor == "fairlead";
    if (stage.environment == "production" && !automatic) check_quorum(run, stage);
    if (!stage.environment.empty() && !automatic) {
      const auto& facts = environments_[stage.environment].facts;
      if (facts.lock || facts.calendar_closed) violation(run, "went through a closed door to " + stage.environment);
    }
    if (run.canceled && !stage.environment.empty()) violation(run, "an environment is touched after the cancel (I14)");
    return;
  }
  const std::string key = text_at(payload, "job");
  const JobState& job = *run.state.job(key);
  const auto* planned = find_job(*run.state.plan, key);
  // Each round (of a person, or of on-failure: retry) may use up the policy's attempts.
  if (job.attempt > planned->retry.attempts * (1 + run.rounds[key])) violation(run, key + " started too often (I4)");
  if (job.attempt - job.base_attempt > planned->retry.attempts) violation(run, key + " started more often than its policy allows (I4)");
  const StageState& stage = *std::ranges::find_if(
      run.state.stages, [&](const StageState& one) { return std::ranges::find(one.jobs, key, &JobState::id) != one.jobs.end(); });
  if (run.canceled && !stage.finishing && planned->condition != "always()") violation(run, key + " started after the cancel (I14)");
}

/// I10, by trying all ways to count, not by the engine's matching.
void Simulator::check_quorum(Run& run, const StageState& stage) {
  const GateState* gate = stage.gate("approval");
  if (gate == nullptr) return violation(run, "production started without asking (I10)");
  if (gate->state == "bypassed") {
    const auto groups = run.groups_at_vote.find(gate->by);
    if (groups == run.groups_at_vote.end() || !groups->second.contains("slack:@leads"))
      violation(run, "bypassed by someone who may not (I10)");
    return;
  }
  if (gate->state != "passed") return violation(run, "production started with its approval " + gate->state + " (I10)");
  if (gate->expires_at && *gate->closed_at >= *gate->expires_at) violation(run, "an expired approval opened (I10)");
  check_plan(run, stage, *gate);
  bool quorum = false;
  for (const auto& first : gate->votes) {
    for (const auto& second : gate->votes) {
      if (first.person == second.person || !first.approve || !second.approve) continue;
      quorum = quorum ||
               (run.groups_at_vote[first.person].contains("slack:@deployers") && run.groups_at_vote[second.person].contains("slack:@sre"));
    }
  }
  if (!quorum) violation(run, "approved without the required people (I10)");
  for (const auto& vote : gate->votes) {
    if (vote.person == run.state.actor || std::ranges::find(run.state.excluded, vote.person) != run.state.excluded.end()) {
      violation(run, "approved by " + vote.person + ", who is excluded (I10)");
    }
  }
}

/// What was approved is what everybody who approved it saw, and what was told in the last moment.
void Simulator::check_plan(Run& run, const StageState& stage, const GateState& gate) {
  if (gate.plan_digest != bound_digest(run.state.plan_digest, gate.steps_digest)) violation(run, "approved for another plan (I10)");
  for (const auto& vote : gate.votes) {
    if (vote.approve && run.digest_at_vote[vote.person] != gate.plan_digest) violation(run, vote.person + " approved another plan (I10)");
  }
  const auto& jobs = run.state.plan->stages[static_cast<std::size_t>(&stage - run.state.stages.data())].jobs;
  const bool tells = seed_ % 3 != 0 && std::ranges::any_of(jobs, [](const pipeline::PlanJob& job) { return job.skip.empty(); });
  if (!tells) return;
  if (gate.steps_digest.empty()) violation(run, "an unknown plan was approved (I10)");
  const auto fact = run.plans.find(stage.name);
  const bool told = fact != run.plans.end() && fact->second.known && now_ - fact->second.at <= std::chrono::seconds(10);
  if (!told) violation(run, "went on without asking again what it would do (I10)");
  if (told && fact->second.digest != gate.steps_digest) violation(run, "does another thing than what was approved (I10)");
}

/// A decision without events says what goes on; something has to, or the run would never end.
void Simulator::check_decision(Run& run, const Decision& decision) {
  if (run.over()) {
    if (!decision.wants.empty()) violation(run, "wants something after its end");
    return;
  }
  std::size_t wanted = 0, running = 0;
  bool open = false;
  for (const auto& want : decision.wants) wanted += std::holds_alternative<WantRunning>(want) ? 1 : 0;
  for (const auto& stage : run.state.stages) {
    open = open || std::ranges::any_of(stage.gates, &GateState::is_open);
    for (const auto& job : stage.jobs) running += job.state == State::running ? 1 : 0;
  }
  if (run.state.parked > 0) return;
  for (const auto& stage : run.state.stages) {
    const GateState* gate = stage.gate("approval");
    if (gate != nullptr && gate->is_open() && gate->expires_at && now_ >= *gate->expires_at)
      violation(run, "an expired approval stays open (I10)");
  }
  if (wanted != running) violation(run, "does not want all its running jobs");
  if (decision.wants.empty() && !decision.wake_at && !open) violation(run, "waits for nothing");
  if (run.state.state == State::waiting && explain(run.state).empty()) violation(run, "does not say why it waits");
}

/// I12: the state is what its log folds to.
RunState Simulator::check_refold(Run& run) {
  RunState again = fold(run.log);
  tally_.refolds += static_cast<std::int64_t>(run.log.size());
  if (!same(again, run.state)) violation(run, "is not what its log folds to (I12)");
  return again;
}

}  // namespace fairlead::engine::test
