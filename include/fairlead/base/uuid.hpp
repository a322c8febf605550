// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "fairlead/base/time.hpp"

namespace fairlead {

/// A UUID (version 7) of this time: the same time and name give the same id, and as texts ids sort by their times, to about a
/// quarter of a microsecond. For rows that are made again from events and listed newest first.
std::string uuid_at(Time, std::string_view name);

}  // namespace fairlead
