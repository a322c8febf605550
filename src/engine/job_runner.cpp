// SPDX-License-Identifier: Apache-2.0
#include "engine/job_runner.hpp"

#include <algorithm>

#include "engine/conditions.hpp"
#include "engine/step_context.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/engine/events.hpp"
#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::engine {

namespace {

Json texts(const std::map<std::string, std::string>& values) {
  Json object = Json::object();
  for (const auto& [name, value] : values) object[name] = value;
  return object;
}

std::chrono::milliseconds millis(const std::optional<Duration>& span) {
  return span ? std::chrono::duration_cast<std::chrono::milliseconds>(*span) : std::chrono::milliseconds(0);
}

bool is_secret(const Json& value) { return value.is_object() && value.contains("$secret"); }

}  // namespace

JobRunner::JobRunner(std::shared_ptr<RunActor> actor, std::string job, int attempt)
    : actor_(std::move(actor)),
      plan_(actor_->state().plan),
      name_(std::move(job)),
      attempt_(attempt),
      cancel_signal_(actor_->engine().parts.executor) {
  for (const auto& stage : plan_->stages) {
    for (const auto& planned : stage.jobs) {
      if (planned.key != name_) continue;
      stage_ = &stage;
      job_ = std::shared_ptr<const pipeline::PlanJob>(plan_, &planned);
    }
  }
  if (stage_ == nullptr) throw Error(ErrorKind::internal, "job " + name_ + " is not in the plan of " + label(actor_->state()));
}

void JobRunner::cancel(const std::string& reason) {
  if (std::exchange(canceled_, true)) return;
  cancel_reason_ = reason;
  if (host_) host_->cancel(reason);
  cancel_signal_.notify_all();
}

Awaitable<void> JobRunner::run() {
  auto self = shared_from_this();
  End end;
  try {
    end = co_await work();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::canceled || error.kind() == ErrorKind::internal) throw;
    end = {State::failed, error.hint().empty() ? error.message() : error.message() + " (" + error.hint() + ")", {}, false};
  }
  if (actor_->engine().stopping) co_return;  // the next server adopts the job
  co_await report(std::move(end));
  actor_->job_ended(name_, attempt_);
}

Awaitable<JobRunner::End> JobRunner::work() {
  if (auto early = co_await open()) co_return *early;
  const JobState* state = actor_->state().job(name_);
  if (job_->timeout && state != nullptr && state->started_at) {
    spawn(actor_->engine().parts.executor, "deadline of job " + name_,
          watch_deadline(weak_from_this(), *state->started_at + *job_->timeout));
  }
  co_await walk_steps();
  if (timed_out_) {
    end_ = {State::failed, "timed out after " + format_duration(*job_->timeout), {}, true};
  } else if (canceled_ && end_.state != State::lost) {
    end_ = {State::canceled, cancel_reason_, {}, false};
  }
  co_return end_;
}

Awaitable<void> JobRunner::watch_deadline(std::weak_ptr<JobRunner> weak, Time deadline) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  while (true) {
    Duration left;
    {
      const auto self = weak.lock();
      if (!self || self->canceled_) co_return;
      left = deadline - self->actor_->engine().now();
      if (left <= Duration(0)) {
        self->timed_out_ = true;
        self->cancel("timed out");
        co_return;
      }
    }
    // Short naps: the job usually ends long before its deadline, and must not be kept in memory for it.
    asio::steady_timer timer(executor, std::min<Duration>(left, std::chrono::minutes(1)));
    co_await timer.async_wait(asio::use_awaitable);
  }
}

std::map<std::string, std::string> JobRunner::standard_env() const {
  const RunState& run = actor_->state();
  return {{"CI", "true"},
          {"FAIRLEAD", "true"},
          {"FAIRLEAD_SHA", run.sha.str()},
          {"FAIRLEAD_BRANCH", run.branch},
          {"FAIRLEAD_TAG", run.tag},
          {"FAIRLEAD_RUN", label(run)},
          {"FAIRLEAD_RUN_URL", actor_->engine().parts.public_url + "/runs/" + run.id.str()},
          {"FAIRLEAD_APP", run.app},
          {"FAIRLEAD_ENVIRONMENT", stage_->environment},
          {"FAIRLEAD_STAGE", stage_->name},
          {"FAIRLEAD_JOB", name_}};
}

