// SPDX-License-Identifier: Apache-2.0
#include "fairlead/chat/reader.hpp"

#include <algorithm>
#include <map>

#include "chat/reader/wanted.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/chat/cards.hpp"
#include "fairlead/chat/grants.hpp"
#include "fairlead/chat/outbox.hpp"
#include "fairlead/engine/engine.hpp"
#include "fairlead/engine/events.hpp"
#include "fairlead/engine/run_state.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::chat {

namespace {

constexpr const char* cursor_name = "chat.cards";
constexpr auto news = std::chrono::hours(1);  ///< what ended before is not told any more
constexpr std::size_t remembered = 5000;
constexpr int reminded_people = 10;

/// What the store knows about a run's cards.
struct Known {
  std::optional<Origin> origin;
  std::vector<Subscription> subscriptions;
  std::map<std::string, CardState> cards;       ///< by key
  std::map<std::string, std::string> deployed;  ///< version that is in an environment now, where one may follow
};

struct Drawn {
  Desired desired;
  std::vector<Grant> grants;
  std::string retired;  ///< what the buttons of earlier drawings answer from now on; empty: they do what they say
};

/// One drawing of one card.
struct Drawing {
  const Json& run;
  const WantedCard& card;
  Place place;
  std::string key;
  std::optional<LogTail> tail;
};

}  // namespace

struct Reader::State {
  explicit State(ReaderParts given) : parts(std::move(given)) {}

  Awaitable<void> start_at_the_head();
  Awaitable<void> handle(const store::Event&);
  Awaitable<void> redraw(RunId, std::int64_t version);
  Awaitable<void> remind(RunId, std::string stage, std::int64_t times);
  Awaitable<Known> known_of(const Json& run);
  Awaitable<void> put(std::vector<Drawn>);
  Awaitable<std::optional<LogTail>> tail_of(RunId, const Json& run);
  std::vector<Place> places(const Json& run, const Known&) const;
  Drawn draw(const Drawing&, const Known&, bool phase) const;
  Message message_of(const Drawing&, const CardContext&) const;

  ReaderParts parts;
  std::string grant_key;
  std::map<std::string, std::int64_t> drawn;  ///< runs, by the version they were last drawn at
  std::map<std::string, std::string> phases;
};

Awaitable<void> Reader::State::start_at_the_head() {
  co_await parts.store->transact([this](store::Tx& tx) {
    grant_key = Grants::key(tx);
    if (!tx.get("cursor", cursor_name)) tx.put("cursor", cursor_name, dump(Json{{"seq", tx.head()}}));
  });
}

Awaitable<Known> Reader::State::known_of(const Json& run) {
  const auto id = text_at(run, "id");
  co_return co_await parts.store->read([&](store::View& view) {
    Known known;
    if (const auto origin = view.get("chat.origin", id)) known.origin = origin_from(parse_json(origin->body));
    for (const auto& doc : view.list("chat.subscription")) known.subscriptions.push_back(subscription_from(parse_json(doc.body)));
    for (const auto& place : places(run, known))
      for (const auto& card : cards_of(run, parts.engine->config())) {
        const auto key = card_key(card.what, place);
        if (auto state = card_state(view, key)) known.cards.emplace(key, std::move(*state));
      }
    for (const auto& stage : member(run, "stages")) {
      const auto environment = text_at(stage, "environment");
      if (environment.empty() || text_at(stage, "state") != "waiting") continue;
      const store::DeploymentQuery last{
          .app = text_at(run, "app"), .environment = environment, .state = "succeeded", .before = {}, .limit = 1};
      for (const auto& row : view.deployments(last)) known.deployed[environment] = row.version;
    }
    return known;
  });
}

std::vector<Place> Reader::State::places(const Json& run, const Known& known) const {
  return places_of(run, parts.engine->config(), known.origin, known.subscriptions, parts.workspaces());
}

