// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/deploy_step.hpp"

#include <algorithm>

#include "deploy/after_rollback.hpp"
#include "deploy/ecs/janitor.hpp"
#include "deploy/ecs/task_definition.hpp"
#include "fairlead/aws/error.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ecs {

using namespace std::chrono_literals;

DeployStep::DeployStep(engine::StepContext& step, const Parts& parts, Poller& poller) : step_(step), parts_(parts), poller_(poller) {}

Awaitable<engine::StepOutcome> DeployStep::run() {
  std::exception_ptr failed;
  engine::StepOutcome outcome;
  try {
    co_await prepare();
    co_await walk();
    outcome = co_await finish();
  } catch (const Error&) {
    failed = std::current_exception();
  }
  if (!lock_.empty()) co_await parts_.release(lock_, step_.job().key);
  if (failed) std::rethrow_exception(failed);
  co_return outcome;
}

Awaitable<void> DeployStep::prepare() {
  inputs_ = inputs_from(step_.with(), step_.recorded());
  scope_ = scope_of(step_.environment(), parts_);
  if (const auto remembered = co_await step_.recall("plan")) {
    plan_ = plan_from(parse_json(*remembered));
    co_await take_lock();
    co_await step_.log("the server was restarted; the deploy goes on\n");
  } else {
    co_await plan();
    if (co_await take_lock()) co_await plan();  // somebody else deployed meanwhile
    for (const auto& finding : plan_.findings) co_await step_.log("warning: " + finding.text + " - " + finding.advice + "\n");
    for (const auto& line : plan_.lines) co_await step_.log(line + "\n");
    Json facts = to_json(plan_);
    facts["started"] = to_micros(step_.now());
    co_await step_.remember("plan", dump(facts));
  }
  const Json facts = parse_json((co_await step_.recall("plan")).value());
  watch_ = std::make_unique<Watch>(*parts_.aws, poller_, scope_, inputs_.cluster, inputs_.service);
  const Time started = time_at(facts, "started").value_or(step_.now());
  if (step_.timeout().count() > 0) deadline_ = started + step_.timeout();
  rollout_.emplace(inputs_.settings, plan_.baseline, started);
  if (const auto memory = co_await step_.recall("rollout")) {
    kept_memory_ = *memory;
    rollout_->recall(parse_json(*memory), step_.now());
  }
  if (const auto report = co_await step_.recall("report")) report_ = *report;
}

Awaitable<void> DeployStep::plan() {
  if (!inputs_.file.empty()) inputs_.given = definition_in(step_, parts_, inputs_.file);
  plan_ = co_await make_plan(parts_, poller_, scope_, inputs_);
  if (any_fatal(plan_.findings)) {
    throw Error(ErrorKind::invalid, "nothing was changed, the deploy of " + inputs_.cluster + "/" + inputs_.service + " cannot start:\n" +
                                        listed(plan_.findings));
  }
}

/// One deploy at a time per service, whoever asks: whether it had to wait.
Awaitable<bool> DeployStep::take_lock() {
  const std::string resource = "ecs:" + plan_.service_arn;
  std::string holder;
  while (const auto other = co_await parts_.take(resource, step_.job().key)) {
    if (*other != holder) co_await step_.log("waiting for " + *other + ", which deploys this service now\n");
    holder = *other;
    if (step_.cancel_requested()) throw Error(ErrorKind::invalid, "canceled while waiting for " + holder + "; nothing was changed");
    co_await wait_until(step_.now() + 2s);
  }
  lock_ = resource;
  co_return !holder.empty();
}

Awaitable<void> DeployStep::walk() {
  co_await tell();
  while (true) {
    check_time();
    co_await ask_people();
    const Command command = rollout_->next(step_.now());
    if (command.what == Do::finish) break;
    co_await perform(command);
    co_await tell();
  }
  co_await tell();
}

/// A deploy that is canceled or out of time goes back; on the way back neither counts any more.
void DeployStep::check_time() {
  if (rollout_->phase() >= Phase::rollback) return;
  if (step_.cancel_requested()) return rollout_->cancel("canceled", step_.now());
  if (step_.now() < deadline_) return;
  timed_out_ = true;
  rollout_->cancel("timed out after " + format_duration(step_.timeout()), step_.now());
}

Awaitable<void> DeployStep::perform(Command command) {
  switch (command.what) {
    case Do::register_revision: {
      const std::string arn = co_await register_once(step_, *parts_.aws, scope_, plan_.definition);
      co_await step_.log("registered " + revision_of(arn) + "\n");
      rollout_->registered(arn, step_.now());
      break;
    }
    case Do::update_service: co_await update(); break;
    case Do::stop_deployment: co_await stop_deployment(); break;
    case Do::restore: co_await restore(); break;
    case Do::diagnose: co_await diagnose(); break;
    case Do::wait: co_await wait_until(command.until); break;
    case Do::finish: break;
    default: {
      std::string why;
      bool denied = false;
      try {
        co_await look(command.what);
      } catch (const aws::AwsError& error) {
        why = error.message();
        denied = error.failure() == aws::Failure::denied;
      }
      if (!why.empty()) rollout_->unread(command.what, why, denied, step_.now());
    }
  }
}

