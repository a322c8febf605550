// SPDX-License-Identifier: Apache-2.0
#include "chat/dispatch/desk.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "fairlead/store/store.hpp"

/// The Events API.
namespace fairlead::chat {

namespace {

/// The bot's own account, as the envelope names it.
std::string own_account(const Json& payload) {
  const Json& list = member(payload, "authorizations");
  return list.is_array() && !list.empty() ? text_at(list.front(), "user_id") : std::string();
}

/// Tokens that Slack has taken back are worth nothing; the pasted one stands in fairlead.yml.
Awaitable<void> forget_workspace(Turn& turn, std::string why) {
  const auto workspace = turn.incoming.workspace;
  log::warn("chat.workspace-gone", {{"workspace", workspace}, {"why", why}});
  if (workspace != pasted && workspace != console)
    co_await turn.desk->parts.store->transact([&](store::Tx& tx) { tx.erase("chat.workspace", workspace); });
}

bool is_bound(const std::string& channel, const Turn& turn) {
  return !channel.empty() && (channel == turn.place.channel || channel == "#" + turn.place.channel);
}

/// Said once, when the bot itself is invited.
Reply greeting(const Turn& turn) {
  std::vector<std::string> apps;
  for (const auto& [name, app] : turn.desk->parts.config->apps)
    if (is_bound(app.channel, turn)) apps.push_back(name);
  auto text =
      "Hello. " +
      (apps.empty() ? std::string("`subscribe APP` shows the runs of an app here") : "This channel shows " + escape(join(apps, ", "))) +
      "; `help` tells what can be said.";
  return to_channel(sentence(std::move(text)));
}

}  // namespace

Awaitable<Reply> take_event(Turn& turn) {
  const Json event = member(turn.payload(), "event");
  const auto type = text_at(event, "type");
  if (is_spoken(event)) {
    if (turn.account.user == own_account(turn.payload())) co_return Reply{};
    turn.public_answers = true;
    co_return co_await say(turn, text_at(event, "text"));
  }
  if (type == "app_home_opened") {
    if (text_at(event, "tab", "home") == "home") co_await publish_home(turn);
  } else if (type == "app_uninstalled") {
    co_await forget_workspace(turn, type);
  } else if (type == "tokens_revoked") {
    if (const Json& bots = at_path(event, {"tokens", "bot"}); bots.is_array() && !bots.empty()) co_await forget_workspace(turn, type);
  } else if (type == "member_joined_channel") {
    const auto own = own_account(turn.payload());
    if (!own.empty() && text_at(event, "user") == own) {
      turn.place.thread.clear();
      co_return greeting(turn);
    }
  } else {
    // Groups are asked at the moment of an act, so a change of their members needs nothing here.
    log::debug("chat.event-passed-over", {{"type", ellipsize(type, 60)}});
  }
  co_return Reply{};
}

}  // namespace fairlead::chat
