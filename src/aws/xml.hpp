// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "aws/shapes.hpp"
#include "fairlead/base/json_fwd.hpp"
#include "fairlead/base/time.hpp"

namespace fairlead::aws {

/// The members of an XML answer as JSON of the given shape; absent lists are empty arrays, elements that the shape does not know
/// are kept as text, objects or arrays. `result`: name of the element inside the root that holds the members ("…Result"); empty or
/// absent: the root does. Error(invalid) when it is no XML. Entities of a DTD are not expanded.
Json decode_xml(const std::string& text, const Shape&, std::string_view result);

/// Seconds since 1970, whole when there is no fraction.
Json json_seconds(Time);

}  // namespace fairlead::aws
