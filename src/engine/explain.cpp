// SPDX-License-Identifier: Apache-2.0
#include "engine/explain.hpp"

#include <algorithm>

#include "engine/plan_index.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::engine {

namespace {

std::string job_reason(const RunState& run, std::size_t s, std::size_t j) {
  const JobState& job = run.stages[s].jobs[j];
  const auto& place = run.index->stages[s].jobs[j];
  if (job.state == State::waiting) return "attempt " + std::to_string(job.attempt) + ": " + job.reason + "; it starts again";
  if (job.ready) return "waits for a free slot" + (place.plan->executor.empty() ? "" : " of executor " + place.plan->executor);
  std::vector<std::string> needs;
  for (const std::size_t need : place.needs) {
    if (!is_terminal(run.stages[s].jobs[need].state)) needs.push_back(run.stages[s].jobs[need].id);
  }
  if (!needs.empty()) return "needs " + join(needs, ", ");
  if (place.plan->max_parallel)
    return "max-parallel: " + std::to_string(*place.plan->max_parallel) + " of " + place.plan->id + " at a time";
  return "about to be queued";
}

void explain_stage(const RunState& run, std::size_t s, std::vector<Waiting>& out) {
  const StageState& stage = run.stages[s];
  for (const auto& gate : stage.gates) {
    if (gate.is_open()) out.push_back({stage.name, "", gate.key, gate.reason, gate.until});
  }
  if (stage.state != State::running) return;
  for (std::size_t j = 0; j < stage.jobs.size(); ++j) {
    const JobState& job = stage.jobs[j];
    for (const auto& step : job.steps) {
      if (job.state != State::running || !step.question || !step.question->is_open()) continue;
      out.push_back({stage.name, job.id, "",
                     "asks: " + step.question->text + " Answer: fairlead answer " + run.app + "#" + std::to_string(run.number) + " " +
                         join(step.question->choices, "|"),
                     step.question->until});
    }
    if (is_terminal(job.state) || job.state == State::running) continue;
    out.push_back({stage.name, job.id, "", job_reason(run, s, j), job.retry_at});
  }
}

}  // namespace

std::vector<Waiting> explain(const RunState& run) {
  std::vector<Waiting> out;
  if (is_terminal(run.state)) return out;
  if (run.parked > 0) {
    out.push_back({"", "", "", "parked: " + run.reason + "; retry releases it", std::nullopt});
    return out;
  }
  if (!run.plan) {
    out.push_back({"", "", "", "the commit is being fetched and its pipeline read", std::nullopt});
    return out;
  }
  std::string previous;
  for (std::size_t s = 0; s < run.stages.size(); ++s) {
    const StageState& stage = run.stages[s];
    if (is_terminal(stage.state)) continue;
    explain_stage(run, s, out);
    if (!previous.empty()) out.push_back({stage.name, "", "", "comes after stage " + previous, std::nullopt});
    previous = stage.name;
  }
  return out;
}

}  // namespace fairlead::engine
