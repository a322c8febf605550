// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "fairlead/base/json.hpp"
#include "fairlead/deploy/actions.hpp"

namespace fairlead::deploy::ec2 {

/// What every host says that it runs now, beside what a deploy recorded (compare() in record.hpp). Hosts that do not answer within a few
/// seconds are said not to have. Reads only.
Awaitable<Json> fleet_now(Parts, std::string environment, Json record);

}  // namespace fairlead::deploy::ec2
