// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "chat/cards/blocks.hpp"

/// The buttons about runs, the same wherever they stand.
namespace fairlead::chat {

Json approve_button(const CardContext&, const Json& run, const Json& stage);
Json reject_button(const CardContext&, const Json& run, const Json& stage);
/// Null unless the context offers it.
Json break_glass_button(const CardContext&, const Json& run, const Json& stage);
Json cancel_button(const CardContext&, const Json& run);
Json retry_button(const CardContext&, const Json& run);
Json rollback_button(const CardContext&, const std::string& app, const std::string& environment);
Json details_button(const CardContext&, const Json& run);
/// A command said for the person.
Json say_button(const CardContext&, const std::string& label, const std::string& command);

}  // namespace fairlead::chat
