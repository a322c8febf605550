// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "chat/console/console_state.hpp"
#include "chat/console/elements.hpp"
#include "fairlead/chat/place.hpp"

/// The Web API of the workspace `console`.
namespace fairlead::chat {

namespace {

ApiError no(const std::string& method, const char* code, std::string detail = "") {
  return {ApiError::Kind::rejected, method, code, std::move(detail)};
}

/// Whom the message is for: empty for the channel.
std::string recipient(const std::string& method, const std::string& channel) {
  if (channel == console || channel == "#" + std::string(console)) return "";
  for (const char* prefix : {"user:", "token:", "local:"})
    if (channel.starts_with(prefix)) return channel;
  throw no(method, "channel_not_found", channel);
}

Json content(const std::string& method, const Json& arguments) {
  Json message{{"text", text_at(arguments, "text")}, {"blocks", member(arguments, "blocks")}};
  if (!message["blocks"].is_array()) message["blocks"] = Json::array();
  if (message["text"].get_ref<const std::string&>().empty() && message["blocks"].empty()) throw no(method, "no_text");
  name_blocks(message["blocks"]);
  return message;
}

Json new_message(const std::string& method, const Json& arguments) {
  auto message = content(method, arguments);
  message["user"] = "fairlead";
  if (const auto thread = text_at(arguments, "thread_ts"); !thread.empty()) message["thread_ts"] = thread;
  if (flag_at(arguments, "reply_broadcast")) message["broadcast"] = true;
  return message;
}

}  // namespace

Awaitable<Json> Console::call(std::string, std::string method, Json arguments, Deadline) {
  const auto state = state_;
  co_await state->messages.load();
  if (method == "chat.postMessage") {
    auto message = new_message(method, arguments);
    if (const auto to = recipient(method, text_at(arguments, "channel")); !to.empty()) message["to"] = to;
    const auto ts = message["ts"] = state->messages.next_ts();
    const auto channel = text_at(message, "to", console);
    co_await state->keep(message);
    co_return Json{{"channel", channel}, {"ts", ts}, {"message", message}};
  }
  if (method == "chat.update") {
    auto message = state->messages.find(text_at(arguments, "ts"), "");
    if (message.is_null()) throw no(method, "message_not_found");
    message.update(content(method, arguments));
    message["edited"] = true;
    co_await state->keep(message);
    co_return Json{{"channel", text_at(message, "to", console)}, {"ts", message["ts"]}, {"text", message["text"]}};
  }
  if (method == "chat.delete") {
    const auto ts = text_at(arguments, "ts");
    if (state->messages.find(ts, "").is_null()) throw no(method, "message_not_found");
    co_await state->messages.erase(ts);
    state->feed->publish({}, "delete", {{"ts", ts}});
    co_return Json{{"channel", console}, {"ts", ts}};
  }
  if (method == "chat.postEphemeral") {
    const auto user = recipient(method, text_at(arguments, "user"));
    const auto message = state->ephemeral(user, new_message(method, arguments));
    state->feed->publish({.user = user, .client = {}}, "message", message);
    co_return Json{{"message_ts", message["ts"]}};
  }
  if (method == "views.publish") {
    const auto user = text_at(arguments, "user_id");
    auto view = member(arguments, "view");
    if (!view.is_object()) throw no(method, "invalid_arguments", "view");
    name_blocks(view["blocks"]);
    view["id"] = "H" + user;
    state->homes.insert_or_assign(user, view);
    state->feed->publish({.user = user, .client = {}}, "home", {{"view", view}});
    co_return Json{{"view", view}};
  }
  if (!method.starts_with("views.")) throw no(method, "unknown_method");
  const auto time = std::chrono::steady_clock::now();
  const auto trigger = text_at(arguments, "trigger_id");
  Json view;
  if (method == "views.open")
    view = state->views.open(trigger, member(arguments, "view"), time);
  else if (method == "views.push")
    view = state->views.push(trigger, member(arguments, "view"), time);
  else if (method == "views.update")
    view = state->views.update(text_at(arguments, "view_id"), text_at(arguments, "external_id"), text_at(arguments, "hash"),
                               member(arguments, "view"));
  else
    throw no(method, "unknown_method");
  state->show_views(state->views.client_of(text_at(view, "id")));
  co_return Json{{"view", view}};
}

}  // namespace fairlead::chat
