// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/ec2/inputs.hpp"
#include "fairlead/deploy/actions.hpp"
#include "fairlead/engine/action.hpp"

namespace fairlead::deploy::ec2 {

/// What an instance refresh would do: from which version to which, how many instances at once, where people are asked, an estimate, and
/// what would stop it. Reads only. What it adds to the digest: versions, not instances.
Awaitable<void> plan_refresh(engine::ActionPlan&, const Inputs&, const Parts&, aws::Scope, Json recorded);

/// What the instances of the group run now, beside what was recorded (as compare() in record.hpp).
Awaitable<Json> group_now(Parts, aws::Scope, Json record);

}  // namespace fairlead::deploy::ec2
