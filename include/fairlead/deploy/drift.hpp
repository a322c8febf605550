// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "fairlead/base/async.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/deploy/actions.hpp"

namespace fairlead::deploy {

/// Whether a real resource still is what a deploy recorded of it: {"drifted": bool, "text": one sentence, "running", "deployed"}; null
/// when the record names nothing that can be looked at; of hosts also "hosts": [{"host", "release", "problem"}]. `record` is that of a
/// step. Throws AwsError.
Awaitable<Json> drift_of(Parts, std::string environment, Json record);

}  // namespace fairlead::deploy
