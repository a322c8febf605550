// SPDX-License-Identifier: Apache-2.0
#include "engine/plan_index.hpp"

namespace fairlead::engine {

namespace {

PlanIndex::Stage index_stage(const pipeline::PlanStage& plan) {
  PlanIndex::Stage stage;
  stage.plan = &plan;
  std::unordered_map<std::string_view, std::vector<std::size_t>> by_id;
  std::unordered_map<std::string_view, std::size_t> groups;
  for (std::size_t i = 0; i < plan.jobs.size(); ++i) {
    const auto& job = plan.jobs[i];
    by_id[job.id].push_back(i);
    const auto [group, is_new] = groups.try_emplace(job.id, groups.size());
    if (is_new) stage.group_sizes.push_back(0);
    ++stage.group_sizes[group->second];
    stage.jobs.push_back({&job, {}, group->second, pipeline::works_here(job)});
  }
  for (auto& job : stage.jobs) {
    for (const auto& id : job.plan->needs) {
      const auto found = by_id.find(id);
      if (found != by_id.end()) job.needs.insert(job.needs.end(), found->second.begin(), found->second.end());
    }
  }
  return stage;
}

}  // namespace

PlanIndex::PlanIndex(const pipeline::RunPlan& plan) {
  for (const auto& stage : plan.stages) {
    for (std::size_t i = 0; i < stage.jobs.size(); ++i) places.emplace(stage.jobs[i].key, Place{stages.size(), i});
    stages.push_back(index_stage(stage));
  }
}

std::optional<PlanIndex::Place> PlanIndex::find(std::string_view job_key) const {
  const auto place = places.find(job_key);
  if (place == places.end()) return std::nullopt;
  return place->second;
}

}  // namespace fairlead::engine
