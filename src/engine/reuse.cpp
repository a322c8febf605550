// SPDX-License-Identifier: Apache-2.0
#include "engine/reuse.hpp"

#include <algorithm>

#include "engine/impl.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::engine {

namespace {

bool is_kept(const JobState& job, const RunId& run, const ArtifactsKept& kept) {
  return job.artifacts.empty() || !kept || kept(run, job.id, job.artifacts);
}

/// Where the outputs and artifacts of a job come from: a job that was taken over itself leads to where it ran.
const RunId& origin(const RunState& run, const JobState& job) { return job.taken_from.empty() ? run.id : job.taken_from; }

std::optional<Json> jobs_of(const pipeline::PlanStage& stage, const RunState& source, const ArtifactsKept& kept) {
  Json jobs = Json::object();
  for (const auto& planned : stage.jobs) {
    if (!planned.skip.empty()) continue;
    const JobState* job = source.job(planned.key);
    if (job == nullptr || job->state != State::succeeded || !is_kept(*job, origin(source, *job), kept)) return std::nullopt;
    jobs[planned.key] = {{"run", origin(source, *job).str()}, {"outputs", job->outputs}, {"artifacts", job->artifacts}};
  }
  return jobs;
}

std::size_t stage_of_environment(const pipeline::RunPlan& plan, const std::string& environment) {
  const auto stage = std::ranges::find(plan.stages, environment, &pipeline::PlanStage::environment);
  return static_cast<std::size_t>(stage - plan.stages.begin());
}

}  // namespace

Json reusable(const RunState& source, const pipeline::RunPlan& plan, const std::string& target_environment, const ArtifactsKept& kept) {
  // What a fork's pull request built had neither secrets nor a registry, and comes from whom nobody trusted.
  if (!source.plan || !source.plan->trusted) return nullptr;
  Json jobs = Json::object();
  const auto target = stage_of_environment(plan, target_environment);
  for (std::size_t i = 0; i < std::min(target, plan.stages.size()); ++i) {
    const auto& stage = plan.stages[i];
    const StageState* earlier = source.stage(stage.name);
    if (!stage.environment.empty() || !stage.skip.empty() || earlier == nullptr || earlier->state != State::succeeded) continue;
    if (auto taken = jobs_of(stage, source, kept)) jobs.update(*taken);
  }
  if (jobs.empty()) return nullptr;
  return {{"run", source.id.str()}, {"label", label(source)}, {"jobs", std::move(jobs)}};
}

Json recorded(const RunState& source, const pipeline::RunPlan& plan, const std::string& environment) {
  Json steps = Json::object(), notes = Json::array();
  for (const auto& stage : plan.stages) {
    if (stage.environment != environment) continue;
    const StageState* earlier = source.stage(stage.name);
    const bool good = earlier != nullptr && earlier->environment == environment && earlier->state == State::succeeded;
    for (const auto& planned : stage.jobs) {
      const JobState* job = good ? source.job(planned.key) : nullptr;
      for (const auto& step : planned.steps) {
        const bool same = job != nullptr && step.index < job->steps.size() && job->steps[step.index].action == step.action;
        if (same && job->steps[step.index].record) {
          steps[planned.key][std::to_string(step.index)] = *job->steps[step.index].record;
        } else if (step.action == "ecs-deploy" || step.action == "ec2-deploy") {
          notes.push_back(label(source) + " left no record of " + planned.key + ", step " + step.name +
                          ": what its commit says is deployed now");
        }
      }
    }
  }
  return {{"run", source.id.str()}, {"label", label(source)}, {"steps", std::move(steps)}, {"notes", std::move(notes)}};
}

const Json& record_of(const RunState& run, const std::string& job, std::size_t step) {
  static const Json nothing;
  return run.recorded ? member(member(*run.recorded, job), std::to_string(step)) : nothing;
}

bool takes_artifacts(const pipeline::RunPlan& plan, const std::string& environment) {
  return std::ranges::any_of(plan.stages, [&](const pipeline::PlanStage& stage) {
    return stage.environment == environment &&
           std::ranges::any_of(stage.jobs, [](const pipeline::PlanJob& job) { return !job.artifacts_from.empty(); });
  });
}

std::optional<std::string> pin_image(pipeline::RunPlan& plan, const std::string& target_environment, const std::string& image) {
  const auto equals = image.find('=');
  const bool named = equals != std::string::npos && image.find_first_of("/:@") > equals;
  const std::string container = named ? image.substr(0, equals) : "";
  const std::string uri = named ? image.substr(equals + 1) : image;
  int pinned = 0;
  for (auto& stage : plan.stages) {
    if (stage.environment.empty() && stage.skip.empty()) stage.skip = "the image " + uri + " was given";
    if (stage.environment != target_environment) continue;
    for (auto& job : stage.jobs) {
      for (auto& step : job.steps) {
        const auto images = step.with.is_object() ? step.with.find("images") : step.with.end();
        if (images == step.with.end() || !images->is_object() || images->empty()) continue;
        if (!named && images->size() > 1) {
          return "step " + step.name + " of " + target_environment + " takes " + std::to_string(images->size()) +
                 " images: say which, as in --image " + images->begin().key() + "=" + uri;
        }
        const std::string key = named ? container : images->begin().key();
        if (!images->contains(key)) continue;
        (*images)[key] = uri;
        ++pinned;
      }
    }
  }
  if (pinned > 0) return std::nullopt;
  return "no step of " + target_environment + " takes " + (named ? "an image for container " + container : "images") +
         ", so there is nothing to do with " + uri;
}

}  // namespace fairlead::engine
