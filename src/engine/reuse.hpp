// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/json.hpp"
#include "fairlead/engine/run_state.hpp"
#include "fairlead/pipeline/plan.hpp"

/// A deploy of one environment takes over what an earlier run of the same commit has built, instead of building it again.
namespace fairlead::engine {

/// Are all of these artifacts of a job still there?
using ArtifactsKept = std::function<bool(const RunId&, const std::string& job, const std::vector<std::string>& names)>;

/// What run.planned records: {"run", "label", "jobs": {key: {"run", "outputs", "artifacts"}}}, or null when there is nothing to
/// take over. Pure. Only whole stages without an environment that come before the target's are taken: all of their jobs
/// succeeded in `source`, and what they kept is still kept. Nothing of a run for a fork's pull request.
Json reusable(const RunState& source, const pipeline::RunPlan&, const std::string& target_environment, const ArtifactsKept&);

/// What a rollback to `source` deploys again: {"run", "label", "steps": {job: {step index: record}}, "notes": [text]}. Pure. Steps
/// by the job and the place that they have in the plan, of stages of the environment that succeeded then; the notes say which
/// steps that could have left a record did not.
Json recorded(const RunState& source, const pipeline::RunPlan&, const std::string& environment);

/// What a rollback recorded of this step; null in every other run.
const Json& record_of(const RunState&, const std::string& job, std::size_t step);

/// Whether a job of the environment takes artifacts of other jobs.
bool takes_artifacts(const pipeline::RunPlan&, const std::string& environment);

/// An image that somebody names takes the place of what would have been built: the stages without an environment are skipped,
/// and the steps of the target's stage that take images get this one. "app=URI" names the container; a bare URI needs steps with
/// exactly one. An error says why it cannot be.
std::optional<std::string> pin_image(pipeline::RunPlan&, const std::string& target_environment, const std::string& image);

}  // namespace fairlead::engine
