// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "aws/bucket.hpp"
#include "aws/operations.hpp"

namespace fairlead::aws {

/// "ecs/services-read": operations of one family share AWS's limit.
std::string family_of(const Operation&);
/// What we allow ourselves: the documented limit less a margin, or a careful guess where AWS documents none.
Limit limit_of(const std::string& family);

}  // namespace fairlead::aws
