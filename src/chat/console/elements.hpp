// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "fairlead/base/json.hpp"

/// What a page says about interactive elements, believed only as far as the message or modal that we keep has them. Pure.
namespace fairlead::chat {

/// Gives every block and interactive element without an id one, as Slack does.
void name_blocks(Json& blocks);

/// The interactive element; null when the blocks have none of these ids.
const Json& find_element(const Json& blocks, const std::string& block_id, const std::string& action_id);

/// {"type", "value" | "selected_option" | …} as Slack tells it: what was typed is the page's, options are our own when the element lists
/// them. `given` is in the same shape; what the element does not offer is null.
Json chosen(const Json& element, const Json& given);

/// state.values: {block_id: {action_id: chosen}} of every element that holds a value.
Json state_of(const Json& blocks, const Json& given);

}  // namespace fairlead::chat
