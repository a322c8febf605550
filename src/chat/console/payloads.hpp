// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "fairlead/base/json.hpp"

/// What Slack would send for what somebody does on the page: everything but their own choice comes from the messages and modals that we
/// keep. Pure.
namespace fairlead::chat {

struct Doer {
  std::string user;     ///< id of the person
  std::string trigger;  ///< fresh
};

Json command_payload(const Doer&, const std::string& text);
/// `message` or `view` is null. `body` is the page's: {block_id, action_id, given, state}. Error(not_found) when there is no such element.
Json action_payload(const Doer&, const Json& message, const Json& view, const Json& body, const std::string& action_ts);
Json suggestion_payload(const Doer&, const Json& message, const Json& view, const Json& body);
Json submission_payload(const Doer&, const Json& view, const Json& body);
Json closed_payload(const Doer&, const Json& view, bool cleared);
/// `message` null: a global one.
Json shortcut_payload(const Doer&, const std::string& callback_id, const Json& message, const std::string& action_ts);
Json home_payload(const Doer&);

}  // namespace fairlead::chat
