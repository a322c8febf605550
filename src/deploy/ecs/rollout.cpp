// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/rollout.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "deploy/ecs/rollout_times.hpp"

namespace fairlead::deploy::ecs {

using namespace std::chrono_literals;

std::string_view to_string(Phase phase) {
  constexpr std::array<std::string_view, 10> names{"registering", "updating", "correlate", "monitor",  "serving",
                                                   "bake",        "rollback", "verify",    "diagnose", "done"};
  return names[static_cast<std::size_t>(phase)];
}

std::string_view to_string(Outcome outcome) {
  constexpr std::array<std::string_view, 8> names{"serving",    "completed", "failed",      "canceled",
                                                  "superseded", "stalled",   "not-started", "unreadable"};
  return names[static_cast<std::size_t>(outcome)];
}

std::string_view to_string(RolledBack rolled_back) {
  constexpr std::array<std::string_view, 4> names{"no", "done", "by-ecs", "failed"};
  return names[static_cast<std::size_t>(rolled_back)];
}

int wave_of(int desired, int min_percent, int max_percent) {
  const int most = desired * max_percent / 100;                // rounds down
  const int fewest = (desired * min_percent + 99) / 100;       // rounds up
  return std::clamp(most - fewest, std::min(1, desired), std::max(desired, 0));
}

int strikes_allowed(int wave) { return std::max(2, (wave + 1) / 2); }

Rollout::Rollout(Settings settings, Baseline baseline, Time started)
    : settings_(std::move(settings)),
      baseline_(std::move(baseline)),
      started_(started),
      progress_at_(started),
      desired_(baseline_.desired),
      alarms_due_(settings_.alarms.empty() ? times::never : started) {
  stopped_due_ = tasks_due_ = targets_due_ = times::never;
  if (!baseline_.revision.empty()) registered(baseline_.revision, started);
  if (!baseline_.reuse) return;
  task_definition_ = baseline_.task_definition;
  updated(baseline_.deployment, started);
}

Command Rollout::next(Time now) const {
  switch (phase_) {
    case Phase::registering: return {Do::register_revision};
    case Phase::updating: return {Do::update_service};
    case Phase::rollback: return {stop_tried_ || !baseline_.completed ? Do::restore : Do::stop_deployment};
    case Phase::verify: return diagnosed_ ? read_or_wait(now) : Command{Do::diagnose};
    case Phase::diagnose: return {diagnosed_ ? Do::finish : Do::diagnose};
    case Phase::done: return {Do::finish};
    default: return read_or_wait(now);
  }
}

Command Rollout::read_or_wait(Time now) const {
  const bool watching = phase_ != Phase::verify;  // on the way back only the service itself is looked at
  const std::array<std::pair<Do, Time>, 5> reads{{{Do::read_service, service_due_},
                                                  {Do::read_stopped, watching ? stopped_due_ : times::never},
                                                  {Do::read_tasks, watching ? tasks_due_ : times::never},
                                                  {Do::read_targets, watching ? targets_due_ : times::never},
                                                  {Do::read_alarms, watching ? alarms_due_ : times::never}}};
  Time soonest = times::never;
  for (const auto& [what, due] : reads) {
    if (due <= now) return {what};
    soonest = std::min(soonest, due);
  }
  return {Do::wait, soonest};
}

void Rollout::registered(const std::string& task_definition, Time now) {
  task_definition_ = task_definition;
  phase_ = Phase::updating;
  if (!recalled_) progress(now);
}

void Rollout::updated(const std::string& deployment, Time now) {
  deployment_ = deployment;
  if (updated_at_ == Time{}) updated_at_ = now;
  if (!recalled_) progress(now);
  phase_ = Phase::correlate;
  service_due_ = now + (baseline_.reuse ? 0s : 1s);
  if (serving_at_ != Time{}) phase_ = settings_.bake > Duration(0) ? Phase::bake : Phase::serving;
}

/// What DescribeServices says of *our* deployment. Whatever is PRIMARY now may be anybody's: after an automatic rollback it is
/// the old revision, right after the update it may still be (reads are eventually consistent).
Rollout::Identity Rollout::identify(const Service& service) {
  const Deployment* primary = service.primary();
  const Deployment* ours = deployment_.empty() ? nullptr : service.find(deployment_);
  if (primary == nullptr) return Identity::not_yet;
  if (primary == ours) return Identity::ours;
  if (primary->task_definition == task_definition_) {
    if (!deployment_.empty()) note("deployment " + primary->id + " has taken over with the same revision; it is followed from now on");
    deployment_ = primary->id;
    return Identity::ours;
  }
  const bool baseline = primary->task_definition == baseline_.task_definition;
  if (primary->id == baseline_.deployment) return ours == nullptr ? Identity::not_yet : Identity::rolled_back;
  return baseline ? Identity::rolled_back : Identity::superseded;
}

void Rollout::saw(const Service& service, Time now) {
  service_at_ = now;
  ++looks_;
  unread_why_.clear();
  if (phase_ == Phase::verify) return verify(service, now);
  if (phase_ >= Phase::rollback || phase_ < Phase::correlate) return;
  if (service.status == "INACTIVE" || service.status == "DRAINING")
    return fail(Outcome::superseded, "service " + service.name + " was deleted while it was deployed", now);
  read_events(service, now);
  if (phase_ >= Phase::rollback) return;
  switch (identify(service)) {
    case Identity::ours: monitor(service, *service.find(deployment_), now); break;
    case Identity::not_yet:
      service_due_ = now + (++early_reads_ <= 4 ? 1s : 3s);
      check_deadline(now);
      break;
    case Identity::rolled_back: {
      by_ecs_ = true;
      const Deployment* ours = service.find(deployment_);
      const std::string why = ours != nullptr && !ours->rollout_reason.empty() ? ": " + ours->rollout_reason : "";
      fail(Outcome::failed, "ECS put the service back to " + revision_of(baseline_.task_definition) + why, now);
      break;
    }
    case Identity::superseded:
      fail(Outcome::superseded,
           "someone else's UpdateService replaced " + revision_of(task_definition_) + " by " +
               revision_of(service.primary()->task_definition) + " in the middle of the deploy",
           now);
  }
}

void Rollout::unread(Do what, const std::string& why, bool denied, Time now) {
  const Time later = denied && what != Do::read_service ? times::never : now + 10s;
  if (why != unread_why_) note("could not be read: " + why);
  unread_why_ = why;
  switch (what) {
    case Do::read_service: {
      service_due_ = later;
      if (now - std::max({service_at_, updated_at_, rollback_at_}) < settings_.progress) return;
      if (phase_ == Phase::verify) return end_verify(RolledBack::failed, "the rollback was asked for, but it could not be watched: " + why);
      return fail(Outcome::unreadable, "the service could not be read for " + format_duration(settings_.progress) + ": " + why, now);
    }
    case Do::read_stopped: stopped_due_ = later; break;
    case Do::read_alarms: alarms_due_ = later; break;
    case Do::read_tasks:
    case Do::read_targets:
      (what == Do::read_tasks ? tasks_due_ : targets_due_) = later;
      if (denied) blind_ = true;  // health cannot be proven any more: success is what ECS calls completed
      break;
    default: break;
  }
  evaluate(now);
}

void Rollout::diagnosed(Time) { diagnosed_ = true; }

void Rollout::cancel(const std::string& why, Time now) {
  if (phase_ >= Phase::rollback) return;
  const bool changed = phase_ > Phase::updating && !baseline_.reuse;
  fail(Outcome::canceled, why, now);
  diagnosed_ = true;
  if (!changed) phase_ = Phase::done;
}

std::vector<std::string> Rollout::take_notes() { return std::exchange(notes_, {}); }

void Rollout::fail(Outcome outcome, std::string reason, Time now) {
  Verdict verdict;
  verdict.outcome = outcome;
  verdict.reason = std::move(reason);
  note(verdict.reason);
  verdict_ = std::move(verdict);
  asked_.reset();
  begin_rollback(now);
}

}  // namespace fairlead::deploy::ecs
