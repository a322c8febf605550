// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "fairlead/base/json_fwd.hpp"

/// One table of Slack's limits (research: the notes of its type definitions and reference), for the check and for the cut.
namespace fairlead::chat {

/// What is met on the way. `path` as "blocks[3].text.text".
class LimitVisitor {
 public:
  virtual ~LimitVisitor() = default;
  /// Shown to people: may be cut.
  virtual void text(const std::string& path, std::string& text, std::size_t most) = 0;
  /// Ids, handles and addresses: whole or not at all.
  virtual void fixed(const std::string& path, const std::string& text, std::size_t most) = 0;
  virtual void list(const std::string& path, Json& list, std::size_t fewest, std::size_t most) = 0;
  /// Anything else that Slack refuses.
  virtual void wrong(const std::string& path, const std::string& why) = 0;
};

inline constexpr std::size_t most_message_blocks = 50;
inline constexpr std::size_t most_view_blocks = 100;
inline constexpr std::size_t most_message_text = 4000;

void walk_blocks(Json& blocks, std::size_t most, LimitVisitor&);
void walk_view(Json& view, LimitVisitor&);

}  // namespace fairlead::chat
