// SPDX-License-Identifier: Apache-2.0
#include "fairlead/engine/engine.hpp"

#include "engine/actor.hpp"
#include "engine/questions.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/engine/events.hpp"
#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::engine {

Engine::Engine(Parts parts) : impl_(std::make_unique<Impl>(std::move(parts))) {}
Engine::~Engine() = default;

Started Engine::create(store::Tx& tx, const StartRequest& request) { return impl_->create(tx, request); }

void Engine::wake(const RunId& id) { impl_->wake_later(id); }

Awaitable<Started> Engine::start(StartRequest request) {
  auto started =
      co_await impl_->parts.store->transact([this, &request](store::Tx& tx) { return impl_->create(tx, request); }, store::Purpose::intake);
  co_await impl_->wake(started.id);
  co_return started;
}

namespace {

const ApprovalPolicy& policy_for(const Engine::Impl& engine, const RunState& run, const StageState& stage) {
  const auto facts = engine.environments.find(stage.environment);
  if (facts == engine.environments.end() || !facts->second.approval) {
    throw Error(ErrorKind::conflict, "stage " + stage.name + " of " + label(run) + " needs no approval");
  }
  return *facts->second.approval;
}

std::vector<store::NewEvent> events_or_throw(VoteResult result, std::string& text) {
  text = result.text;
  switch (result.kind) {
    case VoteResult::Kind::accepted:
    case VoteResult::Kind::idempotent: return std::move(result.events);
    case VoteResult::Kind::stale: throw Error(ErrorKind::conflict, result.text);
    case VoteResult::Kind::refused: break;
  }
  throw Error(ErrorKind::refused, result.text);
}

}  // namespace

namespace {

/// Before the unfinished runs are back, one that is not here may be one that has not been read yet.
void require_deciding(const Engine::Impl& engine) {
  if (!engine.deciding)
    throw Error(ErrorKind::unavailable, "the server is starting: unfinished runs are being resumed", "try again in a moment");
}

}  // namespace

namespace {

/// What the stage would do now is looked at before an approval counts; the ballot stays one for what the gate showed when it came.
Awaitable<void> look_before(Engine::Impl& engine, std::shared_ptr<RunActor> actor, std::string stage, Ballot& ballot) {
  const StageState& where = approval_stage(actor->state(), stage);
  const GateState* gate = where.gate("approval");
  const bool binds = ballot.approve && !ballot.break_glass && gate != nullptr && gate->is_open() && !gate->steps_digest.empty();
  if (!binds) co_return;
  const auto before = engine::vote(actor->state(), where.name, policy_for(engine, actor->state(), where), ballot, engine.now());
  if (before.kind != VoteResult::Kind::accepted) co_return;
  if (ballot.plan_digest.empty()) ballot.plan_digest = gate->plan_digest;
  co_await actor->look_again(where.name);
}

}  // namespace

Awaitable<std::string> Engine::vote(RunId id, std::string stage, Ballot ballot) {
  require_deciding(*impl_);
  auto actor = impl_->actor(id);
  if (!actor) {
    const auto loaded = co_await impl_->load(id);
    const RunState& run = loaded->state();
    const std::string why = run.reason.empty() ? "" : ": " + run.reason;
    throw Error(ErrorKind::conflict, label(run) + " is already " + std::string(to_string(run.state)) + why);
  }
  co_await look_before(*impl_, actor, stage, ballot);
  std::string text;
  co_await actor->ask([&](const RunState& run) {
    const StageState& where = approval_stage(run, stage);
    if (ballot.approve && !ballot.break_glass && actor->is_outdated(where)) {
      throw Error(ErrorKind::conflict, "what " + where.name + " of " + label(run) +
                                           " would do has changed since you looked at it; look again before you decide");
    }
    return events_or_throw(engine::vote(run, where.name, policy_for(*impl_, run, where), ballot, impl_->now()), text);
  });
  co_return text;
}

Awaitable<std::string> Engine::revoke(RunId id, std::string stage, Person person) {
  require_deciding(*impl_);
  auto actor = impl_->actor(id);
  if (!actor) throw Error(ErrorKind::conflict, "the run has ended");
  std::string text;
  co_await actor->ask([&](const RunState& run) {
    const StageState& where = approval_stage(run, stage);
    return events_or_throw(engine::revoke(run, where.name, policy_for(*impl_, run, where), person, impl_->now()), text);
  });
  co_return text;
}

