// SPDX-License-Identifier: Apache-2.0
#include "chat/dispatch/desk.hpp"
#include "fairlead/base/strings.hpp"

/// What is where, what was, what waits.
namespace fairlead::chat {

namespace {

constexpr int page_size = 10;
constexpr std::size_t most_asked = 20;

/// Of each environment only this app; environments that do not have it are left out.
Json only(const Json& environments, const std::string& app, const std::string& environment) {
  Json kept = Json::array();
  for (auto one : environments) {
    if (!environment.empty() && text_at(one, "name") != environment) continue;
    if (!app.empty()) {
      Json places = Json::array();
      for (const auto& place : member(one, "apps"))
        if (text_at(place, "app") == app) places.push_back(place);
      if (places.empty() && environment.empty()) continue;
      one["apps"] = std::move(places);
    }
    kept.push_back(std::move(one));
  }
  return kept;
}

}  // namespace

Awaitable<Reply> status_command(Turn& turn, Command command) {
  const Json environments = co_await want(turn, "GET", path_of({"environments"}));
  const Json shown = only(environments, command.app, command.environment);
  const auto title = command.app.empty() ? (command.environment.empty() ? "What is where" : command.environment)
                                         : command.app + (command.environment.empty() ? "" : " in " + command.environment);
  if (shown.empty() && !command.app.empty()) co_return to_asker(sentence("*" + escape(command.app) + "* was not deployed anywhere yet"));
  co_return to_asker(co_await drawn(turn, [&](const CardContext& context) { return status_list(shown, title, context); }));
}

Awaitable<Reply> history_command(Turn& turn, Command command) {
  Json query{{"limit", std::to_string(page_size)}};
  const auto add = [&query](const char* name, const std::string& value) {
    if (!value.empty()) query[name] = value;
  };
  add("app", command.app);
  add("environment", command.environment);
  add("actor", command.by == "me" ? turn.speaker.person.id : command.by);
  if (command.before.contains('#') || command.before.starts_with("latest:"))
    add("before", text_at(co_await want(turn, "GET", path_of({"runs", command.before})), "id"));
  else
    add("before", command.before);
  const Json rows = co_await want(turn, "GET", path_of({"runs"}), nullptr, std::move(query));
  std::string next;
  if (rows.size() == page_size) {
    command.before = text_at(rows.back(), "id");
    next = to_text(command);
  }
  co_return to_asker(co_await drawn(turn, [&](const CardContext& context) { return history_list(rows, next, context); }));
}

Awaitable<Reply> queue_command(Turn& turn, Command command) {
  Json query{{"unfinished", "true"}, {"limit", "50"}};
  if (!command.app.empty()) query["app"] = command.app;
  Json rows = co_await want(turn, "GET", path_of({"runs"}), nullptr, std::move(query));
  // What waits says for whom: that is in the whole run.
  std::size_t asked = 0;
  for (auto& row : rows) {
    const auto state = text_at(row, "state");
    if ((state != "waiting" && state != "queued") || ++asked > most_asked) continue;
    if (auto run = co_await ask(turn, "GET", path_of({"runs", text_at(row, "id")})); run.ok()) row = std::move(run.body);
  }
  co_return to_asker(co_await drawn(turn, [&](const CardContext& context) { return queue_list(rows, context); }));
}

}  // namespace fairlead::chat
