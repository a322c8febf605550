// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <date/tz.h>

#include <string_view>

namespace fairlead::triggers {

/// The zone of that name, empty is UTC. Lives as long as the process. Throws Error(invalid) with the nearest name.
const date::time_zone& find_zone(std::string_view name);

}  // namespace fairlead::triggers