Awaitable<void> Engine::cancel(RunId id, std::string who, std::string reason) {
  require_deciding(*impl_);
  auto actor = co_await impl_->load(id);
  if (is_terminal(actor->state().state) || !impl_->actor(id)) {
    throw Error(ErrorKind::conflict, label(actor->state()) + " is already " + std::string(to_string(actor->state().state)));
  }
  co_await actor->ask([&](const RunState& run) -> std::vector<store::NewEvent> {
    if (is_terminal(run.state) || run.cancel) return {};
    return {{std::string(events::run_cancel_requested), dump(Json{{"by", who}, {"reason", reason}, {"as", "canceled"}}), who}};
  });
}

Awaitable<std::string> Engine::answer(RunId id, Reply answer) {
  require_deciding(*impl_);
  auto actor = impl_->actor(id);
  if (!actor) {
    const auto loaded = co_await impl_->load(id);
    throw Error(ErrorKind::conflict, label(loaded->state()) + " is already " + std::string(to_string(loaded->state().state)));
  }
  std::string text;
  co_await actor->ask([&](const RunState& run) { return std::vector{answer_event(run, answer, text)}; });
  co_return text;
}

Awaitable<void> Engine::retry(RunId id, std::string who, bool all) {
  require_deciding(*impl_);
  auto actor = co_await impl_->load(id);
  auto pending = actor->enqueue([&](const RunState& run) { return std::vector{retry_event(run, who, all)}; });
  impl_->start_actor(actor);
  co_await actor->settle(std::move(pending));
}

Awaitable<RunState> Engine::state(RunId id) {
  const auto actor = co_await impl_->load(id);
  co_return actor->state();
}

Awaitable<RunId> Engine::resolve(std::string text) {
  const auto hash = text.rfind('#');
  const bool latest = text.starts_with("latest:");
  const std::string app = latest ? text.substr(7) : hash == std::string::npos ? "" : text.substr(0, hash);
  const auto number = latest || hash == std::string::npos ? std::nullopt : parse_int(std::string_view(text).substr(hash + 1));
  const auto row = co_await impl_->parts.store->read([&](store::View& view) -> std::optional<store::RunRow> {
    if (latest) return view.latest_run(app);
    if (number) return view.run(app, *number);
    return view.run(RunId(text));
  });
  if (row) co_return row->id;
  const auto newest = co_await impl_->parts.store->read([&](store::View& view) { return view.latest_run(app); });
  throw Error(ErrorKind::not_found, "there is no run \"" + text + "\"",
              newest ? "the newest of " + app + " is " + app + "#" + std::to_string(newest->number)
                     : "write shop-api#42, a run id, or latest:shop-api");
}

Awaitable<void> Engine::stop() {
  impl_->stopping = true;
  impl_->nudge_all();
  while (impl_->in_flight > 0) co_await impl_->idle.wait();
}

Stats Engine::stats() const {
  Stats stats;
  for (const auto& [name, queue] : impl_->slots) {
    stats.waiting_jobs += static_cast<int>(queue.waiting());
  }
  for (const auto& [name, executor] : impl_->parts.config->executors) stats.slots += executor.slots;
  stats.active_runs = impl_->actors.size();
  for (const auto& [id, actor] : impl_->actors) {
    stats.running_jobs += static_cast<int>(actor->running_jobs());
    if (actor->state().parked > 0) ++stats.parked;
    for (const auto& stage : actor->state().stages) {
      for (const auto& gate : stage.gates) stats.waiting_gates += gate.is_open() ? 1 : 0;
    }
  }
  return stats;
}

const pipeline::ServerConfig& Engine::config() const { return *impl_->parts.config; }
const Parts& Engine::parts() const { return impl_->parts; }

Awaitable<void> Engine::changed(RunId id) {
  if (id.empty()) co_return co_await impl_->anything_changed.wait();
  auto& slot = impl_->run_changed[id.str()];
  if (!slot) slot = std::make_shared<Signal>(impl_->parts.executor);
  const auto signal = slot;
  std::exception_ptr given_up;
  try {
    co_await signal->wait();
  } catch (...) {
    given_up = std::current_exception();
  }
  // The last one who waited takes the signal away.
  if (const auto found = impl_->run_changed.find(id.str()); found != impl_->run_changed.end() && found->second.use_count() <= 2) {
    impl_->run_changed.erase(found);
  }
  if (given_up) std::rethrow_exception(given_up);
}

}  // namespace fairlead::engine
