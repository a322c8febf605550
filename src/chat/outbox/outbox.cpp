// SPDX-License-Identifier: Apache-2.0
#include "fairlead/chat/outbox.hpp"

#include <algorithm>
#include <random>
#include <set>

#include "chat/outbox/sending.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::chat {

namespace {

constexpr auto call_time = std::chrono::seconds(15);
constexpr auto live_time = std::chrono::seconds(60);     // a card that changed within is live
constexpr auto idle_time = std::chrono::minutes(5);
constexpr auto refused_time = std::chrono::seconds(60);  // before a workspace that refuses our token is asked again

}  // namespace

struct Outbox::State {
  explicit State(OutboxParts given) : parts(std::move(given)), changed(parts.executor) {}

  Awaitable<void> load();
  std::map<std::string, int> live_cards();
  void start(std::shared_ptr<State> self, Send);
  Awaitable<void> send(Send);
  Awaitable<Outcome> call(const Send&);
  void note(const Send&, const Outcome&);

  OutboxParts parts;
  Signal changed;
  bool stale = true;  ///< the store has more than `waiting`
  std::vector<Waiting> waiting;
  Budgets budgets;
  std::set<std::string> busy;
  std::set<std::string> settled;  ///< ended since `waiting` was asked for, which may not know it
  std::map<std::string, std::map<std::string, Time>> edited;  ///< by workspace: cards, when they were last sent
  std::map<std::pair<std::string, std::string>, Problem> problems;
  Stats stats;
  std::mt19937 chance{std::random_device{}()};
};

Awaitable<void> Outbox::State::load() {
  stale = false;
  settled.clear();
  waiting = co_await parts.store->read([](store::View& view) {
    std::vector<Waiting> list;
    for (const auto& marker : view.list(waiting_kind)) {
      const auto found = view.get(card_kind, marker.key);
      if (!found) continue;
      Waiting item{.doc = card_from(parse_json(found->body)), .root_channel = {}, .root_ts = {}};
      if (!item.doc.wanted.thread_card.empty()) {
        const auto root = view.get(card_kind, item.doc.wanted.thread_card);
        const auto root_doc = root ? card_from(parse_json(root->body)) : CardDoc{};
        item.root = !root || !root_doc.dead.empty() ? Waiting::Root::lost
                    : root_doc.ts.empty()           ? Waiting::Root::pending
                                                    : Waiting::Root::sent;
        item.root_channel = root_doc.channel;
        item.root_ts = root_doc.ts;
      }
      list.push_back(std::move(item));
    }
    return list;
  });
  stats.waiting = waiting.size();
}

std::map<std::string, int> Outbox::State::live_cards() {
  std::map<std::string, int> counts;
  const auto since = parts.clock() - live_time;
  for (auto& [workspace, cards] : edited) {
    std::erase_if(cards, [since](const auto& card) { return card.second < since; });
    counts[workspace] = static_cast<int>(cards.size());
  }
  return counts;
}

Awaitable<Outcome> Outbox::State::call(const Send& send) {
  auto* api = parts.api(send.workspace);
  if (!api)
    co_return Outcome{.kind = Outcome::Kind::unreachable, .channel = {}, .ts = {}, .code = {}, .text = "the workspace is not connected"};
  try {
    const auto answer = co_await api->call(send.workspace, send.method, send.arguments, deadline_in(call_time));
    co_return Outcome{.channel = text_at(answer, "channel"), .ts = text_at(answer, "ts"), .code = {}, .text = {}};
  } catch (const ApiError& error) {
    using From = ApiError::Kind;
    using To = Outcome::Kind;
    const auto kind = error.api_kind == From::rejected      ? To::rejected
                      : error.api_kind == From::throttled   ? To::throttled
                      : error.api_kind == From::unreachable ? To::unreachable
                                                            : To::unknown;
    co_return Outcome{.kind = kind, .channel = {}, .ts = {}, .code = error.code, .text = error.message(), .retry_after = error.retry_after};
  }
}

void Outbox::State::note(const Send& sent, const Outcome& outcome) {
  using Kind = Outcome::Kind;
  const auto now = parts.clock();
  const std::pair place{sent.workspace, sent.channel};
  if (outcome.kind == Kind::done) {
    ++(sent.method == "chat.update" ? stats.edits : stats.posts);
    edited[sent.workspace][sent.card] = now;
    problems.erase(place);
    return;
  }
  if (outcome.kind == Kind::throttled) {
    ++stats.throttled;
    budgets.pause(sent.workspace, sent.method, now + std::max(outcome.retry_after, std::chrono::seconds(1)));
    return;
  }
  ++stats.failed;
  if (outcome.kind == Kind::rejected && concerns_workspace(outcome.code)) budgets.pause_all(sent.workspace, now + refused_time);
  const auto why = sent.method + ": " + (outcome.code.empty() ? outcome.text : outcome.code);
  const auto [known, added] = problems.try_emplace(place);
  if (added || known->second.text != why)
    log::warn("chat.not-delivered", {{"workspace", sent.workspace}, {"channel", sent.channel}, {"why", why}});
  known->second = {.workspace = sent.workspace, .channel = sent.channel, .text = why};
}

Awaitable<void> Outbox::State::send(Send sent) {
  const auto outcome = co_await call(sent);
  note(sent, outcome);
  const auto now = parts.clock();
  const double spread = std::uniform_real_distribution<double>(0, 1)(chance);
  co_await parts.store->transact([&](store::Tx& tx) {
    const auto found = tx.get(card_kind, sent.card);
    if (!found) return;
    const auto doc = settle(card_from(parse_json(found->body)), sent, outcome, now, spread);
    tx.put(card_kind, sent.card, dump(to_json(doc)));
    if (!doc.waiting()) tx.erase(waiting_kind, sent.card);
  });
}

void Outbox::State::start(std::shared_ptr<State> self, Send sent) {
  const std::set<std::string> mine{sent.card, sent.workspace + "/" + sent.channel};
  busy.insert(mine.begin(), mine.end());
  const auto work = [](std::shared_ptr<State> state, Send what, std::set<std::string> names) -> Awaitable<void> {
    const auto card = what.card;
    co_await state->send(std::move(what));
    state->settled.insert(card);
    for (const auto& name : names) state->busy.erase(name);
    state->stale = true;
    state->changed.notify_all();
  };
  const auto executor = parts.executor;
  spawn(executor, "chat message", work(std::move(self), std::move(sent), mine));
}

Outbox::Outbox(OutboxParts parts) : state_(std::make_shared<State>(std::move(parts))) {}
Outbox::~Outbox() = default;

void Outbox::wake() {
  state_->stale = true;
  state_->changed.notify_all();
}

Awaitable<void> Outbox::run() {
  const auto state = state_;
  while (true) {
    if (state->stale) co_await state->load();
    const auto now = state->parts.clock();
    auto held = state->settled;
    held.insert(state->busy.begin(), state->busy.end());
    auto choice = choose(state->waiting, state->budgets, held, state->live_cards(), now);
    for (auto& send : choice.sends) state->start(state, std::move(send));
    if (state->stale) continue;
    const auto pause =
        choice.wake_at ? std::clamp<Duration>(*choice.wake_at - now, std::chrono::milliseconds(1), idle_time) : Duration(idle_time);
    co_await state->changed.wait_until(deadline_in(pause));
  }
}

std::vector<Outbox::Problem> Outbox::problems() const {
  std::vector<Problem> list;
  for (const auto& [place, problem] : state_->problems) list.push_back(problem);
  return list;
}

Outbox::Stats Outbox::stats() const { return state_->stats; }

}  // namespace fairlead::chat
