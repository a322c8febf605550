// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "fairlead/base/json.hpp"

namespace fairlead::chat::slack {

/// application/x-www-form-urlencoded of the members: null left out, text as it is, anything else as JSON text.
std::string form_of(const Json& arguments);
/// The other way round: an object of texts; of a name that comes twice, the first.
Json fields_of(std::string_view form);

}  // namespace fairlead::chat::slack
