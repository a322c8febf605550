// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/ecs/poller.hpp"
#include "fairlead/deploy/actions.hpp"

/// What the steps would do, told before they run: `fairlead plan`, and what an approval binds to. Reads only.
namespace fairlead::deploy::ecs {

Awaitable<engine::ActionPlan> plan_deploy(engine::PlanContext&, const Parts&, Poller&);
Awaitable<engine::ActionPlan> plan_run_task(engine::PlanContext&, const Parts&);
Awaitable<engine::ActionPlan> plan_schedule(engine::PlanContext&, const Parts&);

/// `with` for a plan: images that are not built yet become texts that say so. The first other input that is not known yet, or empty.
std::string prepare_inputs(Json& with);

}  // namespace fairlead::deploy::ecs
