// SPDX-License-Identifier: Apache-2.0
#include "engine/actor.hpp"

#include <algorithm>

#include "engine/conditions.hpp"
#include "engine/job_runner.hpp"
#include "engine/rows.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/engine/events.hpp"
#include "fairlead/pipeline/expression.hpp"
#include "fairlead/pipeline/plan.hpp"

namespace fairlead::engine {

struct RunActor::Pending {
  Input input;
  bool settled = false;
  std::exception_ptr refused;
};

/// What one turn of the loop wants to make durable, and what is to go on afterwards.
struct RunActor::Batch {
  RunState next;
  std::vector<store::NewEvent> events;
  std::vector<Claim> claims;
  std::vector<Release> releases;
  std::vector<Want> wants;
  std::optional<Time> wake_at;
  std::vector<std::shared_ptr<Pending>> inputs;
};

RunActor::RunActor(Engine::Impl& engine, RunState state)
    : engine_(engine), state_(std::move(state)), wake_(engine.parts.executor), settled_(engine.parts.executor) {}

std::shared_ptr<RunActor::Pending> RunActor::enqueue(Input input) {
  auto pending = std::make_shared<Pending>();
  pending->input = std::move(input);
  inbox_.push_back(pending);
  nudge();
  return pending;
}

void RunActor::post(store::NewEvent event) {
  if (!event.at) event.at = engine_.now();
  enqueue([event = std::move(event)](const RunState&) { return std::vector<store::NewEvent>{event}; });
}

Awaitable<void> RunActor::settle(std::shared_ptr<Pending> pending) {
  auto self = shared_from_this();
  while (!pending->settled) co_await settled_.wait();
  if (pending->refused) std::rethrow_exception(pending->refused);
}

Awaitable<void> RunActor::ask(Input input) { return settle(enqueue(std::move(input))); }

void RunActor::nudge() {
  dirty_ = true;
  wake_.notify_all();
}

void RunActor::slot_granted(const std::string& job) {
  slots_.insert(job);
  nudge();
}

std::string RunActor::slot_key(const std::string& job) const { return state_.id.str() + "/" + job; }

bool RunActor::takes_slot(const std::string& job) const {
  const auto place = state_.index ? state_.index->find(job) : std::nullopt;
  return !place || state_.index->stages[place->stage].jobs[place->job].takes_slot;
}

std::string RunActor::executor_of(const std::string& job) const {
  if (!state_.plan) return "local";
  const auto* planned = pipeline::find_job(*state_.plan, job);
  return planned == nullptr || planned->executor.empty() ? "local" : planned->executor;
}

bool RunActor::over() const { return is_terminal(state_.state) && runners_.empty() && inbox_.empty() && !planning_; }

Awaitable<void> RunActor::live() {
  auto self = shared_from_this();
  while (!engine_.stopping) {
    dirty_ = false;
    Batch batch = prepare();
    if (!batch.events.empty()) {
      if (!co_await commit(batch)) continue;
    }
    committed(batch);
    if (engine_.stopping) break;
    perform(batch.wants);
    if (over()) break;
    if (dirty_ || !inbox_.empty()) continue;
    if (batch.wake_at) {
      const auto delay = std::max(*batch.wake_at - engine_.now(), Duration(1000));
      co_await wake_.wait_until(deadline_in(delay));
    } else {
      co_await wake_.wait();
    }
  }
  runners_.clear();  // they hold this actor: what still runs at the server's end would keep both for ever
  engine_.forget(*this);
}

void RunActor::fold(Batch& batch, store::NewEvent event) {
  if (!event.at) event.at = engine_.now();
  apply(batch.next, as_event(state_.id, batch.next.version + 1, event));
  batch.events.push_back(std::move(event));
}

void RunActor::take_inputs(Batch& batch) {
  batch.inputs.swap(inbox_);
  for (auto& pending : batch.inputs) {
    try {
      for (auto& event : pending->input(batch.next)) fold(batch, std::move(event));
    } catch (const Error& refusal) {
      pending->refused = std::make_exception_ptr(refusal);
    }
  }
}

void RunActor::decide_all(Batch& batch) {
  constexpr int limit = 10000;  // far above what any plan can need; a loop without end would be a bug
  for (int round = 0;; ++round) {
    if (round == limit) throw Error(ErrorKind::internal, "deciding about " + label(state_) + " does not come to an end");
    Decision decision = decide(batch.next, world(batch.next));
    for (auto& event : decision.events) fold(batch, std::move(event));
    std::ranges::move(decision.claims, std::back_inserter(batch.claims));
    std::ranges::move(decision.releases, std::back_inserter(batch.releases));
    if (!decision.events.empty()) continue;
    if (ask_for_slots(decision.wants, batch.next)) continue;
    batch.wants = std::move(decision.wants);
    batch.wake_at = decision.wake_at;
    return;
  }
}

RunActor::Batch RunActor::prepare() {
  Handling::Scope scope(engine_.handling.get(), state_.id);
  Batch batch;
  batch.next = state_;
  take_inputs(batch);
  decide_all(batch);
  return batch;
}

/// Slots need no durability, so they are asked for and given while deciding: a free slot costs no extra turn.
bool RunActor::ask_for_slots(const std::vector<Want>& wants, const RunState&) {
  std::set<std::string> wanted;
  const std::size_t before = slots_.size();
  for (const auto& want : wants) {
    const auto* slot = std::get_if<WantSlot>(&want);
    if (slot == nullptr || slots_.contains(slot->job)) continue;
    wanted.insert(slot->job);
    if (!asked_.insert(slot->job).second) continue;
    SlotQueue& queue = engine_.slots_for(executor_of(slot->job));
    queue.request({slot_key(slot->job), state_.app, slot->band, state_.number});
    engine_.grant(queue);
  }
  for (auto job = asked_.begin(); job != asked_.end();) {
    if (wanted.contains(*job) || slots_.contains(*job)) {
      ++job;
    } else {
      engine_.free_slot(executor_of(*job), slot_key(*job));
      job = asked_.erase(job);
    }
  }
  return slots_.size() != before;
}

Awaitable<bool> RunActor::commit(Batch& batch) {
  ++engine_.in_flight;
  bool written = true;
  try {
    co_await engine_.parts.store->transact([this, &batch](store::Tx& tx) {
      for (const auto& claim : batch.claims) {
        const auto key = hold_key(claim.environment, state_.app);
        const auto held = tx.get("hold", key);
        if (held && text_at(parse_json(held->body), "run") != state_.id.str()) {
          throw Error(ErrorKind::conflict, key + " is held by another run");
        }
        tx.put("hold", key, dump(Json{{"run", state_.id.str()}}));
      }
      tx.append(stream_of(state_.id), state_.version, batch.events);
      for (const auto& release : batch.releases) tx.erase("hold", hold_key(release.environment, state_.app));
      tx.put_run(run_row(batch.next));
      for (auto& row : deployment_rows(state_, batch.next, tx)) tx.put_deployment(row);
    });
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::conflict) throw;
    log::info("run.claim-lost", {{"run", label(state_)}, {"why", error.message()}});
    written = false;
  }
  --engine_.in_flight;
  engine_.idle.notify_all();
  if (written) co_return true;
  // Another run was first: the inputs are taken again, before those that came meanwhile.
  inbox_.insert(inbox_.begin(), batch.inputs.begin(), batch.inputs.end());
  for (const auto& pending : batch.inputs) pending->refused = nullptr;
  dirty_ = true;
  co_return false;
}

