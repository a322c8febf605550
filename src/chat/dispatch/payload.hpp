// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/json.hpp"
#include "fairlead/chat/grants.hpp"
#include "fairlead/chat/incoming.hpp"
#include "fairlead/chat/place.hpp"

/// What Slack's payloads say (research/chatops.md §1.3, §1.5, §1.6). Pure; nothing here throws, whatever was sent.
namespace fairlead::chat {

Account account_of(const Incoming&);
Place place_of(const Incoming&);
/// Of this very envelope, the same when it comes again; empty: it is never taken for a repetition.
std::string envelope_key(const Incoming&);
/// The text of a command, mention or direct message.
std::string text_of(const Incoming&);
std::string response_url_of(const Json& payload);
std::string trigger_of(const Json& payload);

/// The first action of `block_actions`; null when there is none.
const Json& action_of(const Json& payload);
/// Its value: of a button, a select or an input.
std::string value_of(const Json& element);
Click click_of(const Incoming&);
/// The submission of a view.
Click submission_of(const Incoming&);

/// What was chosen or typed for an action of a view, and the block that it is in.
struct Input {
  std::string block, value;
};
std::optional<Input> input_of(const Json& view, const std::string& action_id);
/// The first thing typed into a view.
std::optional<Input> first_text_of(const Json& view);

/// Is the event a command to us: a mention, or a direct message of a person?
bool is_spoken(const Json& event);

}  // namespace fairlead::chat
