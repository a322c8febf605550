// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine/conditions.hpp"
#include "engine/decider.hpp"
#include "fairlead/engine/events.hpp"

namespace fairlead::engine {

namespace {

bool ends_group(const JobState& job) { return job.state == State::failed || job.state == State::lost; }
bool is_active(const JobState& job) { return job.ready || job.state == State::running || job.state == State::waiting; }

}  // namespace

void Decider::jobs(std::size_t index) {
  const StageState& stage = run_.stages[index];
  if (std::ranges::all_of(stage.jobs, [](const JobState& job) { return is_terminal(job.state); })) {
    finish_stage(index);
  } else {
    walk_jobs(index);
  }
}

void Decider::walk_jobs(std::size_t index) {
  const StageState& stage = run_.stages[index];
  auto all = groups(index);
  for (std::size_t j = 0; j < stage.jobs.size(); ++j) {
    const JobState& job = stage.jobs[j];
    if (is_terminal(job.state)) continue;
    Group& group = all[run_.index->stages[index].jobs[j].group];
    if (job.state == State::running) {
      running_job(job, group);
    } else if (stopped(index, j, group)) {
      continue;
    } else if (job.state == State::waiting) {
      waiting_job(job);
    } else if (job.ready) {
      ready_job(index, j);
    } else {
      blocked_job(index, j, group);
    }
  }
}

/// What each matrix is up to: a failed member stops the others (fail-fast), active ones count for max-parallel.
std::vector<Decider::Group> Decider::groups(std::size_t index) const {
  const auto& stage = run_.index->stages[index];
  std::vector<Group> all(stage.group_sizes.size());
  for (std::size_t j = 0; j < stage.jobs.size(); ++j) {
    const JobState& job = run_.stages[index].jobs[j];
    Group& group = all[stage.jobs[j].group];
    const bool fail_fast = stage.jobs[j].plan->fail_fast && stage.group_sizes[stage.jobs[j].group] > 1;
    if (fail_fast && group.failed == nullptr && ends_group(job)) group.failed = &job;
    if (is_active(job)) ++group.active;
  }
  return all;
}

void Decider::running_job(const JobState& job, const Group& group) {
  out_.wants.emplace_back(WantRunning{job.id, job.attempt});
  if (run_.cancel && !job.finishing) {
    out_.wants.emplace_back(WantCancel{job.id, job.attempt, cancel_text(*run_.cancel)});
  } else if (group.failed != nullptr) {
    out_.wants.emplace_back(WantCancel{job.id, job.attempt, group.failed->id + " failed (fail-fast)"});
  }
}

/// Ends a job that has not started when a cancel or its matrix says so; true when nothing more is to be decided about it.
bool Decider::stopped(std::size_t index, std::size_t j, const Group& group) {
  const JobState& job = run_.stages[index].jobs[j];
  if (group.failed != nullptr) {
    end_job(job, State::canceled, group.failed->id + " failed (fail-fast)");
    return true;
  }
  if (!cancels(run_, index) || survives_cancel(run_.index->stages[index].jobs[j].plan->condition)) return false;
  end_job(job, run_.cancel->as, cancel_text(*run_.cancel));
  return true;
}

void Decider::waiting_job(const JobState& job) {
  if (!job.retry_at || *job.retry_at <= world_.now) {
    event(events::job_queued, {{"job", job.id}});
  } else {
    wake(job.retry_at);
  }
}

void Decider::ready_job(std::size_t index, std::size_t j) {
  const JobState& job = run_.stages[index].jobs[j];
  const auto& place = run_.index->stages[index].jobs[j];
  if (place.takes_slot && !world_.slots.contains(job.id)) {
    out_.wants.emplace_back(WantSlot{job.id, band(run_.stages[index])});
    return;
  }
  const std::string& executor = place.plan->executor;
  event(events::job_started, {{"job", job.id}, {"attempt", job.attempt + 1}, {"executor", executor.empty() ? "local" : executor}});
}

void Decider::blocked_job(std::size_t index, std::size_t j, Group& group) {
  const JobState& job = run_.stages[index].jobs[j];
  const auto& place = run_.index->stages[index].jobs[j];
  if (!place.plan->skip.empty()) {
    end_job(job, State::skipped, place.plan->skip);
    return;
  }
  const auto ended = [&](std::size_t need) { return is_terminal(run_.stages[index].jobs[need].state); };
  if (!std::ranges::all_of(place.needs, ended)) return;
  if (place.plan->max_parallel && group.active >= *place.plan->max_parallel) return;
  const Answer answer = job_condition(run_, index, j);
  if (answer.runs) {
    event(events::job_queued, {{"job", job.id}});
    ++group.active;
  } else {
    end_job(job, answer.broken ? State::failed : cancels(run_, index) ? run_.cancel->as : State::skipped, answer.reason);
  }
}

/// 0 control, 1 deploy, 2 default branch, 3 everything else people wait for less, 4 schedule.
int Decider::band(const StageState& stage) const {
  if (run_.trigger == "rollback") return 0;
  if (!stage.environment.empty()) return 1;
  if (run_.trigger == "schedule") return 4;
  return run_.trigger == "pull-request" || (run_.trigger == "push" && !run_.default_branch) ? 3 : 2;
}

State Decider::result_of(std::size_t index) const {
  const StageState& stage = run_.stages[index];
  const auto any = [&](State state) { return std::ranges::any_of(stage.jobs, [&](const JobState& job) { return job.state == state; }); };
  if (cancels(run_, index) && any(State::canceled)) return run_.cancel->as;
  for (const State state : {State::failed, State::lost, State::superseded, State::canceled, State::succeeded}) {
    if (any(state)) return state;
  }
  return stage.jobs.empty() ? State::succeeded : State::skipped;
}

void Decider::finish_stage(std::size_t index) {
  const StageState& stage = run_.stages[index];
  const State result = result_of(index);
  if (retry_stage(index, result)) return;
  std::string reason;
  if (result == State::skipped) {
    reason = "every job was skipped: " + stage.jobs.front().reason;
  } else if (cancels(run_, index) && result == run_.cancel->as) {
    reason = cancel_text(*run_.cancel);
  } else if (result != State::succeeded) {
    reason = first_failure(stage);
  }
  end_stage(index, result, reason);
}

/// `on-failure: retry: N`: the jobs that did not succeed, in the same claim of the environment.
bool Decider::retry_stage(std::size_t index, State result) {
  const StageState& stage = run_.stages[index];
  const auto& policy = run_.index->stages[index].plan->on_failure;
  if (policy.kind != pipeline::OnFailure::Kind::retry || result != State::failed || run_.cancel) return false;
  if (stage.retries >= policy.retries) return false;
  const auto lost = [](const JobState& job) { return job.state == State::lost; };
  if (!stage.environment.empty() && std::ranges::any_of(stage.jobs, lost)) return false;
  std::vector<std::string> again;
  for (const auto& job : stage.jobs) {
    if (job.state != State::succeeded) again.push_back(job.id);
  }
  event(events::stage_retried, {{"stage", stage.name}, {"jobs", again}, {"reason", first_failure(stage)}});
  return true;
}

void Decider::end_job(const JobState& job, State state, const std::string& reason) {
  Json payload{{"job", job.id}, {"state", to_string(state)}, {"reason", reason}};
  if (job.attempt > 0) payload["attempt"] = job.attempt;
  event(events::job_finished, payload);
}

}  // namespace fairlead::engine
