// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/engine/approval.hpp"
#include "fairlead/engine/events.hpp"
#include "fairlead/engine/world.hpp"
#include "fairlead/pipeline/plan.hpp"

/// What a shell does around the pure core, without clock and disk: folds, decides, keeps claims and slots.
namespace fairlead::engine::test {

inline Time at_minute(int minutes) { return from_micros(1'790'000'000'000'000) + std::chrono::minutes(minutes); }

inline pipeline::PlanJob job(const std::string& key, std::vector<std::string> needs = {}, const std::string& condition = "") {
  pipeline::PlanJob job;
  job.key = job.id = job.name = job.folder = key;
  job.needs = std::move(needs);
  job.condition = condition;
  pipeline::PlanStep step;
  step.name = "make " + key;
  step.action = "run";
  job.steps.push_back(std::move(step));
  return job;
}

inline pipeline::PlanJob matrix_job(const std::string& id, int value) {
  auto one = job(id + " (" + std::to_string(value) + ")");
  one.id = id;
  one.matrix = Json{{"n", value}};
  return one;
}

inline pipeline::PlanStage stage(const std::string& name, std::vector<pipeline::PlanJob> jobs, const std::string& environment = "") {
  pipeline::PlanStage stage;
  stage.name = name;
  stage.environment = environment;
  stage.jobs = std::move(jobs);
  return stage;
}

inline pipeline::RunPlan plan(std::vector<pipeline::PlanStage> stages) {
  pipeline::RunPlan plan;
  plan.contexts = Json{{"git", {{"branch", "main"}, {"sha", std::string(40, 'a')}}}, {"app", "shop"}};
  plan.stages = std::move(stages);
  for (std::size_t i = 0; i < plan.stages.size(); ++i) plan.stages[i].index = i;
  return plan;
}

inline Json created(Json extra = Json::object()) {
  Json payload{{"app", "shop"},     {"number", 42},        {"ref", "refs/heads/main"},
               {"trigger", "push"}, {"actor", "user:dev"}, {"inputs", Json::object()}};
  payload.update(extra);
  return payload;
}

class RunDriver {
 public:
  RunState state;
  World world;
  std::vector<store::Event> log;
  std::set<std::string> claims;  ///< environments this run holds
  Decision last;

  explicit RunDriver(Json created_payload = created()) {
    world.now = at_minute(0);
    post(events::run_created, created_payload);
  }
  explicit RunDriver(const pipeline::RunPlan& plan, Json created_payload = created()) : RunDriver(std::move(created_payload)) {
    planned(plan);
  }

  void planned(const pipeline::RunPlan& plan) {
    post(events::run_planned,
         {{"sha", std::string(40, 'a')}, {"branch", "main"}, {"digest", "digest-1"}, {"plan", to_json(plan)}, {"default_branch", true}});
    for (const auto& stage : plan.stages) {
      if (!stage.environment.empty()) world.environments[stage.environment].known = true;
    }
  }

  EnvironmentFacts& environment(const std::string& name) { return world.environments[name]; }

  void post(std::string_view type, const Json& payload) { append({.type = std::string(type), .payload = dump(payload), .actor = "test"}); }

  void append(const store::NewEvent& event) {
    store::Event row;
    row.stream = "run:0190";
    row.version = state.version + 1;
    row.type = event.type;
    row.at = event.at.value_or(world.now);
    row.actor = event.actor;
    row.payload = event.payload;
    apply(state, row);
    log.push_back(std::move(row));
  }

  /// Decides until nothing follows any more.
  const Decision& settle() {
    for (int round = 0; round < 1000; ++round) {
      last = decide(state, world);
      for (const auto& claim : last.claims) claims.insert(claim.environment);
      for (const auto& event : last.events) append(event);
      for (const auto& release : last.releases) claims.erase(release.environment);
      if (last.events.empty()) return last;
    }
    throw Error(ErrorKind::internal, "decide does not come to an end");
  }

  /// Gives a slot to every job that wants one.
  RunDriver& start_all() {
    for (bool again = true; again;) {
      again = false;
      settle();
      for (const auto& want : last.wants) {
        if (const auto* slot = std::get_if<WantSlot>(&want)) again = world.slots.insert(slot->job).second || again;
      }
      if (again) settle();
    }
    return *this;
  }

  RunDriver& end(const std::string& job, State result = State::succeeded, Json extra = Json::object()) {
    Json payload{{"job", job}, {"attempt", state.job(job)->attempt}, {"state", to_string(result)}};
    if (result == State::failed && !extra.contains("reason")) payload["reason"] = "exit 1";
    payload.update(extra);
    world.slots.erase(job);
    post(events::job_finished, payload);
    settle();
    return *this;
  }

  RunDriver& cancel(const std::string& who = "user:ops", const std::string& reason = "") {
    post(events::run_cancel_requested, {{"by", who}, {"reason", reason}, {"as", "canceled"}});
    settle();
    return *this;
  }

  RunDriver& retry(bool all = false) {
    append(retry_event(state, "user:ops", all));
    settle();
    return *this;
  }

  RunDriver& pass(std::chrono::minutes time) {
    world.now += time;
    settle();
    return *this;
  }

  State job(const std::string& key) const { return state.job(key)->state; }
  State stage(const std::string& name) const { return state.stage(name)->state; }
  std::string gate(const std::string& stage, const std::string& key) const {
    const GateState* gate = state.stage(stage)->gate(key);
    return gate == nullptr ? "none" : gate->state;
  }

  template <class W>
  std::vector<W> wants() const {
    std::vector<W> all;
    for (const auto& want : last.wants) {
      if (const auto* one = std::get_if<W>(&want)) all.push_back(*one);
    }
    return all;
  }

  template <class W>
  std::vector<std::string> wanted_jobs() const {
    std::vector<std::string> jobs;
    for (const auto& want : wants<W>()) jobs.push_back(want.job);
    return jobs;
  }
};

}  // namespace fairlead::engine::test
