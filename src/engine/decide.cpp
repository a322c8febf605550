// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine/conditions.hpp"
#include "engine/decider.hpp"
#include "fairlead/engine/events.hpp"

namespace fairlead::engine {

namespace {

/// What a person asked for by name is not pushed aside by a newer push.
bool may_be_superseded(const RunState& run) {
  return !run.started_at && !run.cancel && run.retried == 0 && run.target_environment.empty() && run.trigger != "rollback";
}

struct Result {
  State state;
  std::string reason;
};

Result run_result(const RunState& run) {
  const auto first = [&](State state) {
    const auto stage = std::ranges::find(run.stages, state, &StageState::state);
    return stage == run.stages.end() ? nullptr : &*stage;
  };
  if (const auto* stage = first(State::superseded)) return {State::superseded, stage->reason};
  if (run.cancel && first(State::canceled) != nullptr) return {run.cancel->as, cancel_text(*run.cancel)};
  for (const State state : {State::failed, State::lost, State::canceled}) {
    if (const auto* stage = first(state)) return {state, "stage " + stage->name + ": " + stage->reason};
  }
  // A deploy of one environment is what happened there, whatever was built on the way.
  const auto target = std::ranges::find(run.stages, run.target_environment, &StageState::environment);
  if (!run.target_environment.empty() && target != run.stages.end() && target->state == State::skipped) {
    return {State::skipped, "stage " + target->name + ": " + target->reason};
  }
  if (first(State::succeeded) != nullptr) return {State::succeeded, ""};
  if (run.stages.empty()) return {State::skipped, "the pipeline has no stage to run"};
  return {State::skipped, "every stage was skipped: " + run.stages.front().reason};
}

}  // namespace

Decision decide(const RunState& run, const World& world) { return Decider(run, world).decide(); }

Decision Decider::decide() {
  if (is_terminal(run_.state) || run_.parked > 0 || run_.version == 0) return {};
  if (!run_.plan) {
    plan_first();
  } else if (!give_way()) {
    stages();
  }
  if (!out_.events.empty()) {
    out_.wants.clear();
    out_.wake_at.reset();
  }
  return std::move(out_);
}

void Decider::event(std::string_view type, const Json& payload) {
  out_.events.push_back({.type = std::string(type), .payload = dump(payload), .actor = "fairlead"});
}

void Decider::wake(std::optional<Time> at) {
  if (at && (!out_.wake_at || *at < *out_.wake_at)) out_.wake_at = at;
}

void Decider::plan_first() {
  if (!run_.cancel) {
    out_.wants.emplace_back(WantPlan{});
    return;
  }
  event(events::run_finished, {{"state", to_string(run_.cancel->as)}, {"reason", cancel_text(*run_.cancel)}});
}

/// `concurrency: latest`: a run that has not begun makes room for a newer one.
bool Decider::give_way() {
  if (run_.plan->concurrency != pipeline::Concurrency::latest || !world_.superseded_by || !may_be_superseded(run_)) return false;
  const std::string why = "superseded by " + *world_.superseded_by;
  for (std::size_t s = 0; s < run_.stages.size(); ++s) {
    if (run_.stages[s].state == State::running) end_stage(s, State::superseded, why);
  }
  event(events::run_finished, {{"state", to_string(State::superseded)}, {"reason", why}});
  return true;
}

void Decider::stages() {
  want_rollbacks();
  const auto current = std::ranges::find_if(run_.stages, [](const StageState& stage) { return !is_terminal(stage.state); });
  if (current == run_.stages.end()) {
    finish_run();
    return;
  }
  const auto index = static_cast<std::size_t>(current - run_.stages.begin());
  if (current->state == State::running) {
    jobs(index);
  } else {
    consider_stage(index);
  }
}

void Decider::want_rollbacks() {
  for (std::size_t s = 0; s < run_.stages.size(); ++s) {
    const StageState& stage = run_.stages[s];
    if (wants_rollback(run_, s)) out_.wants.emplace_back(WantRollback{stage.name, stage.environment, stage.reason});
  }
}

bool Decider::rollback_pending() const {
  return std::ranges::any_of(out_.wants, [](const Want& want) { return std::holds_alternative<WantRollback>(want); });
}

void Decider::finish_run() {
  if (rollback_pending()) return;
  const auto [state, reason] = run_result(run_);
  event(events::run_finished, {{"state", to_string(state)}, {"reason", reason}});
}

/// Why this run leaves the stage out whatever happens, if it does.
std::optional<std::string> Decider::left_out(std::size_t index) const {
  const auto& plan = *run_.index->stages[index].plan;
  if (!plan.skip.empty()) return plan.skip;
  if (!plan.environment.empty() && run_.trigger == "pull-request") return "runs of pull requests have no environment";
  if (run_.target_environment.empty()) return std::nullopt;
  if (!plan.environment.empty() && plan.environment != run_.target_environment) {
    return "only " + run_.target_environment + " was asked for";
  }
  const auto before = run_.stages.begin() + static_cast<std::ptrdiff_t>(index);
  const bool passed =
      std::any_of(run_.stages.begin(), before, [&](const StageState& s) { return s.environment == run_.target_environment; });
  if (passed && plan.environment.empty()) return "only " + run_.target_environment + " was asked for";
  return std::nullopt;
}

void Decider::consider_stage(std::size_t index) {
  if (const auto why = left_out(index)) {
    end_stage(index, State::skipped, *why);
  } else if (may_start(index) && pass_gates(index) == Passage::open) {
    start_stage(index);
  }
}

/// The condition is asked once, before the first gate; a cancel asks again. After a cancel no environment is touched.
bool Decider::may_start(std::size_t index) {
  const StageState& stage = run_.stages[index];
  if (run_.cancel && !stage.environment.empty()) {
    end_stage(index, run_.cancel->as, cancel_text(*run_.cancel));
    return false;
  }
  if (!stage.gates.empty() && !run_.cancel) return true;
  const Answer answer = stage_condition(run_, index);
  if (answer.runs) return true;
  const State end = answer.broken ? State::failed : run_.cancel ? run_.cancel->as : State::skipped;
  end_stage(index, end, answer.reason);
  return false;
}

void Decider::start_stage(std::size_t index) {
  const StageState& stage = run_.stages[index];
  event(events::stage_started, {{"stage", stage.name}});
  if (!stage.environment.empty()) out_.claims.push_back({stage.environment});
  if (!run_.cancel) walk_jobs(index);  // what needs nothing is queued in the same breath
}

void Decider::end_stage(std::size_t index, State state, const std::string& reason) {
  const StageState& stage = run_.stages[index];
  event(events::stage_finished, {{"stage", stage.name}, {"state", to_string(state)}, {"reason", reason}});
  if (!stage.environment.empty() && stage.state == State::running) out_.releases.push_back({stage.environment});
}

}  // namespace fairlead::engine
