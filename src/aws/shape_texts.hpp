// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace fairlead::aws {

/// Empty when the table has none.
std::string_view answer_shape_text(std::string_view operation);
std::string_view input_shape_text(std::string_view operation);

}  // namespace fairlead::aws
