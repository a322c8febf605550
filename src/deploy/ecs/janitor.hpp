// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "deploy/ecs/poller.hpp"
#include "fairlead/deploy/actions.hpp"

namespace fairlead::deploy::ecs {

/// Looks after a deployment that serves until its old tasks have drained, in the background: says in the server's log when that
/// took its end, did not, or when ECS gave the deployment up after all. `parts` and `poller` outlive it.
void watch_draining(const Parts& parts, Poller& poller, aws::Scope, std::string cluster, std::string service, std::string deployment);

}  // namespace fairlead::deploy::ecs
