// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/base/json.hpp"
#include "fairlead/base/time.hpp"

/// Text and Block Kit as Slack takes them, also in the browser console. Pure.
namespace fairlead::chat {

/// What `chat.postMessage`, `chat.update` and `chat.postEphemeral` take of a message.
struct Message {
  std::string text;               ///< always set: notifications, screen readers, and what remains when blocks are refused
  Json blocks = Json::array();
  bool operator==(const Message&) const = default;
};

/// `&`, `<`, `>` as entities; control characters, bidi overrides and zero-width characters made visible or dropped; "\n" kept.
std::string escape(std::string_view untrusted);
/// The same clean-up without entities: for `plain_text` and `rich_text` elements, which parse nothing.
std::string clean(std::string_view untrusted);
/// At most `characters` code points, never inside one nor inside an entity; "…" when cut.
std::string clip(std::string_view text, std::size_t characters);
/// `<!date^…>` with a fallback in UTC: shown in the reader's zone.
std::string date(Time);
/// "slack:U123" and "user:…" linked to it as `<@U123>`; anything else escaped.
std::string mention(std::string_view who);

/// Why Slack would refuse it (research/chatops.md §1.10): "blocks[3].text.text: 3001 of 3000 characters". Empty: it is fine.
std::vector<std::string> over_limits(const Message&);
/// The same for a modal or a home tab.
std::vector<std::string> view_over_limits(const Json& view);
/// Cuts lists and texts until nothing is over a limit, and says "… and 12 more" where something was left out.
Message within_limits(Message);
Json view_within_limits(Json view);

}  // namespace fairlead::chat
