// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sandbox/state.hpp"

namespace fairlead::sandbox {

/// Takes one token of the family's bucket (burst and refill as AWS documents them, refill in the world's speed); false: throttled.
bool take_token(World::State&, const std::string& place, const std::string& family);

}  // namespace fairlead::sandbox
