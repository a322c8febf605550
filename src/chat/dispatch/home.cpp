// SPDX-License-Identifier: Apache-2.0
#include "chat/dispatch/desk.hpp"

/// The App Home of one person.
namespace fairlead::chat {

namespace {

constexpr std::size_t most_waiting = 15;

bool waits_for_people(const Json& run) {
  for (const auto& stage : member(run, "stages"))
    for (const auto& gate : member(stage, "gates"))
      if (text_at(gate, "kind") == "approval" && text_at(gate, "state") == "open") return true;
  return false;
}

Awaitable<Json> list_of(Turn& turn, std::string what, Json query) {
  auto answer = co_await ask(turn, "GET", path_of({what}), nullptr, std::move(query));
  co_return answer.ok() && answer.body.is_array() ? std::move(answer.body) : Json::array();
}

Awaitable<HomeState> state_of(Turn& turn) {
  HomeState state;
  for (auto& row : co_await list_of(turn, "runs", {{"unfinished", "true"}, {"limit", "100"}})) {
    const bool waiting = text_at(row, "state") == "waiting" && state.waiting.size() < most_waiting;
    auto run = waiting ? co_await ask(turn, "GET", path_of({"runs", text_at(row, "id")})) : ApiAnswer{};
    if (run.ok() && waits_for_people(run.body))
      state.waiting.push_back(std::move(run.body));
    else
      state.running.push_back(std::move(row));
  }
  state.mine = co_await list_of(turn, "runs", {{"actor", turn.speaker.person.id}, {"limit", "5"}});
  state.locks = co_await list_of(turn, "locks", Json::object());
  for (auto& freeze : co_await list_of(turn, "freezes", Json::object())) {
    freeze["freeze"] = true;
    state.locks.push_back(std::move(freeze));
  }
  co_return state;
}

Json refused_home(const std::string& why) {
  return {{"type", "home"},
          {"blocks", Json::array({{{"type", "section"}, {"text", {{"type", "plain_text"}, {"text", clip(clean(why), 3000)}}}}})}};
}

}  // namespace

Awaitable<void> publish_home(Turn& turn) {
  std::string refused;
  try {
    co_await identify(turn, false);
  } catch (const Error& error) {
    refused = error.message();
  }
  Json view = refused_home(refused);
  if (refused.empty()) {
    const auto state = co_await state_of(turn);
    view = co_await drawn_view(turn, [&](const CardContext& context) { return home_view(state, context); });
  }
  co_await call_slack(turn, "views.publish", {{"user_id", turn.account.user}, {"view", std::move(view)}});
}

}  // namespace fairlead::chat
