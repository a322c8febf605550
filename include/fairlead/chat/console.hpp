// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "fairlead/base/async.hpp"
#include "fairlead/base/json_fwd.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/chat/incoming.hpp"
#include "fairlead/chat/web_api.hpp"

namespace fairlead::store {
class Store;
}
namespace fairlead::net {
class BodyWriter;
}

namespace fairlead::chat {

struct ConsoleParts {
  store::Store* store = nullptr;
  std::function<Awaitable<Json>(Incoming)> receive;  ///< Chat::handle
  Clock clock = now;
};

/// One open page of a signed-in person.
struct ConsoleCaller {
  Speaker speaker;
  std::string client;  ///< of the page: its modals and the answers to what it sends go nowhere else
};

/// Chat-ops in the browser: the third transport, and the Web API of the workspace `console`. The page sends what a person does, and this
/// makes of it what Slack would send (research of the payloads: docs/console.md); what chat-ops post, edit and open is kept here and
/// followed live. Messages of the channel are store documents "chat.console" (the last few hundred); modals, home tabs and what only
/// one person sees live in memory, as Slack forgets them at a reload. io thread; the store outlives it.
class Console : public WebApi {
 public:
  explicit Console(ConsoleParts);
  ~Console() override;

  /// chat.postMessage, chat.update, chat.postEphemeral, chat.delete, views.open, views.push, views.update, views.publish. Channels are
  /// `console` and the id of a person (a direct message). Throws ApiError(rejected) with Slack's codes.
  Awaitable<Json> call(std::string workspace, std::string method, Json arguments, Deadline) override;

  /// {"text"}: a slash command. Answers {"message"} for this page alone, {"posted": true} when it went to the channel, or {}.
  Awaitable<Json> command(ConsoleCaller, Json body);
  /// {"type": block_actions | view_submission | view_closed | shortcut | message_action | app_home_opened, …}. Answers
  /// {"message"}, {"errors": {block_id: text}}, {"views": {"revision", "stack"}}, or {}.
  Awaitable<Json> interact(ConsoleCaller, Json body);
  /// {"message_ts" | "view_id", "block_id", "action_id", "value"}: answers {"options"} or {"option_groups"}.
  Awaitable<Json> options(ConsoleCaller, Json body);

  /// {"cursor", "now": micros, "commands": [{word, usage, summary}], "messages": oldest first, "views", "home"}: what this person may see
  /// now.
  Awaitable<Json> snapshot(std::string user, std::string client);
  /// Server-sent events after the cursor (message, delete, views, home; `reset` first when the cursor is too old: then all messages
  /// follow), until the deadline or the page goes away.
  Awaitable<void> follow(std::string user, std::string client, std::string after, net::BodyWriter&, Deadline);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace fairlead::chat