Message Reader::State::message_of(const Drawing& drawing, const CardContext& context) const {
  switch (drawing.card.kind) {
    case WantedCard::Kind::run: return run_card(drawing.run, context);
    case WantedCard::Kind::approval: return approval_card(drawing.run, drawing.card.stage, context);
    case WantedCard::Kind::failure: return failure_reply(drawing.run, drawing.tail, context);
    case WantedCard::Kind::bypass: return bypass_note(drawing.run, drawing.card.stage, context);
    case WantedCard::Kind::question: return question_card(drawing.run, drawing.card.job, drawing.card.step, context);
  }
  return {};
}

Drawn Reader::State::draw(const Drawing& drawing, const Known& known, bool phase) const {
  using Kind = WantedCard::Kind;
  const auto& card = drawing.card;
  const auto before = known.cards.find(drawing.key);
  Granter granter(grant_key);
  CardContext context{.public_url = parts.public_url,
                      .now = parts.clock(),
                      .revision = before == known.cards.end() ? 0 : before->second.revision + 1,
                      .card = drawing.key,
                      .grant = [&granter](Grant grant) { return granter(std::move(grant)); }};
  const auto& apps = parts.engine->config().apps;
  if (const auto app = apps.find(text_at(drawing.run, "app")); app != apps.end()) context.repository = app->second.repository;
  const auto& environments = parts.engine->config().environments;
  for (const auto& stage : member(drawing.run, "stages")) {
    if (text_at(stage, "name") != card.stage) continue;
    const auto now_there = known.deployed.find(text_at(stage, "environment"));
    if (now_there != known.deployed.end()) context.deployed = now_there->second;
    const auto environment = environments.find(text_at(stage, "environment"));
    context.break_glass = environment != environments.end() && environment->second.approval && environment->second.approval->break_glass;
  }
  Drawn result;
  auto& desired = result.desired;
  desired.message = within_limits(message_of(drawing, context));
  desired.card = drawing.key;
  desired.place = drawing.place;
  desired.hash = hash_of(desired.message);
  desired.revision = context.revision;
  desired.last = card.last;
  desired.urgency = phase || card.last ? Urgency::phase : Urgency::progress;
  if (card.kind != Kind::run && card.open) desired.urgency = Urgency::act;
  if (card.kind == Kind::failure) {
    desired.thread_card = card_key("run:" + text_at(drawing.run, "id"), drawing.place);
    desired.broadcast = card.broadcast;
  }
  if (known.origin && known.origin->place.workspace == drawing.place.workspace) desired.fallback = known.origin->user;
  result.grants = granter.granted();
  if (card.kind == Kind::approval && !card.open) result.retired = decided_text(drawing.run, card.stage);
  return result;
}

Awaitable<std::optional<LogTail>> Reader::State::tail_of(RunId id, const Json& run) {
  const auto step = failed_step(run);
  if (!step || !parts.log_tail) co_return std::nullopt;
  auto text = co_await parts.log_tail(id, step->job, step->attempt, step->step);
  if (text.empty()) co_return std::nullopt;
  co_return LogTail{.job = step->job, .step = step->name, .text = std::move(text)};
}

Awaitable<void> Reader::State::put(std::vector<Drawn> changed) {
  if (changed.empty()) co_return;
  co_await parts.store->transact([&](store::Tx& tx) {
    const auto now = parts.clock();
    for (const auto& one : changed) {
      if (!Outbox::put(tx, one.desired, now)) continue;
      Grants::drawn(tx, one.desired.card, one.desired.revision, one.retired);
      Grants::put(tx, grant_key, one.grants, one.desired.revision);
    }
  });
  parts.outbox->wake();
}

