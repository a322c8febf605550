// SPDX-License-Identifier: Apache-2.0
#include "engine/step_context.hpp"

#include "engine/reuse.hpp"
#include "fairlead/base/ids.hpp"
#include "fairlead/engine/events.hpp"

namespace fairlead::engine {

int RunStepContext::index() const { return static_cast<int>(input_.plan->index); }

const std::string& RunStepContext::actor() const { return runner_.actor().state().actor; }

const std::string& RunStepContext::environment() const {
  static const std::string none;
  return runner_.spec().environment ? *runner_.spec().environment : none;
}

const Json& RunStepContext::recorded() const { return record_of(runner_.actor().state(), runner_.spec().key.job, input_.plan->index); }

std::optional<Secret> RunStepContext::secret(const std::string& name) const {
  const auto found = runner_.spec().secrets.find(name);
  if (found == runner_.spec().secrets.end()) return std::nullopt;
  return found->second;
}

std::string RunStepContext::step_key() const {
  const JobKey& key = runner_.spec().key;
  return key.job + "/" + std::to_string(index()) + "/" + std::to_string(key.attempt);
}

/// Records the intent, acts, records the result: in this order, each durable before the next.
Awaitable<std::string> RunStepContext::perform(store::OpRow row, Act act) {
  store::Store& store = *runner_.actor().engine().parts.store;
  co_await store.transact([&row](store::Tx& tx) { tx.put_op(row); });
  row.result = co_await act(row.key);
  row.state = store::OpState::done;
  row.at = now();
  co_await store.transact([&row](store::Tx& tx) { tx.put_op(row); });
  co_return row.result;
}

Awaitable<std::string> RunStepContext::effect(std::string name, store::OpClass cls, std::string intent, Probe probe, Act act) {
  Engine::Impl& engine = runner_.actor().engine();
  store::Store& store = *engine.parts.store;
  store::OpRow row;
  row.run = runner_.spec().key.run;
  row.step = step_key();
  row.name = name;
  row.cls = cls;
  row.intent = std::move(intent);
  row.at = now();
  row.key = uuid_from(store.install_id() + "\n" + row.run.str() + "\n" + row.step + "\n" + name);
  const std::string key = row.key;
  const auto earlier = co_await store.read([key](store::View& view) { return view.op(key); });
  if (!earlier) co_return co_await perform(std::move(row), std::move(act));
  if (earlier->state == store::OpState::done) co_return earlier->result;
  if (const auto found = co_await probe()) {
    row.result = *found;
    row.state = store::OpState::done;
    co_await store.transact([&row](store::Tx& tx) { tx.put_op(row); });
    co_return row.result;
  }
  if (cls != store::OpClass::c) co_return co_await perform(std::move(row), std::move(act));
  throw LostEffect(ErrorKind::conflict, "the server stopped while it performed \"" + name + "\", and it cannot be told whether it happened",
                   "look at the target, then retry the run or cancel it");
}

Awaitable<void> RunStepContext::remember(std::string name, std::string json, bool replace) {
  const std::string key = runner_.spec().key.run.str() + "/" + step_key() + "/" + name;
  co_await runner_.actor().engine().parts.store->transact([&key, &json, replace](store::Tx& tx) {
    if (replace || !tx.get("fact", key)) tx.put("fact", key, json);
  });
}

Awaitable<std::optional<std::string>> RunStepContext::recall(std::string name) {
  const std::string key = runner_.spec().key.run.str() + "/" + step_key() + "/" + name;
  auto doc = co_await runner_.actor().engine().parts.store->read([key](store::View& view) { return view.get("fact", key); });
  if (!doc) co_return std::nullopt;
  co_return std::move(doc->body);
}

Awaitable<void> RunStepContext::progress(std::string json_object) {
  Json payload = parse_json(json_object);
  payload.update(place());
  runner_.actor().post({std::string(events::step_progress), dump(payload), "fairlead"});
  co_return;
}

Awaitable<void> RunStepContext::log(std::string line) { co_await runner_.host().log(index(), std::move(line)); }

Awaitable<void> RunStepContext::canceled() {
  while (!runner_.canceled()) co_await runner_.cancel_signal().wait();
}

Json RunStepContext::place() const {
  return {{"job", runner_.spec().key.job}, {"attempt", runner_.spec().key.attempt}, {"index", index()}};
}

const Question* RunStepContext::question(const RunState& run) const {
  const JobState* job = run.job(runner_.spec().key.job);
  const auto at = input_.plan->index;
  const bool live = job != nullptr && job->attempt == runner_.spec().key.attempt && at < job->steps.size() && job->steps[at].question;
  return live ? &*job->steps[at].question : nullptr;
}

Awaitable<void> RunStepContext::ask(StepQuestion asked) {
  if (const Question* last = question(runner_.actor().state()); last != nullptr && last->key == asked.key) co_return;
  Json payload = place();
  payload["question"] = asked.key;
  payload["text"] = asked.text;
  payload["choices"] = asked.choices;
  if (asked.until) payload["until"] = to_micros(*asked.until);
  const store::NewEvent event{std::string(events::step_asked), dump(payload), "fairlead"};
  auto once = [this, key = asked.key, event](const RunState& run) {
    const Question* last = question(run);
    return last != nullptr && last->key == key ? std::vector<store::NewEvent>{} : std::vector{event};
  };
  co_await runner_.actor().ask(std::move(once));
}

std::optional<StepAnswer> RunStepContext::answer(const std::string& key) const {
  const Question* last = question(runner_.actor().state());
  if (last == nullptr || last->key != key || last->is_open() || last->choice.empty()) return std::nullopt;
  return StepAnswer{last->choice, last->by};
}

Awaitable<void> RunStepContext::withdraw() {
  const Question* last = question(runner_.actor().state());
  if (last == nullptr || !last->is_open()) co_return;
  auto close = [this](const RunState& run) -> std::vector<store::NewEvent> {
    const Question* open = question(run);
    if (open == nullptr || !open->is_open()) return {};  // answered in the same moment
    Json payload = place();
    payload["question"] = open->key;
    payload["by"] = "fairlead";
    return {{std::string(events::step_answered), dump(payload), "fairlead"}};
  };
  co_await runner_.actor().ask(std::move(close));
}

Awaitable<void> RunStepContext::answered() {
  if (!runner_.canceled()) co_await runner_.cancel_signal().wait();
}

Time RunStepContext::now() const { return runner_.actor().engine().now(); }

}  // namespace fairlead::engine