pipeline::Scope JobRunner::scope() const {
  pipeline::Scope scope;
  scope.contexts = stage_contexts(actor_->state(), stage_->index);
  scope.contexts["matrix"] = job_->matrix;
  scope.contexts["steps"] = steps_;
  Json& env = scope.contexts["env"] = Json::object();
  for (const auto& [name, value] : job_env_.items()) {
    if (!is_secret(value)) env[name] = value;
  }
  env.update(extra_env_);
  scope.status = canceled_                        ? pipeline::Status::canceled
                 : end_.state == State::succeeded ? pipeline::Status::success
                                                  : pipeline::Status::failure;
  return scope;
}

void JobRunner::prepare_spec() {
  const RunState& run = actor_->state();
  // Values that mix `env.X` with outputs of other jobs see what is already decided.
  for (const auto& [name, value] : job_->env.items()) {
    if (!pipeline::is_pending(value)) job_env_[name] = value;
  }
  job_env_ = pipeline::resolve(job_->env, scope());
  auto resolved = std::make_shared<pipeline::PlanJob>(*job_);
  resolved->container = pipeline::resolve(job_->container, scope());
  resolved->services = pipeline::resolve(job_->services, scope());
  spec_.key = {run.id, name_, attempt_};
  spec_.app = run.app;
  spec_.sha = run.sha;
  if (const auto app = actor_->engine().parts.config->apps.find(run.app); app != actor_->engine().parts.config->apps.end()) {
    spec_.folder = app->second.folder;
  }
  spec_.env = standard_env();
  for (const auto& [name, value] : job_env_.items()) {
    if (!is_secret(value)) spec_.env[name] = pipeline::to_text(value);
  }
  for (const auto& id : job_->artifacts_from) {
    for (const auto& stage : plan_->stages) {
      for (const auto& planned : stage.jobs) {
        if (planned.id != id) continue;
        const JobState* from = run.job(planned.key);
        spec_.artifacts_from.push_back({from == nullptr || from->taken_from.empty() ? run.id : from->taken_from, planned.key});
      }
    }
  }
  spec_.trusted = plan_->trusted;
  spec_.works_here = pipeline::works_here(*job_);
  spec_.reads_files = pipeline::reads_files(*job_);
  if (!stage_->environment.empty()) spec_.environment = stage_->environment;
  spec_.job = std::move(resolved);
  spec_.contexts = std::make_shared<Json>(scope().contexts);
}

/// Looks up every secret that the job may use, so that all of them are masked in all of its logs.
Awaitable<void> JobRunner::collect_secrets() {
  std::set<std::string> names;
  for (const auto& name : pipeline::secrets_in(job_->env)) names.insert(name);
  for (const auto& name : pipeline::secrets_in(job_->services)) names.insert(name);
  for (const auto& step : job_->steps) {
    for (const auto& name : pipeline::secrets_in(step.env)) names.insert(name);
    for (const auto& name : pipeline::secrets_in(step.with)) names.insert(name);
    if (step.action != "build-image" || !spec_.trusted) continue;
    for (const auto& name : member(step.with, "secrets")) {  // there by name, not by value
      if (name.is_string()) names.insert(name.get<std::string>());
    }
  }
  for (const auto& name : names) {
    auto value = co_await actor_->engine().parts.secret(name, spec_.app, stage_->environment);
    if (!value) {
      throw Error(ErrorKind::not_found, "secret " + name + " is not set for app " + spec_.app,
                  "fairlead secret set " + name + " --app " + spec_.app);
    }
    spec_.secrets.emplace(name, std::move(*value));
  }
}

Awaitable<std::optional<JobRunner::End>> JobRunner::open() {
  prepare_spec();
  co_await collect_secrets();
  const std::string name = job_->executor.empty() ? "local" : job_->executor;
  const auto executor = actor_->engine().parts.executors.find(name);
  if (executor == actor_->engine().parts.executors.end()) {
    co_return End{State::failed, "executor \"" + name + "\" is not built yet in this version", {}, false};
  }
  host_ = co_await executor->second->open(spec_);
  if (!host_) co_return End{State::lost, "its supervisor vanished without an exit status", {}, false};
  if (canceled_) host_->cancel(cancel_reason_);
  co_return std::nullopt;
}

Json JobRunner::event(int step) const { return Json{{"job", name_}, {"attempt", attempt_}, {"index", step}}; }

