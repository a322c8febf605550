// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "deploy/ecs/poller.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/deploy/actions.hpp"

namespace fairlead::deploy::ecs {

/// A deployment that serves, whose old tasks are still to go.
struct Draining {
  std::string environment, cluster, service, deployment;
  Time until{};  ///< when it is no longer looked at
};

Json to_json(const Draining&);
Draining draining_from(const Json&);

/// Looks after a deployment that serves until its old tasks have drained, in the background: says in the server's log when that
/// took its end, did not, or when ECS gave the deployment up after all. Kept over restarts. `parts` and `poller` outlive it.
void watch_draining(const Parts& parts, Poller& poller, std::string environment, std::string cluster, std::string service,
                    std::string deployment);

/// Goes on with what an earlier server looked after.
void resume_draining(const Parts& parts, Poller& poller);

}  // namespace fairlead::deploy::ecs
