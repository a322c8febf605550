// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "fairlead/aws/aws.hpp"
#include "fairlead/base/json.hpp"

/// Reads of ECS that are more than one call. Everything else is Aws::call("ecs:…").
namespace fairlead::aws::ecs {

/// What a Describe call answers: `found` in the order of AWS, `failures` with {arn, reason} (MISSING …) for the rest.
struct Described {
  std::vector<Json> found;
  std::vector<Json> failures;
};

/// Any number of services of one cluster, 10 per call.
Awaitable<Described> describe_services(Aws&, Scope, std::string cluster, std::vector<std::string> services);
/// Any number of tasks of one cluster, 100 per call.
Awaitable<Described> describe_tasks(Aws&, Scope, std::string cluster, std::vector<std::string> tasks);
/// ARNs of a service's tasks with that desired status ("RUNNING", "STOPPED").
Awaitable<std::vector<std::string>> list_tasks(Aws&, Scope, std::string cluster, std::string service, std::string desired_status);
/// {"taskDefinition":{…}, "tags":[…]}; tags included.
Awaitable<Json> describe_task_definition(Aws&, Scope, std::string name_or_arn);
/// Service deployments created after `since` (newest first, as ListServiceDeployments gives them), described.
Awaitable<std::vector<Json>> service_deployments(Aws&, Scope, std::string cluster, std::string service, Time since);

}  // namespace fairlead::aws::ecs
