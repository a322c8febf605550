// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "fairlead/aws/aws.hpp"

namespace fairlead::aws {

struct Alarm {
  std::string name;
  std::string state;   ///< OK | ALARM | INSUFFICIENT_DATA; "MISSING" when there is no such alarm
  std::string reason;  ///< StateReason
};

/// Metric and composite alarms by exact name, in the order asked for; 100 per call.
Awaitable<std::vector<Alarm>> alarm_states(Aws&, Scope, std::vector<std::string> names);

}  // namespace fairlead::aws
