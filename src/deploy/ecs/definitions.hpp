// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "deploy/ecs/plan.hpp"
#include "fairlead/aws/aws.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/deploy/actions.hpp"

/// Task definitions from files and from ECS, and the revision that a step registers.
namespace fairlead::deploy::ecs {

/// What tells the revision of this step from all others: the same after a restart of the server, another for each attempt.
std::string step_key(engine::StepContext&);

/// Stands for an image in a plan that is made before it is built; is not looked up.
std::string unbuilt_image(const std::string& from);

/// The definition in the text of a file. Throws Error(invalid).
Json definition_of(const Parts&, const std::string& file, const std::string& text, const Json& contexts);
/// The definition in a file of the workspace. Throws Error(not_found | invalid).
Json definition_in(engine::StepContext&, const Parts&, const std::string& file);

/// `images:` of the step.
std::map<std::string, std::string> images_wanted(const Json& with);

/// The definition with the tags of ECR images replaced by digests; what is missing, or built for another architecture, goes to `findings`.
Awaitable<Json> pinned(const Parts&, aws::Scope, Json definition, std::vector<Finding>& findings);

/// Registers the definition once for this step, tagged with its key: ARN of the revision.
Awaitable<std::string> register_once(engine::StepContext&, aws::Aws&, aws::Scope, Json definition);

/// A definition that a step names: a file of the workspace, or "family[:revision]" as ECS has it.
struct Named {
  Json definition;
  std::string arn;  ///< of the revision that is used as it is; empty when one must be registered
};
/// Images replaced and pinned; what is missing goes to `findings`. `given`: what is in the file, null when `name` is a family. Throws
/// Error(not_found | invalid).
Awaitable<Named> find_definition(const Parts&, aws::Scope, std::string name, Json given, std::map<std::string, std::string> images,
                                 std::vector<Finding>& findings);
bool is_file(const std::string& name);
/// The same for a step that runs: throws Error(invalid) with the whole list of what is wrong.
Awaitable<Named> named_definition(engine::StepContext&, const Parts&, aws::Scope, std::string name);

/// The environment's scope. Throws Error(invalid) when the step has no environment or that has no `aws:` block.
aws::Scope scope_of(const std::string& environment, const Parts&);

}  // namespace fairlead::deploy::ecs
