// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "web/handlers.hpp"

/// The console's routes: bodies go through the door as they are.
namespace fairlead::web {

namespace {

constexpr std::size_t longest_client = 64;
/// A stream is opened anew after this, so that a session that was ended, or a token that was revoked, sees nothing more.
constexpr auto stream_life = std::chrono::seconds(60);

ChatCaller caller(const Call& call) {
  if (!call.who.apps.empty())
    throw Error(ErrorKind::refused, "the console shows every app, and " + call.who.person.id + " may see only some",
                "use a token without --app");
  const auto client = call.query("client");
  const auto allowed = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'; };
  if (client.size() > longest_client || !std::ranges::all_of(client, allowed))
    throw Error(ErrorKind::usage, "client has letters, digits and - only, at most 64");
  return {call.who, (call.who.session.empty() ? call.who.person.id : call.who.session) + "/" + client};
}

Json body_of(const Call& call) {
  auto body = parse_json(call.request.body);
  if (!body.is_object()) throw Error(ErrorKind::usage, "the body must be a JSON object");
  return body;
}

using Say = std::function<Awaitable<Json>(ChatCaller, Json)>;

Awaitable<net::Response> say(Call& call, const Say& door) {
  if (!door) throw Error(ErrorKind::unavailable, "this server has no console");
  auto who = caller(call);
  auto body = body_of(call);
  const auto answer = co_await door(std::move(who), std::move(body));
  co_return net::Response::json(200, answer.is_null() ? Json::object() : answer);
}

}  // namespace

Awaitable<net::Response> chat_command(Call& call) { return say(call, call.services.parts.chat.command); }
Awaitable<net::Response> chat_interaction(Call& call) { return say(call, call.services.parts.chat.interaction); }
Awaitable<net::Response> chat_options(Call& call) { return say(call, call.services.parts.chat.options); }

Awaitable<net::Response> chat_messages(Call& call) {
  const auto& door = call.services.parts.chat.messages;
  if (!door) throw Error(ErrorKind::unavailable, "this server has no console");
  auto who = caller(call);
  co_return net::Response::json(200, co_await door(std::move(who)));
}

Awaitable<net::Response> chat_stream(Call& call) {
  const auto& door = call.services.parts.chat.follow;
  if (!door) throw Error(ErrorKind::unavailable, "this server has no console");
  const auto& headers = call.request.headers;
  const auto after = headers.has("Last-Event-ID") ? std::string(headers.get("Last-Event-ID")) : call.query("after");
  co_return net::Response::events(
      [follow = door, who = caller(call), after](net::BodyWriter& out) { return follow(who, after, out, deadline_in(stream_life)); });
}

}  // namespace fairlead::web
