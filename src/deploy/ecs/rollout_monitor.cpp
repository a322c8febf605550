// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "deploy/ecs/rollout.hpp"
#include "deploy/ecs/rollout_times.hpp"

// Our deployment, from its first task to the verdict.
namespace fairlead::deploy::ecs {

using namespace std::chrono_literals;

/// ECS repeats itself: the first of a kind is told, then only when there are ten times as many.
void Rollout::tell_event(const std::string& text) {
  const int times = ++event_kinds_[normalised(text)];
  int round = times;
  while (round >= 10 && round % 10 == 0) round /= 10;
  if (times == 1) note("event: " + text);
  if (times > 1 && round == 1) note("event, " + std::to_string(times) + " times by now: " + text);
}

/// Times of AWS are compared with times of AWS only: our clock may be minutes off.
void Rollout::read_events(const Service& service, Time now) {
  const Deployment* ours = service.find(deployment_);
  if (ours == nullptr) return;
  for (auto event = service.events.rbegin(); event != service.events.rend(); ++event) {
    if (event->at < ours->created_at || event->at <= told_until_ || !seen_events_.insert(event->id).second) continue;
    last_event_at_ = std::max(last_event_at_, event->at);
    tell_event(event->text);
    last_event_ = event->text;
    switch (meaning_of(event->text)) {
      case EventMeaning::nothing: break;
      case EventMeaning::tasks_stopped: stopped_due_ = std::min(stopped_due_, std::max(now, stopped_at_ + times::hinted)); break;
      case EventMeaning::no_room: stalled_ = event->text; break;
      case EventMeaning::impossible:
        if (phase_ < Phase::rollback) fail(Outcome::failed, "ECS cannot carry out the deployment: " + event->text, now);
        return;
    }
  }
}

void Rollout::look_at_counts(const Service& service, const Deployment& ours, Time now) {
  const int live = running_ + pending_;
  const bool shrank = ours.running + ours.pending < live && service.desired >= desired_;
  if (ours.failed > failed_ || ours.running < running_ || shrank) {
    stopped_due_ = std::min(stopped_due_, std::max(now, stopped_at_ + times::hinted));
  }
  if (ours.running != running_ || service.desired != desired_) forget_tasks(now);
  if (service.desired != desired_) {
    note("desired count is now " + std::to_string(service.desired) + ", it was " + std::to_string(desired_));
    progress(now);
  }
  const int old_running = std::max(0, service.running - ours.running);
  if (ours.running > best_running_ || (old_running < old_running_ && phase_ >= Phase::serving)) progress(now);
  best_running_ = std::max(best_running_, ours.running);
  desired_ = service.desired;
  running_ = ours.running;
  if (running_ < desired_) incomplete_at_ = now;
  pending_ = ours.pending;
  failed_ = ours.failed;
  old_running_ = old_running;
  service_running_ = service.running;
}

void Rollout::forget_tasks(Time now) {
  if (running_ > 0 || phase_ >= Phase::correlate) tasks_due_ = std::min(tasks_due_, now);
}

void Rollout::monitor(const Service& service, const Deployment& ours, Time now) {
  if (phase_ == Phase::correlate) {
    phase_ = Phase::monitor;
    stopped_due_ = std::min(stopped_due_, now + times::stopped);
    note("deployment " + deployment_ + " of " + revision_of(task_definition_) + ": " + std::to_string(service.desired) + " tasks wanted");
  }
  if (ours.rollout == "FAILED") return fail(Outcome::failed, "ECS gave the deployment up: " + ours.rollout_reason, now);
  look_at_counts(service, ours, now);
  if (desired_ == 0) {
    return fail(Outcome::not_started, "desired count is 0: nothing of " + revision_of(task_definition_) + " was started, nothing is proven",
                now);
  }
  completed_ = running_ >= desired_ && (ours.rollout == "COMPLETED" || (ours.rollout.empty() && service.deployments.size() == 1));
  evaluate(now);
  if (phase_ < Phase::rollback) check_deadline(now);
  if (phase_ < Phase::rollback) plan_reads(now);
}

/// When to look next, seen from the last look at the service.
void Rollout::plan_reads(Time now) {
  if (phase_ == Phase::serving || phase_ == Phase::bake) {
    service_due_ = now + times::settled;
    if (phase_ == Phase::bake) service_due_ = std::min(now + times::stable, std::max(now + 1s, serving_at_ + settings_.bake));
    return;
  }
  if (window_) {
    const Time proof = window_->since + settings_.stability;
    const Duration interval = checks_health() ? times::stable : times::running;
    service_due_ = now < proof ? std::min(now + interval, proof) : now + times::health;
  } else if (running_ >= desired_) {
    service_due_ = now + times::beside;
    if (stopped_due_ > now) stopped_due_ = std::max(stopped_due_, now + times::beside);
  } else if (running_ > 0) {
    service_due_ = now + times::rolling;
  } else {
    service_due_ = now + std::clamp(now - updated_at_, times::first, times::launching);
  }
  if (asked_) service_due_ = std::min(now + times::beside, std::max(asked_->until, now + 1s));
  if (running_ < desired_) tasks_due_ = targets_due_ = times::never;
}

/// The first look after a restart may be the first in an hour: the deadline is judged from the second on.
bool Rollout::late(Time now) const { return looks_ > 1 && now > progress_at_ + settings_.progress; }

std::string Rollout::standstill() const { return "nothing moves because there is no room: " + stalled_; }

/// No version is to blame and time may help: people decide, and ECS goes on trying meanwhile.
void Rollout::ask(Time now) {
  Asked question;
  question.round = ++rounds_;
  question.until = now + settings_.patience;
  question.text = revision_of(task_definition_) + " is stalled: nothing has moved for " + format_duration(settings_.progress) +
                  " because there is no room: " + stalled_ + " " + std::to_string(running_) + " of " + std::to_string(desired_) +
                  " tasks run. Wait for room, roll back, or stop here and leave it as it is? Without an answer " +
                  (settings_.roll_back ? "it is rolled back" : "it fails") + " after " + format_duration(settings_.patience) + ".";
  note(question.text);
  asked_ = std::move(question);
}

void Rollout::progress(Time now) {
  progress_at_ = now;
  if (!asked_) return;
  note("it moves again: no answer is needed any more");
  asked_.reset();
}

void Rollout::answered(const std::string& choice, const std::string& by, Time now) {
  if (!asked_) return;
  if (choice == "rollback") {
    settings_.roll_back = true;
    fail(Outcome::failed, standstill() + "; " + by + " decided to roll back", now);
  } else if (choice == "stop") {
    fail(Outcome::stalled, standstill() + "; " + by + " decided to stop here: ECS goes on trying", now);
  } else {
    asked_.reset();
    progress_at_ = service_due_ = now;
    note(by + " decided to wait for room for another " + format_duration(settings_.progress));
  }
}

void Rollout::check_deadline(Time now) {
  if (asked_ && looks_ > 1 && now >= asked_->until)
    return fail(Outcome::failed, standstill() + "; nobody answered for " + format_duration(settings_.patience), now);
  if (asked_ || window_ || phase_ == Phase::bake || !late(now)) return;
  const std::string span = format_duration(settings_.progress);
  if (!stalled_.empty() && phase_ == Phase::monitor) return ask(now);
  std::string text = "nothing has moved for " + span + ": " + std::to_string(running_) + " of " + std::to_string(desired_) +
                     " tasks run, " + std::to_string(healthy_) + " healthy";
  if (phase_ == Phase::correlate) text = "the update did not become visible within " + span;
  if (!last_event_.empty()) text += "; last event: " + last_event_;
  fail(Outcome::failed, std::move(text), now);
}

/// The revision tells, when it was registered for this deploy. One that is used again has tasks of its earlier life: then it is the
/// deployment that started the task, or, for what runs already, the time.
bool Rollout::is_ours(const Task& task, Time now) const {
  if (task.task_definition != task_definition_) return false;
  if (baseline_.reuse) return task.stopped_at.value_or(now) >= started_;
  return baseline_.revision.empty() || task.deployment == deployment_;
}

void Rollout::saw_stopped(const std::vector<Task>& tasks, Time now) {
  stopped_at_ = now;
  stopped_due_ = window_ ? std::max(now + times::stopped, window_->since + settings_.stability) : now + times::stopped;
  if (phase_ >= Phase::serving) stopped_due_ = now + 2 * times::stopped;
  for (const Task& task : tasks) {
    if (!is_ours(task, now) || strikes_.contains(task.arn)) continue;
    const Classified it = classify(task);
    strikes_[task.arn] = {it.cause, it.fingerprint, it.sentence, it.advice, task.stopped_at.value_or(now)};
    if (it.cause == Cause::scaling) continue;
    note("task " + short_id(task.arn) + " stopped (" + std::string(to_string(it.cause)) + "): " + it.sentence);
    if (it.cause == Cause::capacity) stalled_ = it.sentence;
    if (it.cause <= Cause::pull) close_window("a task stopped");
    tasks_due_ = std::min(tasks_due_, running_ >= desired_ ? now : times::never);
  }
  if (phase_ < Phase::rollback) check_strikes(now);
  advance(now);
}

void Rollout::check_strikes(Time now) {
  std::map<std::string, int> config;
  int own = 0, pulls = 0;
  const Strike* last = nullptr;
  const auto condemn = [&](const Strike& strike, int count, std::string what) {
    std::string text = std::to_string(count) + " tasks of " + revision_of(task_definition_) + " " + what + ": " + strike.sentence;
    if (!strike.advice.empty()) text += " (" + strike.advice + ")";
    fail(Outcome::failed, std::move(text), now);
  };
  for (const auto& [arn, strike] : strikes_) {
    if (strike.cause == Cause::config && ++config[strike.fingerprint] >= 2) return condemn(strike, 2, "cannot start");
    if (strike.cause == Cause::pull && ++pulls >= 4 && best_running_ == 0) return condemn(strike, pulls, "could not be pulled");
    if (strike.cause != Cause::app && strike.cause != Cause::health) continue;
    ++own;
    if (last == nullptr || strike.at > last->at) last = &strike;
  }
  const int allowed = strikes_allowed(wave_of(desired_, baseline_.min_percent, baseline_.max_percent));
  if (last != nullptr && own >= allowed) condemn(*last, own, last->cause == Cause::app ? "failed" : "did not become healthy");
}

void Rollout::saw_tasks(const std::vector<Task>& tasks, Time now) {
  tasks_at_ = now;
  tasks_due_ = now + (baseline_.health_checked ? times::health : times::again);
  tasks_.clear();
  std::ranges::copy_if(tasks, std::back_inserter(tasks_), [this](const Task& task) {
    return task.status == "RUNNING" && task.task_definition == task_definition_ && !strikes_.contains(task.arn);
  });
  if (static_cast<int>(tasks_.size()) < desired_) tasks_due_ = now + times::health;
  if (!baseline_.target_groups.empty() && !blind_ && targets_due_ == times::never) targets_due_ = now;
  evaluate(now);
}

void Rollout::saw_targets(const std::vector<Target>& targets, Time now) {
  targets_due_ = now + (targets_at_ == Time{} ? times::initial : times::health);
  targets_at_ = now;
  targets_ = targets;
  evaluate(now);
}

void Rollout::saw_alarms(const std::vector<Alarm>& alarms, Time now) {
  alarms_due_ = now + times::alarms;
  if (phase_ >= Phase::rollback) return;
  for (const Alarm& alarm : alarms) {
    if (alarm.state != "ALARM") continue;
    return fail(Outcome::failed, "alarm " + alarm.name + " went off: " + alarm.reason, now);
  }
}

/// Container health is ECS's own word; the load balancer's is asked for the targets of the task's addresses. A task without an
/// address of its own (bridge networking) is healthy when the whole target group is.
bool Rollout::is_healthy(const Task& task) const {
  if (baseline_.health_checked && task.health != "HEALTHY") return false;
  if (baseline_.target_groups.empty() || blind_) return true;
  const auto healthy = [](const Target& target) { return target.state == "healthy"; };
  if (!task.addresses.empty()) {
    const auto count = std::ranges::count_if(targets_, [&](const Target& target) {
      return healthy(target) && std::ranges::find(task.addresses, target.id) != task.addresses.end();
    });
    return count >= static_cast<std::ptrdiff_t>(baseline_.target_groups.size());
  }
  const bool settling =
      std::ranges::any_of(targets_, [](const Target& target) { return target.state == "initial" || target.state == "unhealthy"; });
  return !settling && std::ranges::count_if(targets_, healthy) >= service_running_;
}

std::set<std::string> Rollout::healthy_tasks() const {
  std::set<std::string> healthy;
  for (const Task& task : tasks_) {
    if (is_healthy(task)) healthy.insert(task.arn);
  }
  return healthy;
}

void Rollout::evaluate(Time now) {
  if (phase_ != Phase::monitor) return advance(now);
  if (running_ < desired_) {
    healthy_ = std::min(healthy_, running_);
    return close_window("a task is gone");
  }
  if (blind_) {
    if (!window_) open_window({}, now);
    return advance(now);
  }
  if (tasks_at_ == Time{} || (!baseline_.target_groups.empty() && targets_at_ == Time{})) return;
  const auto healthy = healthy_tasks();
  healthy_ = static_cast<int>(healthy.size());
  if (healthy_ > best_healthy_) {
    best_healthy_ = healthy_;
    progress(now);
  }
  if (healthy_ < desired_) return close_window("a task is not healthy");
  if (!window_) open_window(healthy, now);
  std::size_t still = 0;
  for (const auto& arn : healthy) still += window_->tasks.count(arn);
  if (static_cast<int>(still) < desired_) {
    close_window("a task was replaced");
    open_window(healthy, now);
  }
  look_at_the_end();
  advance(now);
}

/// While the window is open, what tells of health is read when it ends; the counts tell of changes before.
void Rollout::look_at_the_end() {
  const Time proof = window_->since + settings_.stability;
  if (tasks_at_ < proof) tasks_due_ = proof;
  if (targets_at_ < proof && !baseline_.target_groups.empty() && !blind_) targets_due_ = proof;
}

/// Without health checks RUNNING is health, and ECS knows since when: not before the last look that saw a task missing (its clock
/// is not ours). With them it is since the moment it was seen.
void Rollout::open_window(const std::set<std::string>& healthy, Time now) {
  Time since = now;
  if (!checks_health()) {
    since = Time{};
    for (const Task& task : tasks_) since = std::max(since, task.started_at.value_or(now));
    for (const auto& [arn, strike] : strikes_) since = std::max(since, strike.cause <= Cause::pull ? strike.at : since);
    since = std::clamp(since, std::min(now, std::max(updated_at_, incomplete_at_)), now);
  }
  window_ = Window{since, healthy};
  progress(now);
  note("all " + std::to_string(desired_) + " tasks are healthy; they must stay so for " + format_duration(settings_.stability));
  const Time proof = since + settings_.stability;
  stopped_due_ = std::max(proof, now);
  service_due_ = std::min(stopped_due_, now + (checks_health() ? times::stable : times::running));
}

void Rollout::close_window(const std::string& why) {
  if (!window_) return;
  note("the stability window starts again: " + why);
  window_.reset();
  service_due_ = std::min(service_due_, service_at_ + times::health);
  tasks_due_ = std::min(tasks_due_, service_at_ + times::health);
  if (targets_due_ != times::never) targets_due_ = std::min(targets_due_, service_at_ + times::health);
}

/// Every source was read after the end of the window, and the same tasks are healthy that were so at its beginning.
bool Rollout::proven() const {
  if (!window_) return false;
  const Time proof = window_->since + settings_.stability;
  const bool unheard = stopped_due_ != times::never && stopped_at_ < proof;
  if (service_at_ < proof || unheard) return false;
  if (blind_) return completed_;
  return tasks_at_ >= proof && (baseline_.target_groups.empty() || targets_at_ >= proof);
}

void Rollout::advance(Time now) {
  if (phase_ == Phase::monitor && proven()) return serve(now);
  if (phase_ == Phase::bake && service_at_ >= serving_at_ + settings_.bake) {
    if (!settings_.wait_for_completed || completed_) return end_well(completed_);
    phase_ = Phase::serving;
  }
  if (phase_ == Phase::serving && completed_) end_well(true);
}

void Rollout::serve(Time now) {
  serving_at_ = now;
  note(revision_of(task_definition_) + " serves: " + std::to_string(running_) + " of " + std::to_string(desired_) + " tasks");
  window_.reset();
  tasks_due_ = targets_due_ = times::never;
  progress(now);
  if (settings_.bake > Duration(0)) {
    phase_ = Phase::bake;
    note("alarms are watched for another " + format_duration(settings_.bake));
  } else if (settings_.wait_for_completed && !completed_) {
    phase_ = Phase::serving;
    note("waiting for ECS to complete the deployment (old tasks drain)");
  } else {
    end_well(completed_);
  }
  if (phase_ != Phase::done) plan_reads(now);
}

void Rollout::end_well(bool completed) {
  Verdict verdict;
  verdict.outcome = completed && settings_.wait_for_completed ? Outcome::completed : Outcome::serving;
  verdict.reason = revision_of(task_definition_) + " serves on " + std::to_string(running_) + " tasks";
  verdict_ = std::move(verdict);
  phase_ = Phase::done;
}

}  // namespace fairlead::deploy::ecs