/// What the log says of steps that ended under an earlier server, for what their folded state does not keep.
Awaitable<void> JobRunner::recall() {
  const JobState* state = actor_->state().job(name_);
  const auto over = [](const StepState& step) { return is_terminal(step.state); };
  if (state == nullptr || state->attempt != attempt_ || std::ranges::none_of(state->steps, over)) co_return;
  const auto events =
      co_await actor_->engine().parts.store->read([id = actor_->state().id](store::View& view) { return view.events(stream_of(id)); });
  for (const auto& event : events) {
    if (event.type != events::step_finished) continue;
    const Json payload = parse_json(event.payload);
    if (text_at(payload, "job") == name_ && number_at(payload, "attempt") == attempt_) recalled_[number_at(payload, "index")] = payload;
  }
}

Awaitable<void> JobRunner::walk_steps() {
  co_await recall();
  for (const auto& planned : job_->steps) {
    const JobState* state = actor_->state().job(name_);
    const bool known = state != nullptr && state->attempt == attempt_ && planned.index < state->steps.size();
    if (known && is_terminal(state->steps[planned.index].state)) {
      const Json payload = recalled_[static_cast<std::int64_t>(planned.index)];
      take(planned, state->steps[planned.index], member(payload, "env"), flag_at(payload, "timed_out"));
      continue;
    }
    co_await step(planned);
    if (actor_->engine().stopping) co_return;
  }
}

/// A step that has ended, under this server or an earlier one.
void JobRunner::take(const pipeline::PlanStep& planned, const StepState& state, const Json& env, bool timed_out) {
  if (!planned.id.empty()) steps_[planned.id] = Json{{"outputs", texts(state.outputs)}, {"result", to_string(state.state)}};
  if (env.is_object()) extra_env_.update(env);
  const bool bad = state.state == State::failed || state.state == State::lost;
  if (bad && !planned.continue_on_error && end_.state == State::succeeded) {
    end_ = {state.state, "step " + planned.name + ": " + state.reason, state.exit_code, timed_out};
  }
}

Awaitable<void> JobRunner::step(const pipeline::PlanStep& planned) {
  StepOutcome outcome;
  if (!planned.skip.empty()) {
    outcome.state = State::skipped;
    outcome.reason = planned.skip;
    finish_step(planned, outcome);
    co_return;
  }
  auto now_scope = scope();
  now_scope.hash_files = [this](const std::vector<std::string>& patterns) { return host_->hash_files(patterns); };
  bool runs = false;
  try {
    const auto decide = [&] { return pipeline::holds(planned.condition, now_scope); };
    runs = planned.condition.contains("hashFiles") ? co_await actor_->engine().parts.pool->run(decide) : decide();
  } catch (const Error& error) {
    outcome.state = State::failed;
    outcome.reason = "if: " + error.message();
    finish_step(planned, outcome);
    co_return;
  }
  if (!runs) {
    outcome.state = State::skipped;
    outcome.reason = end_.state != State::succeeded ? "an earlier step failed" : canceled_ ? "canceled" : "its condition is false";
    finish_step(planned, outcome);
    co_return;
  }
  actor_->post({std::string(events::step_started), dump(event(static_cast<int>(planned.index))), "fairlead"});
  outcome = co_await perform(planned, std::move(now_scope));
  if (actor_->engine().stopping) co_return;
  finish_step(planned, outcome);
}

Awaitable<StepOutcome> JobRunner::perform(const pipeline::PlanStep& planned, pipeline::Scope now_scope) {
  StepOutcome outcome;
  try {
    Json with, env;
    const auto evaluate = [&] {
      env = pipeline::resolve(planned.env, now_scope);
      now_scope.contexts["env"].update(env);
      with = pipeline::resolve(planned.with, now_scope);
      with["working-directory"] = pipeline::resolve(planned.working_directory, now_scope);
    };
    const bool hashes = dump(planned.with).contains("hashFiles") || dump(planned.env).contains("hashFiles");
    if (hashes) {
      co_await actor_->engine().parts.pool->run(evaluate);
    } else {
      evaluate();
    }
    co_return co_await act(planned, with, env, millis(planned.timeout));
  } catch (const LostEffect& lost) {
    outcome.state = State::lost;
    outcome.reason = lost.message() + "; " + lost.hint();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::internal) throw;
    outcome.state = canceled_ ? State::canceled : State::failed;
    outcome.timed_out = error.kind() == ErrorKind::timeout;
    outcome.reason = error.hint().empty() ? error.message() : error.message() + " (" + error.hint() + ")";
  }
  if (host_) co_await host_->log(static_cast<int>(planned.index), outcome.reason + "\n");
  co_return outcome;
}