void RunActor::committed(Batch& batch) {
  if (!batch.events.empty()) {
    state_ = std::move(batch.next);
    for (const auto& claim : batch.claims) engine_.holds[{claim.environment, state_.app}] = state_.id;
    note_deployed();
    for (const auto& event : batch.events) {
      if (event.type != events::step_answered) continue;
      for (const auto& [job, runner] : runners_) runner->cancel_signal().notify_all();  // who waits for an answer looks
    }
    for (const auto& release : batch.releases) {
      engine_.holds.erase({release.environment, state_.app});
      engine_.nudge_environment(release.environment, state_.app);
    }
    stand_in_lines();
    engine_.announce(state_.id);
  }
  if (batch.inputs.empty()) return;
  for (const auto& pending : batch.inputs) pending->settled = true;
  settled_.notify_all();
}

/// The newest run that has deployed to an environment makes older ones that still wait for it pointless.
void RunActor::note_deployed() {
  if (state_.trigger == "rollback") return;
  for (const auto& stage : state_.stages) {
    if (stage.environment.empty() || stage.state != State::succeeded) continue;
    auto& newest = engine_.deployed[{stage.environment, state_.app}];
    newest = std::max(newest, state_.number);
  }
}

void RunActor::enter() {
  stand_in_lines();
  for (const auto& stage : state_.stages) {
    for (const auto& job : stage.jobs) {
      if (job.state != State::running || !takes_slot(job.id)) continue;
      engine_.slots_for(executor_of(job.id)).occupy(slot_key(job.id));
      slots_.insert(job.id);
      asked_.insert(job.id);
    }
  }
}

void RunActor::stand_in_lines() {
  const bool live = !is_terminal(state_.state);
  if (live && !in_ref_line_) engine_.by_ref.join(ref_place(), state_.number, this);
  if (!live && in_ref_line_) {
    RunActor* next = engine_.by_ref.after(ref_place(), state_.number);
    engine_.by_ref.leave(ref_place(), state_.number);
    if (next != nullptr) next->nudge();
  }
  if (live && !in_ref_line_) {
    if (RunActor* previous = engine_.by_ref.before(ref_place(), state_.number)) previous->nudge();
  }
  in_ref_line_ = live;

  std::set<Place> waits, goes_back;
  const bool active = live && state_.parked == 0;
  for (std::size_t s = 0; live && s < state_.stages.size(); ++s) {
    const StageState& stage = state_.stages[s];
    if (stage.state == State::waiting && !stage.environment.empty()) waits.insert({stage.environment, state_.app});
    if (active && wants_rollback(state_, s)) goes_back.insert({stage.environment, state_.app});
  }
  if (active && is_automatic_rollback(state_)) goes_back.insert({state_.target_environment, state_.app});
  stand_in(engine_.rollbacks, rolls_back_at_, state_.trigger == "rollback" ? waits : std::set<Place>{});
  stand_in(engine_.by_environment, waits_at_, std::move(waits));
  stand_in(engine_.going_back, goes_back_at_, std::move(goes_back));
}