Awaitable<void> DeployStep::look(Do what) {
  if (what == Do::read_service) {
    const Service service = co_await watch_->service();
    rollout_->saw(service, step_.now());
  } else if (what == Do::read_stopped) {
    const auto tasks = co_await watch_->stopped();
    rollout_->saw_stopped(tasks, step_.now());
  } else if (what == Do::read_tasks) {
    const auto tasks = co_await watch_->tasks(rollout_->deployment(), rollout_->desired());
    rollout_->saw_tasks(tasks, step_.now());
  } else if (what == Do::read_targets) {
    const auto targets = co_await watch_->targets(plan_.baseline.target_groups);
    rollout_->saw_targets(targets, step_.now());
  } else if (what == Do::read_alarms) {
    const auto alarms = co_await watch_->alarms(inputs_.settings.alarms);
    rollout_->saw_alarms(alarms, step_.now());
  }
}

/// What the machine knows is kept before the next effect: a verdict that is decided stays decided.
Awaitable<void> DeployStep::tell() {
  for (const auto& note : rollout_->take_notes()) co_await step_.log(note + "\n");
  std::string memory = dump(rollout_->memory());
  if (memory != kept_memory_) {
    co_await step_.remember("rollout", memory, true);
    kept_memory_ = std::move(memory);
  }
  std::string progress = dump(progress_now());
  if (progress == told_progress_) co_return;
  told_progress_ = progress;
  co_await step_.progress(std::move(progress));
}

/// The question is the machine's, and as durable: it is asked again after a restart, which is the same question.
Awaitable<void> DeployStep::ask_people() {
  const auto& asked = rollout_->asked();
  if (!asked) co_return co_await step_.withdraw();
  const std::string key = "no-room-" + std::to_string(asked->round);
  co_await step_.ask({key, asked->text, stall_answers, asked->until});
  if (const auto given = step_.answer(key)) {
    rollout_->answered(given->choice, given->by, step_.now());
    co_await tell();
  }
}

Json DeployStep::progress_now() const {
  Json json{{"kind", "ecs-deploy"},
            {"target", inputs_.cluster + "/" + inputs_.service},
            {"phase", to_string(rollout_->phase())},
            {"desired", rollout_->desired()},
            {"running", rollout_->running()},
            {"healthy", rollout_->healthy()}};
  if (!rollout_->task_definition().empty()) json["task_definition"] = rollout_->task_definition();
  if (!rollout_->stalled().empty() && rollout_->healthy() < rollout_->desired()) json["stalled"] = rollout_->stalled();
  if (rollout_->verdict()) json["verdict"] = to_string(rollout_->verdict()->outcome);
  return json;
}

Awaitable<void> DeployStep::wait_until(Time until) {
  const auto span = std::clamp<Duration>(std::min(until, timed_out_ ? Time::max() : deadline_) - step_.now(), 1ms, 1min);
  if (step_.cancel_requested()) co_return co_await sleep_for(span);  // on the way back: it is known already
  try {
    co_await with_deadline(rollout_ && rollout_->asked() ? step_.answered() : step_.canceled(), deadline_in(span), "waiting");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::timeout) throw;
  }
}

/// What a rollback to this run deploys again.
Json DeployStep::record() const {
  Json images = Json::object();
  for (const auto& [container, image] : images_of(plan_.definition)) images[container] = image;
  const auto arn = split(plan_.service_arn, ':');
  return {{"kind", "ecs-deploy"},
          {"cluster", inputs_.cluster},
          {"service", inputs_.service},
          {"region", arn.size() > 3 ? arn[3] : scope_.region},
          {"account", arn.size() > 4 ? arn[4] : ""},
          {"task_definition", rollout_->task_definition()},
          {"images", std::move(images)},
          {"hash", content_hash(plan_.definition)},
          {"definition", plan_.definition}};
}

Awaitable<engine::StepOutcome> DeployStep::finish() {
  const Verdict& verdict = *rollout_->verdict();
  engine::StepOutcome outcome;
  outcome.outputs = {{"task-definition", rollout_->task_definition()},
                     {"deployment", rollout_->deployment()},
                     {"previous", plan_.baseline.task_definition}};
  outcome.reason = verdict.reason + (verdict.rollback.empty() ? "" : "; " + verdict.rollback);
  if (is_good(verdict.outcome)) {
    Json images = Json::object();
    for (const auto& [container, image] : images_of(plan_.definition)) images[container] = image;
    Json deployed{{"kind", "ecs-deploy"},
                  {"target", inputs_.cluster + "/" + inputs_.service},
                  {"deployed", std::move(images)},
                  {"task_definition", rollout_->task_definition()},
                  {"hash", content_hash(plan_.definition)}};
    co_await step_.progress(dump(deployed));
    outcome.record = dump(record());
    if (plan_.baseline.reuse) outcome.summary = revision_of(rollout_->task_definition()) + " ran already: nothing was changed\n";
    outcome.reason.clear();
    if (verdict.outcome == Outcome::serving && !plan_.baseline.reuse) {
      watch_draining(parts_, poller_, step_.environment(), inputs_.cluster, inputs_.service, rollout_->deployment());
    }
    co_return outcome;
  }
  if (!report_.empty()) outcome.summary = "```\n" + report_ + "```\n";
  outcome.timed_out = timed_out_;
  outcome.state = verdict.outcome == Outcome::canceled && !timed_out_ ? engine::State::canceled
                  : verdict.outcome == Outcome::unreadable            ? engine::State::lost
                                                                      : engine::State::failed;
  co_await step_.log(outcome.reason + "\n");
  if (verdict.outcome == Outcome::failed && verdict.rolled_back != RolledBack::no)
    co_await lock_after_rollback(step_, parts_, verdict.reason);
  co_return outcome;
}

}  // namespace fairlead::deploy::ecs
