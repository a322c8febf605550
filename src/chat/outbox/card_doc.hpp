// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "fairlead/base/json.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/chat/outbox.hpp"

namespace fairlead::chat {

inline constexpr const char* card_kind = "chat.card";      ///< CardDoc by card key
inline constexpr const char* waiting_kind = "chat.outbox"; ///< {} by card key: something of it is not sent yet

/// A card as it should be and as it was sent.
struct CardDoc {
  Desired wanted;
  std::string sent_hash;
  int sent_revision = -1;
  std::string channel, ts;   ///< where it is; empty: not sent yet
  Time changed_at{};         ///< when it was last wanted otherwise
  std::optional<Time> sent_at, next_at;
  int attempts = 0;          ///< since the last success
  bool plain = false;        ///< its blocks were refused: text only
  bool direct = false;       ///< the channel refused for good: goes to `fallback`
  std::string dead;          ///< why it is given up; empty: it is not
  std::string trouble;       ///< why it is not there yet

  bool waiting() const { return dead.empty() && wanted.hash != sent_hash; }
  const std::string& target() const { return direct ? wanted.fallback : channel.empty() ? wanted.place.channel : channel; }
};

Json to_json(const CardDoc&);
CardDoc card_from(const Json&);

}  // namespace fairlead::chat
