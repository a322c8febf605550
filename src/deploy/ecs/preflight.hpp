// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "deploy/ecs/observation.hpp"
#include "deploy/ecs/plan.hpp"
#include "fairlead/aws/aws.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::deploy::ecs {

/// What must exist for tasks of this definition to start: roles, secrets, log groups. What may not be looked up (permissions)
/// is left out: it is no reason not to deploy.
Awaitable<void> check_definition(aws::Aws&, aws::Scope, Json definition, std::vector<Finding>&);
/// Target groups are attached to a load balancer; alarms exist and are quiet. How long a target takes to count as healthy.
Awaitable<Duration> check_surroundings(aws::Aws&, aws::Scope, Service, std::vector<std::string> alarms, std::vector<Finding>&);

}  // namespace fairlead::deploy::ecs
