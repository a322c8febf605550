// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "chat/cards/blocks.hpp"

namespace fairlead::chat {

/// A lock or a freeze in two lines. Escaped.
std::string lock_line(const CardContext&, const Json& lock);

}  // namespace fairlead::chat
