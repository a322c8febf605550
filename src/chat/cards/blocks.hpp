// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/base/json.hpp"
#include "fairlead/chat/cards.hpp"

/// Block Kit, one block at a time. What is called mrkdwn is escaped already; what is called plain is cleaned here.
namespace fairlead::chat {

Json plain(std::string_view untrusted, std::size_t most);
Json mrkdwn(std::string_view escaped, std::size_t most = 3000);

struct Confirm {
  std::string title, text, yes, no = "Not now";
  bool danger = false;
};
/// A live button; nothing (null) when the context grants nothing.
Json button(const CardContext&, std::string_view label, Grant, std::string_view style = {}, const std::optional<Confirm>& = {});
/// Null unless it is a web address.
Json link_button(std::string_view label, const std::string& url);
Json option(std::string_view label, std::string_view value);

class Blocks {
 public:
  /// `kind` and the revision make the block ids of this drawing.
  Blocks(std::string kind, int revision) : prefix_(std::move(kind) + ":" + std::to_string(revision) + ":") {}

  Blocks& header(std::string_view plain_text);
  /// Split at line ends when it is too long for one. Nothing when empty.
  Blocks& section(const std::string& mrkdwn_text);
  Blocks& section(const std::string& mrkdwn_text, Json accessory);
  Blocks& fields(const std::vector<std::string>& mrkdwn_texts);
  Blocks& context(const std::string& mrkdwn_text);
  /// Last `most` characters of a text whose every byte is somebody else's.
  Blocks& preformatted(std::string_view untrusted, std::size_t most = 2500);
  /// A list of somebody else's lines, which nothing parses; `title` bold above it.
  Blocks& lines(std::string_view title, const std::vector<std::string>& untrusted, std::size_t most = 15);
  /// Nulls are left out; nothing when there are none.
  Blocks& actions(std::vector<Json> elements);
  Blocks& divider();
  /// A block with an id of its own (inputs keep what was typed by it).
  Blocks& block(Json);
  Json take() { return std::move(blocks_); }

 private:
  Blocks& add(Json);
  std::string prefix_;
  Json blocks_ = Json::array();
};

}  // namespace fairlead::chat
