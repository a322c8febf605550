// SPDX-License-Identifier: Apache-2.0
#include "fairlead/chat/console.hpp"

#include "chat/console/console_state.hpp"
#include "chat/console/elements.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/chat/command.hpp"
#include "fairlead/chat/place.hpp"
#include "fairlead/net/sse.hpp"

namespace fairlead::chat {

namespace {

constexpr std::size_t longest_command = 4000;

[[noreturn]] void gone(const char* what) {
  throw Error(ErrorKind::not_found, std::string("this ") + what + " is not known any more", "reload the page, or ask again");
}

bool is_message(const Json& answer) { return answer.is_object() && (answer.contains("text") || answer.contains("blocks")); }

}  // namespace

Doer Console::State::doer(const ConsoleCaller& caller) {
  return {caller.speaker.person.id, views.trigger(caller.client, std::chrono::steady_clock::now())};
}

Awaitable<Json> Console::State::hear(Incoming::Kind kind, Json payload, Speaker speaker) {
  Incoming incoming{.kind = kind, .payload = std::move(payload), .workspace = console, .speaker = std::move(speaker)};
  return parts.receive(std::move(incoming));
}

Awaitable<void> Console::State::keep(Json message) {
  co_await messages.put(message);
  feed->publish({.user = text_at(message, "to"), .client = {}}, "message", message);
}

Json Console::State::ephemeral(const std::string& user, Json answer) {
  Json message{{"ts", messages.next_ts()}, {"text", text_at(answer, "text")}, {"blocks", Json::array()}, {"user", "fairlead"}};
  if (const auto& blocks = member(answer, "blocks"); blocks.is_array()) message["blocks"] = blocks;
  name_blocks(message["blocks"]);
  if (const auto thread = text_at(answer, "thread_ts"); !thread.empty()) message["thread_ts"] = thread;
  message["to"] = user;
  message["ephemeral"] = true;
  messages.put_ephemeral(message);
  return message;
}

void Console::State::show_views(const std::string& client) {
  if (!client.empty()) feed->publish({.user = {}, .client = client}, "views", views.shown(client));
}

const Json& Console::State::message(const Json& body, const std::string& user) const {
  const auto ts = text_at(body, "message_ts");
  const auto& kept = messages.find(ts, user);
  return kept.is_null() ? messages.find_ephemeral(ts, user) : kept;
}

const Json& Console::State::view(const Json& body, const ConsoleCaller& caller) const {
  const auto id = text_at(body, "view_id");
  const auto home = homes.find(caller.speaker.person.id);
  if (home != homes.end() && text_at(home->second, "id") == id) return home->second;
  return views.find(caller.client, id);
}

Console::Console(ConsoleParts parts) : state_(std::make_shared<State>(std::move(parts))) {}
Console::~Console() = default;

Awaitable<Json> Console::command(ConsoleCaller caller, Json body) {
  const auto state = state_;
  const auto text = std::string(trim(text_at(body, "text")));
  if (text.size() > longest_command) throw Error(ErrorKind::usage, "a command has at most 4000 bytes");
  co_await state->messages.load();
  const auto user = caller.speaker.person.id;
  const auto answer = co_await state->hear(Incoming::Kind::command, command_payload(state->doer(caller), text), std::move(caller.speaker));
  if (!is_message(answer)) co_return Json{{"views", state->views.shown(caller.client)}};
  if (text_at(answer, "response_type") != "in_channel") co_return Json{{"message", state->ephemeral(user, answer)}};
  Json said{{"ts", state->messages.next_ts()}, {"text", text}, {"blocks", Json::array()}, {"user", user}, {"plain", true}};
  co_await state->keep(std::move(said));
  Json arguments = answer;
  arguments["channel"] = console;
  co_await call(console, "chat.postMessage", std::move(arguments), deadline_in(std::chrono::seconds(10)));
  co_return Json{{"posted", true}};
}

namespace {

/// What is left to do with the answer to a submission, after the modal's own rules.
Json submitted(Views& views, const std::string& client, const std::string& view_id, const Json& answer) {
  const auto action = text_at(answer, "response_action");
  if (action == "errors") return {{"errors", member(answer, "errors")}};
  if (action == "clear") {
    views.clear(client);
  } else if (action == "push") {
    views.push_on(client, member(answer, "view"));
  } else if (action == "update") {
    if (!views.find(client, view_id).is_null()) views.update(view_id, "", "", member(answer, "view"));
  } else {
    views.close(client, view_id);
  }
  return Json::object();
}

}  // namespace

Awaitable<Json> Console::interact(ConsoleCaller caller, Json body) {
  const auto state = state_;
  co_await state->messages.load();
  const auto type = text_at(body, "type");
  const auto user = caller.speaker.person.id;
  const auto client = caller.client;
  const auto doer = state->doer(caller);
  const Json message = state->message(body, user);
  const Json view = state->view(body, caller);
  const auto view_id = text_at(view, "id");
  using enum Incoming::Kind;
  Json result = Json::object();
  if (type == "block_actions") {
    if (message.is_null() && view.is_null()) gone("message");
    auto payload = action_payload(doer, message, view, body, state->messages.next_ts());
    const auto answer = co_await state->hear(interaction, std::move(payload), std::move(caller.speaker));
    if (is_message(answer)) result["message"] = state->ephemeral(user, answer);
    if (flag_at(message, "ephemeral") && (flag_at(answer, "replace_original") || flag_at(answer, "delete_original"))) {
      state->messages.erase_ephemeral(text_at(message, "ts"));
      state->feed->publish({.user = user, .client = {}}, "delete", {{"ts", message["ts"]}});
    }
  } else if (type == "view_submission") {
    if (view.is_null()) gone("dialog");
    const auto answer = co_await state->hear(interaction, submission_payload(doer, view, body), std::move(caller.speaker));
    result = submitted(state->views, client, view_id, answer);
  } else if (type == "view_closed") {
    const bool cleared = flag_at(body, "is_cleared");
    if (cleared)
      state->views.clear(client);
    else if (!view.is_null())
      state->views.close(client, view_id);
    if (flag_at(view, "notify_on_close")) co_await state->hear(interaction, closed_payload(doer, view, cleared), std::move(caller.speaker));
  } else if (type == "shortcut" || type == "message_action") {
    if (type == "message_action" && message.is_null()) gone("message");
    auto payload = shortcut_payload(doer, text_at(body, "callback_id"), type == "shortcut" ? Json() : message, state->messages.next_ts());
    const auto answer = co_await state->hear(interaction, std::move(payload), std::move(caller.speaker));
    if (is_message(answer)) result["message"] = state->ephemeral(user, answer);
  } else if (type == "app_home_opened") {
    co_await state->hear(event, home_payload(doer), std::move(caller.speaker));
  } else {
    throw Error(ErrorKind::usage, "there is no interaction \"" + ellipsize(type, 40) + "\"",
                "block_actions, view_submission, view_closed, shortcut, message_action, app_home_opened");
  }
  result["views"] = state->views.shown(client);
  co_return result;
}

Awaitable<Json> Console::options(ConsoleCaller caller, Json body) {
  const auto state = state_;
  co_await state->messages.load();
  const auto& message = state->message(body, caller.speaker.person.id);
  const auto& view = state->view(body, caller);
  if (message.is_null() && view.is_null()) gone("dialog");
  auto payload = suggestion_payload(state->doer(caller), message, view, body);
  const auto answer = co_await state->hear(Incoming::Kind::options, std::move(payload), std::move(caller.speaker));
  co_return answer.is_object() ? answer : Json{{"options", Json::array()}};
}

Awaitable<Json> Console::snapshot(std::string user, std::string client) {
  const auto state = state_;
  co_await state->messages.load();
  Json list = Json::array();
  for (const auto* message : state->messages.visible(user)) list.push_back(*message);
  const auto home = state->homes.find(user);
  Json commands = Json::array();
  for (const auto& one : command_help()) commands.push_back({{"word", one.word}, {"usage", one.usage}, {"summary", one.summary}});
  co_return Json{{"cursor", state->feed->cursor()},
                 {"now", to_micros(state->parts.clock())},
                 {"commands", commands},
                 {"messages", list},
                 {"views", state->views.shown(client)},
                 {"home", home == state->homes.end() ? Json(nullptr) : home->second}};
}

Awaitable<void> Console::follow(std::string user, std::string client, std::string after, net::BodyWriter& out, Deadline until) {
  const auto state = state_;
  co_await state->messages.load();
  const auto everything = [state, user, client] {
    std::string text;
    for (const auto* message : state->messages.visible(user)) text += net::sse_event("", "message", dump(*message));
    return text + net::sse_event("", "views", dump(state->views.shown(client)));
  };
  co_await Feed::follow(state->feed, {user, client, everything}, std::move(after), out, until);
}

}  // namespace fairlead::chat
