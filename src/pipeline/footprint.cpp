// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "fairlead/base/json.hpp"
#include "fairlead/pipeline/plan.hpp"

namespace fairlead::pipeline {
namespace {

/// Actions that only talk to somebody else and wait.
constexpr std::array<std::string_view, 10> remote{
    "approve", "cloudformation", "cloudfront-invalidate", "codebuild", "ecs-deploy", "ecs-run-task", "ecs-schedule", "http", "notify",
    "wait"};
/// Their inputs that name, or may name, a file.
constexpr std::array<std::string_view, 2> file_inputs{"task-definition", "template"};

bool is_remote(const PlanStep& step) { return std::ranges::find(remote, step.action) != remote.end(); }

bool may_read(const PlanStep& step) {
  if (std::ranges::any_of(file_inputs, [&](std::string_view input) { return step.with.contains(input); })) return true;
  constexpr std::string_view hash = "hashFiles";
  return step.condition.contains(hash) || dump(step.with).contains(hash) || dump(step.env).contains(hash);
}

}  // namespace

bool works_here(const PlanJob& job) {
  const bool keeps = !job.artifacts.empty() || !job.artifacts_from.empty() || !job.reports.empty() || !job.cache.empty();
  const bool contained = !job.container.is_null() || !job.services.empty();
  const bool local = job.steps.empty() || !std::ranges::all_of(job.steps, is_remote);
  return local || keeps || contained || !job.executor.empty();
}

bool reads_files(const PlanJob& job) {
  return works_here(job) || dump(job.outputs).contains("hashFiles") || std::ranges::any_of(job.steps, may_read);
}

}  // namespace fairlead::pipeline
