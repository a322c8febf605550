// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine/plan_index.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/engine/events.hpp"
#include "fairlead/engine/world.hpp"

namespace fairlead::engine {

namespace {

/// 2 s, 8 s, 32 s, … at most 5 min: long enough for what was busy, short enough for someone who watches.
Duration back_off(int attempts_made) {
  constexpr Duration first = std::chrono::seconds(2);
  constexpr Duration most = std::chrono::minutes(5);
  Duration delay = first;
  for (int i = 1; i < attempts_made && delay < most; ++i) delay *= 4;
  return std::min(delay, most);
}

bool wants_again(const pipeline::Retry& policy, const AttemptEnd& end) {
  if (end.state == State::lost) return policy.on_lost;
  if (end.state != State::failed) return false;
  if (policy.on_failure || (policy.on_timeout && end.timed_out)) return true;
  return end.exit_code && std::ranges::find(policy.on_exit, *end.exit_code) != policy.on_exit.end();
}

bool matrix_gave_up(const RunState& run, PlanIndex::Place place) {
  const auto& stage = run.index->stages[place.stage];
  const auto& job = stage.jobs[place.job];
  if (!job.plan->fail_fast) return false;
  for (std::size_t j = 0; j < stage.jobs.size(); ++j) {
    const State state = run.stages[place.stage].jobs[j].state;
    if (stage.jobs[j].group == job.group && (state == State::failed || state == State::lost)) return true;
  }
  return false;
}

bool fell_short(State state) { return state != State::succeeded && is_terminal(state); }

/// From here on everything is done again; `all` takes the successful jobs of this stage too.
std::size_t first_to_retry(const RunState& run) {
  const auto bad = [](const StageState& stage) { return fell_short(stage.state) && stage.state != State::skipped; };
  return static_cast<std::size_t>(std::ranges::find_if(run.stages, bad) - run.stages.begin());
}

store::NewEvent retried(const std::string& who, const std::vector<std::string>& stages, const std::vector<std::string>& jobs) {
  return {.type = std::string(events::run_retried), .payload = dump({{"by", who}, {"stages", stages}, {"jobs", jobs}}), .actor = who};
}

}  // namespace

std::optional<Time> retry_at(const RunState& run, std::string_view key, const AttemptEnd& end, Time now) {
  const auto place = run.index ? run.index->find(key) : std::nullopt;
  if (!place || run.cancel || matrix_gave_up(run, *place)) return std::nullopt;
  const StageState& stage = run.stages[place->stage];
  const JobState& job = stage.jobs[place->job];
  const auto& policy = run.index->stages[place->stage].jobs[place->job].plan->retry;
  const int made = job.attempt - job.base_attempt;
  if (made >= policy.attempts || !wants_again(policy, end)) return std::nullopt;
  if (end.state == State::lost && !stage.environment.empty()) return std::nullopt;
  return now + back_off(made);
}

store::NewEvent retry_event(const RunState& run, const std::string& who, bool all) {
  const std::string label = run.app + "#" + std::to_string(run.number);
  if (!is_terminal(run.state)) {
    if (run.parked > 0) return retried(who, {}, {});
    throw Error(ErrorKind::refused, label + " is still " + std::string(to_string(run.state)), "cancel it first, or wait for its end");
  }
  if (!run.plan && fell_short(run.state) && run.state != State::skipped) return retried(who, {}, {});  // it is planned again
  const std::size_t first = first_to_retry(run);
  if (first == run.stages.size()) {
    throw Error(ErrorKind::refused, "cannot retry " + label + ": nothing in it failed", "start a new run: fairlead start " + run.app);
  }
  std::vector<std::string> stages, jobs;
  for (std::size_t s = first; s < run.stages.size(); ++s) {
    stages.push_back(run.stages[s].name);
    for (const auto& job : run.stages[s].jobs) {
      if ((s == first && all) || s > first || fell_short(job.state)) jobs.push_back(job.id);
    }
  }
  return retried(who, stages, jobs);
}

}  // namespace fairlead::engine