/// Whoever it leaves behind, or stands behind, in a line looks again.
void RunActor::stand_in(Line& line, std::set<Place>& before, std::set<Place> after) {
  for (const auto& place : before) {
    if (after.contains(place)) continue;
    line.leave(place, state_.number);
    engine_.nudge_environment(place.first, place.second);
  }
  for (const auto& place : after) {
    if (before.contains(place)) continue;
    line.join(place, state_.number, this);
    nudge();  // who it waits for may have left while this was being written, when it was in no line to be told
    if (RunActor* previous = engine_.by_environment.before(place, state_.number)) previous->nudge();
  }
  before = std::move(after);
}

void RunActor::perform(const std::vector<Want>& wants) {
  // Started last: a runner goes on at once, and one that is canceled must know it before it comes to its next step.
  std::vector<std::pair<std::string, std::shared_ptr<JobRunner>>> fresh;
  for (const auto& want : wants) {
    if (std::holds_alternative<WantPlan>(want)) {
      if (!std::exchange(planning_, true)) engine_.queue_plan(shared_from_this());
    } else if (const auto* running = std::get_if<WantRunning>(&want)) {
      if (ended_.contains({running->job, running->attempt})) continue;
      auto& runner = runners_[{running->job, running->attempt}];
      if (runner) continue;
      runner = std::make_shared<JobRunner>(shared_from_this(), running->job, running->attempt);
      fresh.emplace_back("job " + slot_key(running->job), runner);
    } else if (const auto* stop = std::get_if<WantCancel>(&want)) {
      const auto runner = runners_.find({stop->job, stop->attempt});
      if (runner != runners_.end()) runner->second->cancel(stop->reason);
    } else if (const auto* question = std::get_if<WantCheck>(&want)) {
      run_check(*question);
    } else if (const auto* unknown = std::get_if<WantStagePlan>(&want)) {
      run_stage_plan(unknown->stage);
    } else if (const auto* reminder = std::get_if<WantReminder>(&want)) {
      const Json payload{{"stage", reminder->stage}, {"times", reminder->times}};
      post({std::string(events::gate_reminded), dump(payload), "fairlead"});
    } else if (const auto* back = std::get_if<WantRollback>(&want)) {
      if (!rolling_back_.insert(back->stage).second) continue;
      spawn(engine_.parts.executor, "rollback of " + label(state_), roll_back(back->stage, back->environment, back->reason));
    }
  }
  for (const auto& [name, runner] : fresh) spawn(engine_.parts.executor, name, runner->run());
}

void RunActor::run_check(const WantCheck& want) {
  const std::string name = want.stage + "/" + want.key;
  if (!checking_.insert(name).second) return;
  try {
    spawn(engine_.parts.executor, "check " + label(state_), check(want.stage, want.key, dump(resolved_check(want))));
  } catch (const Error& error) {
    checks_[name] = {false, error.message(), engine_.now()};
    checking_.erase(name);
  }
}

/// The `checks:` entry with its expressions evaluated.
Json RunActor::resolved_check(const WantCheck& want) const {
  for (const auto& stage : state_.plan->stages) {
    if (stage.name != want.stage) continue;
    const auto index = parse_int(std::string_view(want.key).substr(want.key.find(':') + 1));
    if (!index || static_cast<std::size_t>(*index) >= stage.checks.size()) continue;
    pipeline::Scope scope;
    scope.contexts = stage_contexts(state_, stage.index);
    Json check = pipeline::resolve(stage.checks[static_cast<std::size_t>(*index)], scope);
    check["environment"] = stage.environment;
    return check;
  }
  return nullptr;
}

Awaitable<void> RunActor::check(std::string stage, std::string key, std::string what) {
  auto self = shared_from_this();
  const std::string name = stage + "/" + key;
  CheckFact fact;
  try {
    fact = co_await engine_.parts.check(std::move(what));
  } catch (const Error& error) {
    fact = {false, error.message(), engine_.now()};
  }
  checks_[name] = std::move(fact);
  checking_.erase(name);
  nudge();
}

void RunActor::job_ended(const std::string& job, int attempt) {
  runners_.erase({job, attempt});
  ended_.insert({job, attempt});
  slots_.erase(job);
  asked_.erase(job);
  engine_.free_slot(executor_of(job), slot_key(job));
  nudge();
}

void RunActor::plan_now() { spawn(engine_.parts.executor, "plan " + label(state_), plan()); }

}  // namespace fairlead::engine
