// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fairlead/deploy/actions.hpp"
#include "fairlead/engine/action.hpp"

namespace fairlead::deploy::ec2 {

/// What an ec2-deploy would do: hosts in order, batches, the arithmetic of min-healthy, an estimate, and everything that would stop it.
/// Asks AWS and the load balancer; no host is spoken to.
Awaitable<engine::ActionPlan> plan_fleet(engine::PlanContext&, const Parts&);

}  // namespace fairlead::deploy::ec2
