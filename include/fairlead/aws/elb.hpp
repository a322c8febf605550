// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "fairlead/aws/aws.hpp"

namespace fairlead::aws::elb {

struct TargetHealth {
  std::string id;           ///< instance id or IP address
  int port = 0;
  std::string zone;
  std::string state;        ///< initial | healthy | unhealthy | unhealthy.draining | draining | unused | unavailable
  std::string reason;       ///< "Target.FailedHealthChecks"
  std::string description;  ///< "Health checks failed with these codes: [502]"
};

Awaitable<std::vector<TargetHealth>> target_health(Aws&, Scope, std::string target_group_arn);

}  // namespace fairlead::aws::elb
