// SPDX-License-Identifier: Apache-2.0
#include "chat/dispatch/desk.hpp"
#include "chat/reader/wanted.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/chat/links.hpp"
#include "fairlead/chat/outbox.hpp"
#include "fairlead/store/store.hpp"

/// Who one is, what a channel shows, what the server is.
namespace fairlead::chat {

namespace {

std::string subject_of(const Subscription& one) { return one.app.empty() ? one.environment : one.app; }

std::string what_of(const Subscription& one) {
  return "*" + escape(subject_of(one)) + "*" + (one.events.empty() ? "" : " (" + escape(join(one.events, ", ")) + ")");
}

std::vector<std::pair<std::string, Subscription>> subscriptions_of(store::View& view, const Place& place) {
  std::vector<std::pair<std::string, Subscription>> found;
  for (const auto& doc : view.list("chat.subscription")) {
    auto one = subscription_from(parse_json(doc.body));
    if (one.place.workspace == place.workspace && one.place.channel == place.channel) found.emplace_back(doc.key, std::move(one));
  }
  return found;
}

Awaitable<Reply> list_subscriptions(Turn& turn) {
  const auto found = co_await turn.desk->parts.store->read([&](store::View& view) { return subscriptions_of(view, turn.place); });
  std::string text;
  for (const auto& [key, one] : found) text += (text.empty() ? "this channel shows " : ", ") + what_of(one);
  co_return to_asker(sentence(text.empty() ? "this channel follows nothing; `subscribe APP` changes that" : text));
}

Awaitable<Reply> subscribe(Turn& turn, Subscription wanted) {
  // It must be something that the person may see.
  co_await want(turn, "GET", path_of({wanted.app.empty() ? "environments" : "apps", subject_of(wanted)}));
  co_await turn.desk->parts.store->transact(
      [&](store::Tx& tx) { tx.put("chat.subscription", subscription_key(wanted), dump(to_json(wanted))); });
  co_return to_channel(sentence(turn.speaker.mention + " subscribed this channel to " + what_of(wanted)));
}

Awaitable<Reply> unsubscribe(Turn& turn, Command command) {
  const auto gone = co_await turn.desk->parts.store->transact([&](store::Tx& tx) {
    std::vector<std::string> names;
    for (const auto& [key, one] : subscriptions_of(tx, turn.place)) {
      if (!command.all && (one.app != command.app || one.environment != command.environment)) continue;
      tx.erase("chat.subscription", key);
      names.push_back(subject_of(one));
    }
    return names;
  });
  if (gone.empty()) co_return to_asker(sentence("this channel does not follow that; `subscriptions` shows what it does"));
  co_return to_channel(sentence(turn.speaker.mention + " unsubscribed this channel from " + escape(join(gone, ", "))));
}

Awaitable<Reply> who_am_i(Turn& turn) {
  const Json me = co_await want(turn, "GET", path_of({"whoami"}));
  const auto& groups = turn.speaker.person.groups;
  co_return Reply{.to = Reply::To::secret, .message = co_await drawn(turn, [&](const CardContext& context) {
                                             return whoami_text(me, {groups.begin(), groups.end()}, context);
                                           })};
}

Awaitable<Reply> link_account(Turn& turn, Command command) {
  auto* const links = turn.desk->parts.links;
  if (links == nullptr) throw Error(ErrorKind::unavailable, "this server links no accounts");
  if (turn.speaker.via == "console") {
    if (command.id.empty()) co_return to_asker(sentence("write `link` in Slack; what it answers is typed here"));
    // By REST: what a session may do less than its person is known there, and such a one may link no account.
    const Json made = co_await want(turn, "POST", path_of({"users", "redeem"}), {{"code", command.id}});
    const auto identity = escape(text_at(made, "identity")), person = escape(text_at(made, "person"));
    co_return Reply{.to = Reply::To::secret, .message = sentence("`" + identity + "` is you now: `" + person + "`")};
  }
  const auto code = co_await links->code(turn.account);
  const auto& url = turn.desk->parts.public_url;
  co_return Reply{
      .to = Reply::To::secret,
      .message = sentence("sign in at " + (url.empty() ? std::string("the dashboard") : "<" + url + "/chat|the dashboard's chat>") +
                          " and type `link " + escape(code) + "` there within ten minutes")};
}

Awaitable<Reply> about_server(Turn& turn) {
  const Json about = co_await want(turn, "GET", path_of({"server"}));
  const Json& jobs = member(about, "jobs");
  auto text = "fairlead " + escape(text_at(about, "version")) + " · " + std::to_string(number_at(jobs, "running")) + " of " +
              std::to_string(number_at(jobs, "slots")) + " job slots in use, " + std::to_string(number_at(jobs, "waiting")) +
              " waiting · " + std::to_string(number_at(member(about, "runs"), "active")) + " runs going on";
  if (!flag_at(about, "accepting", true)) text += "\n⚠ " + escape(text_at(about, "reason"));
  if (turn.desk->parts.outbox)
    for (const auto& problem : turn.desk->parts.outbox->problems())
      text += "\n⚠ not delivered to " + escape(problem.channel) + ": " + escape(ellipsize(problem.text, 200));
  co_return to_asker(sentence(text));
}

}  // namespace

Awaitable<Reply> subscribe_command(Turn& turn, Command command) {
  if (command.verb == Verb::subscriptions) co_return co_await list_subscriptions(turn);
  if (turn.place.channel.empty()) throw Error(ErrorKind::usage, "this is no channel that could be subscribed");
  if (command.verb == Verb::unsubscribe) co_return co_await unsubscribe(turn, std::move(command));
  Subscription wanted{.place = turn.place, .app = command.app, .environment = command.environment, .events = command.events};
  wanted.place.thread.clear();
  co_return co_await subscribe(turn, std::move(wanted));
}

Awaitable<Reply> self_command(Turn& turn, Command command) {
  if (command.verb == Verb::whoami) co_return co_await who_am_i(turn);
  if (command.verb == Verb::link) co_return co_await link_account(turn, std::move(command));
  co_return co_await about_server(turn);
}

}  // namespace fairlead::chat
