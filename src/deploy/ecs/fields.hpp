// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "deploy/ecs/plan.hpp"
#include "fairlead/base/json_fwd.hpp"

namespace fairlead::deploy::ecs {

/// Keys of a definition that RegisterTaskDefinition does not take, as far as this version knows: ECS ignores them in silence, so a
/// mistyped one has no effect. Warnings, because ECS may know more by now. Pure.
std::vector<Finding> unknown_fields(const Json& definition);

}  // namespace fairlead::deploy::ecs
