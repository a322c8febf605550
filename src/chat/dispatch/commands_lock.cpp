// SPDX-License-Identifier: Apache-2.0
#include "chat/dispatch/desk.hpp"
#include "fairlead/base/strings.hpp"

/// Locks, freezes, schedules.
namespace fairlead::chat {

namespace {

std::string place_text(const Command& command) {
  return (command.environment == "*" ? std::string("every environment") : "*" + escape(command.environment) + "*") +
         (command.app.empty() ? "" : " for *" + escape(command.app) + "*");
}

std::string until_text(const Json& taken) {
  const auto until = parse_time(text_at(taken, "until"));
  return until ? " until " + date(*until) : "";
}

/// Times as the API takes them, in the zone of the person.
void add_times(const Turn& turn, const Command& command, Json& body) {
  const auto now = turn.desk->parts.clock();
  if (command.span) body["for"] = format_duration(*command.span);
  if (command.until) body["until"] = format_time(instant_of(*command.until, now, turn.speaker.zone));
  if (command.at) body["from"] = format_time(instant_of(*command.at, now, turn.speaker.zone));
}

Awaitable<Reply> with_choice(Turn& turn, std::string text, Choice choice) {
  auto message = sentence(text);
  const auto buttons = co_await drawn(turn, [&](const CardContext& context) { return choices("…", {choice}, context); });
  for (const auto& block : buttons.blocks)
    if (text_at(block, "type") == "actions") message.blocks.push_back(block);
  co_return to_channel(std::move(message));
}

Awaitable<Reply> take(Turn& turn, Command command) {
  const bool freeze = command.verb == Verb::freeze;
  Json body{{"environment", command.environment}, {"reason", command.reason}};
  if (!command.app.empty()) body["app"] = command.app;
  add_times(turn, command, body);
  const Json taken = co_await want(turn, "POST", path_of({freeze ? "freezes" : "locks"}), std::move(body));
  const auto from = parse_time(text_at(taken, "from"));
  const auto text = (freeze ? "🧊 " : "🔒 ") + turn.speaker.mention + (freeze ? " froze " : " locked ") + place_text(command) +
                    (from ? " from " + date(*from) : "") + until_text(taken) + "\n> " + escape(command.reason);
  const Command undo{.verb = freeze ? Verb::unfreeze : Verb::unlock,
                     .app = freeze ? "" : command.app,
                     .environment = freeze ? "" : command.environment,
                     .id = freeze ? text_at(taken, "id") : ""};
  co_return co_await with_choice(turn, text, {freeze ? "End the freeze" : "Unlock", to_text(undo)});
}

Awaitable<Reply> unlock(Turn& turn, Command command) {
  Json query = Json::object();
  if (!command.app.empty()) query["app"] = command.app;
  co_await want(turn, "DELETE", path_of({"locks", command.environment}), nullptr, std::move(query));
  co_return to_channel(sentence("🔓 " + turn.speaker.mention + " unlocked " + place_text(command)));
}

Awaitable<Reply> list(Turn& turn) {
  Json all = co_await want(turn, "GET", path_of({"locks"}));
  for (auto freeze : co_await want(turn, "GET", path_of({"freezes"}))) {
    freeze["freeze"] = true;
    all.push_back(std::move(freeze));
  }
  co_return to_asker(co_await drawn(turn, [&](const CardContext& context) { return locks_list(all, context); }));
}

}  // namespace

Awaitable<Reply> lock_command(Turn& turn, Command command) {
  if (command.verb == Verb::locks) co_return co_await list(turn);
  if (command.verb == Verb::unlock) co_return co_await unlock(turn, std::move(command));
  if (command.verb != Verb::unfreeze) co_return co_await take(turn, std::move(command));
  co_await want(turn, "DELETE", path_of({"freezes", command.id}));
  co_return to_channel(sentence(turn.speaker.mention + " ended the freeze " + escape(command.id)));
}

Awaitable<Reply> schedules_command(Turn& turn, Command command) {
  if (command.verb == Verb::unschedule) {
    co_await want(turn, "DELETE", path_of({"schedules", command.id}));
    co_return to_channel(sentence(turn.speaker.mention + " removed the schedule " + escape(command.id)));
  }
  const Json all = co_await want(turn, "GET", path_of({"schedules"}));
  co_return to_asker(co_await drawn(turn, [&](const CardContext& context) { return schedules_list(all, context); }));
}

}  // namespace fairlead::chat
