// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "chat/console/feed.hpp"
#include "chat/console/messages.hpp"
#include "chat/console/payloads.hpp"
#include "chat/console/views.hpp"
#include "fairlead/chat/console.hpp"

namespace fairlead::chat {

struct Console::State {
  explicit State(ConsoleParts given) : parts(std::move(given)), messages(*parts.store, parts.clock) {}

  ConsoleParts parts;
  Messages messages;
  Views views;
  std::map<std::string, Json> homes;  ///< home tab by person
  std::shared_ptr<Feed> feed = std::make_shared<Feed>();

  Doer doer(const ConsoleCaller&);
  Awaitable<Json> hear(Incoming::Kind, Json payload, Speaker);

  /// Durable, then told to those who see it.
  Awaitable<void> keep(Json message);
  Json ephemeral(const std::string& user, Json answer);
  void show_views(const std::string& client);

  /// The message that the page names, ephemeral or not; null when it is unknown.
  const Json& message(const Json& body, const std::string& user) const;
  /// The modal or home tab that the page names; null when it is unknown.
  const Json& view(const Json& body, const ConsoleCaller&) const;
};

}  // namespace fairlead::chat
