// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "chat/dispatch/payload.hpp"
#include "fairlead/chat/cards.hpp"
#include "fairlead/chat/chat.hpp"
#include "fairlead/chat/command.hpp"
#include "fairlead/chat/grants.hpp"
#include "fairlead/chat/incoming.hpp"

/// What the parts of the dispatcher share. io thread.
namespace fairlead::chat {

struct Desk;

/// One thing that came in, on its way to an answer.
struct Turn {
  Turn(std::shared_ptr<Desk> shared, Incoming given);

  std::shared_ptr<Desk> desk;
  Incoming incoming;
  Account account;
  Place place;
  std::string response_url;  ///< empty: there is none
  std::string trigger;       ///< for one modal, within 3 s; empty: none can be opened
  std::string key;           ///< idempotency key of what is changed by it; empty: none
  bool public_answers = false;  ///< a mention: what is for the asker is said in the thread, too
  Speaker speaker;           ///< after `identify`

  const Json& payload() const { return incoming.payload; }
};

/// What to answer. Without a text: nothing.
struct Reply {
  enum class To { asker, channel, secret } to = To::asker;  ///< secret: to the asker alone, whatever way they asked
  Message message;
  bool replaces = false;  ///< the message whose button was pressed
};
inline Reply to_asker(Message message) { return {.to = Reply::To::asker, .message = std::move(message)}; }
inline Reply to_channel(Message message) { return {.to = Reply::To::channel, .message = std::move(message)}; }

/// One sentence in mrkdwn, everything untrusted in it escaped already.
Message sentence(std::string mrkdwn);
/// "<https://…/runs/…|shop-api#42>"
std::string run_link(const std::string& public_url, const Json& started, const std::string& app);

/// Who it is. `acts`: groups are asked now, else they may be a minute old. Throws Error(refused).
Awaitable<void> identify(Turn&, bool acts);

/// The speaker's API. `want` throws Error(refused) with the API's words when it says no.
Awaitable<ApiAnswer> ask(Turn&, std::string method, std::string path, Json body = nullptr, Json query = Json::object());
Awaitable<Json> want(Turn&, std::string method, std::string path, Json body = nullptr, Json query = Json::object());
/// "/api/v1/runs/shop-api%2342"
std::string path_of(std::initializer_list<std::string_view> segments);

/// Draws with live buttons: what they stand for is stored before this returns.
using Drawing = std::function<Message(const CardContext&)>;
Awaitable<Message> drawn(Turn&, Drawing);
using ViewDrawing = std::function<Json(const CardContext&)>;
Awaitable<Json> drawn_view(Turn&, ViewDrawing);
/// A grant of its own, stored; its handle.
Awaitable<std::string> granted(Turn&, Grant);

/// The Web API of the workspace. Throws Error(unavailable) when it is not connected.
Awaitable<Json> call_slack(Turn&, std::string method, Json arguments);
/// Gives the answer by another way than the acknowledgement; what cannot be delivered is logged.
Awaitable<void> deliver(Turn&, Reply);
/// As the acknowledgement of a slash command.
Json acknowledgement(const Reply&);
/// What an error says to the person.
Reply apology(Turn&, const Error&);

/// Remembers where a run was asked for.
Awaitable<void> remember_origin(Turn&, std::string run);

Vocabulary vocabulary(const Desk&);

}  // namespace fairlead::chat