Awaitable<void> Reader::State::redraw(RunId id, std::int64_t version) {
  if (const auto seen = drawn.find(id.str()); seen != drawn.end() && seen->second >= version) co_return;
  const auto state = co_await parts.engine->state(id);
  if (drawn.size() > remembered) drawn.clear();
  if (phases.size() > remembered) phases.clear();
  drawn[id.str()] = state.version;
  const auto run = engine::run_json(state);
  const auto known = co_await known_of(run);
  const auto app = parts.engine->config().apps.find(state.app);
  const auto main_branch = app == parts.engine->config().apps.end() ? std::string() : app->second.branch;
  const bool old = state.finished_at && parts.clock() - *state.finished_at > news;
  if (!deserves_card(run, main_branch, known.origin.has_value())) co_return;
  const auto phase = phase_of(run);
  const bool new_phase = std::exchange(phases[id.str()], phase) != phase;
  std::optional<LogTail> tail;
  bool asked = false;
  std::vector<Drawn> changed;
  for (const auto& card : cards_of(run, parts.engine->config())) {
    auto where = places(run, known);
    for (const auto& place : more_places(card, run, parts.engine->config(), parts.workspaces()))
      if (std::ranges::none_of(where, [&place](const Place& one) { return card_key("", one) == card_key("", place); }))
        where.push_back(place);
    for (const auto& place : where) {
      const auto key = card_key(card.what, place);
      const auto before = known.cards.find(key);
      if (before == known.cards.end() && (!card.open || old)) continue;
      if (card.kind == WantedCard::Kind::failure) {
        if (before != known.cards.end()) continue;  // said once
        if (!std::exchange(asked, true)) tail = co_await tail_of(id, run);
      }
      auto drawn_card = draw({.run = run, .card = card, .place = place, .key = key, .tail = tail}, known, new_phase);
      const bool same =
          before != known.cards.end() && before->second.hash == drawn_card.desired.hash && before->second.last == drawn_card.desired.last;
      if (!same) changed.push_back(std::move(drawn_card));
    }
  }
  co_await put(std::move(changed));
}

Awaitable<void> Reader::State::remind(RunId id, std::string stage, std::int64_t times) {
  const auto state = co_await parts.engine->state(id);
  const auto* found = state.stage(stage);
  const auto* gate = found ? found->gate("approval") : nullptr;
  if (!gate || !gate->is_open()) co_return;
  const auto run = engine::run_json(state);
  const auto known = co_await known_of(run);
  std::vector<Drawn> reminders;
  for (const auto& place : places(run, known)) {
    const auto approval = card_key("approval:" + id.str() + "/" + stage + "/" + format_time(gate->opened_at), place);
    if (!known.cards.contains(approval)) continue;
    std::vector<std::string> people;
    if (parts.approvers) people = co_await parts.approvers(id, stage, place.workspace, reminded_people);
    Drawn drawn_card;
    auto& desired = drawn_card.desired;
    desired.card = card_key("reminder:" + id.str() + "/" + stage + "/" + std::to_string(times), place);
    desired.place = place;
    desired.thread_card = approval;
    desired.message =
        within_limits(reminder(run, stage, people, {.public_url = parts.public_url, .now = parts.clock(), .card = desired.card}));
    desired.hash = hash_of(desired.message);
    desired.urgency = Urgency::act;
    desired.last = true;
    reminders.push_back(std::move(drawn_card));
  }
  co_await put(std::move(reminders));
}

Awaitable<void> Reader::State::handle(const store::Event& event) {
  const RunId id(event.stream.substr(event.stream.find(':') + 1));
  try {
    co_await redraw(id, event.version);
    if (event.type == engine::events::gate_reminded) {
      const auto payload = parse_json(event.payload);
      co_await remind(id, text_at(payload, "stage"), number_at(payload, "times"));
    }
  } catch (const Error& error) {
    drawn.erase(id.str());
    // What passes by itself is tried again, or the end of a run would not be told; what is wrong with one run holds up no other.
    const auto kind = error.kind();
    if (kind == ErrorKind::canceled || kind == ErrorKind::unavailable || kind == ErrorKind::timeout || kind == ErrorKind::io) throw;
    log::warn("chat.not-drawn", {{"run", id.str()}, {"event", event.type}, {"why", error.message()}});
  } catch (const Json::exception& error) {
    drawn.erase(id.str());
    log::error("chat.not-drawn", {{"run", id.str()}, {"event", event.type}, {"why", error.what()}});
  }
}

Reader::Reader(ReaderParts parts) : state_(std::make_shared<State>(std::move(parts))) {}
Reader::~Reader() = default;

Awaitable<void> Reader::run() {
  const auto state = state_;
  co_await state->start_at_the_head();
  const auto handle = [state](const store::Event& event) { return state->handle(event); };
  co_await store::follow(*state->parts.store, cursor_name, {.stream = "run:*", .type = ""}, handle);
}

}  // namespace fairlead::chat
