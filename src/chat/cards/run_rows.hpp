// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "chat/cards/blocks.hpp"

namespace fairlead::chat {

/// A run of a list (its row or the whole) in two or three lines. Escaped.
std::string row_line(const CardContext&, const Json& row);

}  // namespace fairlead::chat