Awaitable<StepOutcome> JobRunner::act(const pipeline::PlanStep& planned, const Json& with, const Json& env,
                                      std::chrono::milliseconds timeout) {
  const auto action = actor_->engine().parts.actions.find(planned.action);
  if (action == actor_->engine().parts.actions.end()) {
    throw Error(ErrorKind::usage, planned.action + " is not built yet in this version", "fairlead actions lists what this version can run");
  }
  StepInput input;
  input.plan = &planned;
  input.attempt = attempt_;
  input.with = with;
  input.working_directory = pipeline::to_text(with.at("working-directory"));
  input.with.erase("working-directory");
  input.timeout = timeout;
  const auto add = [&](const Json& values, const Json& hidden_by) {
    for (const auto& [name, value] : values.items()) {
      if (hidden_by.contains(name)) continue;
      if (is_secret(value)) {
        input.secret_env[name] = spec_.secrets.at(text_at(value, "$secret"));
      } else {
        input.env[name] = pipeline::to_text(value);
      }
    }
  };
  add(job_env_, extra_env_);  // what an earlier step wrote to $FAIRLEAD_ENV is newer than the job's own
  add(env, Json::object());
  RunStepContext context(*this, std::move(input));
  if (action->second->keeps_time() || timeout.count() == 0) co_return co_await action->second->run(context);
  co_return co_await with_deadline(action->second->run(context), deadline_in(timeout), "step " + planned.name);
}

void JobRunner::finish_step(const pipeline::PlanStep& planned, const StepOutcome& outcome) {
  Json payload = event(static_cast<int>(planned.index));
  payload["state"] = to_string(outcome.state);
  if (!outcome.reason.empty()) payload["reason"] = outcome.reason;
  if (outcome.exit_code) payload["exit_code"] = *outcome.exit_code;
  if (!outcome.outputs.empty()) payload["outputs"] = texts(outcome.outputs);
  if (!outcome.summary.empty()) payload["summary"] = outcome.summary;
  if (!outcome.env.empty()) payload["env"] = texts(outcome.env);
  if (outcome.timed_out) payload["timed_out"] = true;
  if (!outcome.record.empty()) payload["record"] = parse_json(outcome.record);
  StepState state;
  state.state = outcome.state;
  state.reason = outcome.reason;
  state.exit_code = outcome.exit_code;
  state.outputs = outcome.outputs;
  take(planned, state, texts(outcome.env), outcome.timed_out);
  actor_->post({std::string(events::step_finished), dump(payload), "fairlead"});
}

Awaitable<void> JobRunner::report(End end) {
  Json payload{{"job", name_}, {"attempt", attempt_}};
  if (host_) {
    try {
      const JobResults results = co_await host_->close(end.state == State::succeeded);
      if (!results.artifacts.empty()) payload["artifacts"] = results.artifacts;
      if (results.reports) payload["reports"] = *results.reports;
      if (!results.warnings.empty()) payload["warnings"] = results.warnings;
      if (end.state == State::succeeded) {
        Json outputs = Json::object();
        const Json values = pipeline::resolve(job_->outputs, scope());
        for (const auto& [name, value] : values.items()) outputs[name] = pipeline::to_text(value);
        if (!outputs.empty()) payload["outputs"] = std::move(outputs);
      }
    } catch (const Error& error) {
      if (end.state == State::succeeded) end = {State::failed, error.message(), {}, false};
    }
  }
  payload["state"] = to_string(end.state);
  if (!end.reason.empty()) payload["reason"] = end.reason;
  if (end.exit_code) payload["exit_code"] = *end.exit_code;
  if (end.timed_out) payload["timed_out"] = true;
  const auto again = retry_at(actor_->state(), name_, {end.state, end.exit_code, end.timed_out}, actor_->engine().now());
  if (again) payload["retry_at"] = to_micros(*again);
  actor_->post({std::string(events::job_finished), dump(payload), "fairlead"});
}

}  // namespace fairlead::engine
