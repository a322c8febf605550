// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "deploy/ecs/rollout.hpp"
#include "deploy/ecs/rollout_times.hpp"
#include "fairlead/base/json.hpp"

// The way back: needs neither metrics nor logs nor the load balancer, so that it works when they do not.
namespace fairlead::deploy::ecs {

using namespace std::chrono_literals;

void Rollout::begin_rollback(Time now) {
  window_.reset();
  rollback_at_ = progress_at_ = now;
  service_due_ = now;
  const Outcome outcome = verdict_->outcome;
  if (outcome == Outcome::superseded || outcome == Outcome::not_started || outcome == Outcome::unreadable) {
    phase_ = Phase::done;
  } else if (by_ecs_) {
    phase_ = Phase::verify;
  } else if (outcome == Outcome::stalled || !settings_.roll_back) {
    phase_ = Phase::diagnose;
  } else if (baseline_.task_definition.empty() || baseline_.task_definition == task_definition_) {
    verdict_->rollback = "there is nothing to go back to: the service ran " + revision_of(task_definition_) + " before";
    phase_ = Phase::diagnose;
  } else if (!baseline_.serves) {
    verdict_->rollback = "it was not rolled back: " + revision_of(baseline_.task_definition) + " did not run before either";
    phase_ = Phase::diagnose;
  } else {
    phase_ = Phase::rollback;
  }
}

void Rollout::stopped(Time now) {
  stop_tried_ = true;
  rollback_at_ = progress_at_ = now;
  service_due_ = now + 1s;
  phase_ = Phase::verify;
  note("ECS was told to stop deployment " + deployment_ + " and go back to " + revision_of(baseline_.task_definition));
}

void Rollout::stop_refused(const std::string& why, Time) {
  stop_tried_ = true;
  note("StopServiceDeployment was not possible (" + why + "); the service is set to " + revision_of(baseline_.task_definition) +
       " instead");
}

void Rollout::restored(Time now) {
  stop_tried_ = restore_tried_ = true;
  rollback_at_ = progress_at_ = now;
  service_due_ = now + 1s;
  phase_ = Phase::verify;
  note("the service was set back to " + revision_of(baseline_.task_definition));
}

void Rollout::restore_refused(const std::string& why, Time) {
  diagnosed_ = true;
  end_verify(RolledBack::failed,
             "the rollback FAILED: the service could not be set back to " + revision_of(baseline_.task_definition) + ": " + why);
}

void Rollout::end_verify(RolledBack rolled_back, std::string text) {
  verdict_->rolled_back = rolled_back;
  note(text);
  verdict_->rollback = std::move(text);
  phase_ = Phase::done;
}

void Rollout::verify(const Service& service, Time now) {
  service_due_ = now + times::verify;
  const Deployment* primary = service.primary();
  const std::string old = revision_of(baseline_.task_definition);
  const bool unseen = now - updated_at_ < times::grace && service.find(deployment_) == nullptr;
  if (primary == nullptr || (primary->id == baseline_.deployment && unseen && !late(now))) return;  // older than our update
  if (primary->task_definition == task_definition_) {
    back_since_ = {};
    if (!restore_tried_ && now > rollback_at_ + times::grace) {
      stop_tried_ = true;
      by_ecs_ = false;
      phase_ = Phase::rollback;
    } else if (late(now)) {
      end_verify(RolledBack::failed, "the rollback FAILED: the service still runs " + revision_of(task_definition_) + ", look at it now");
    }
    return;
  }
  if (primary->task_definition != baseline_.task_definition) {
    return end_verify(RolledBack::no,
                      "the rollback was left: someone else has set the service to " + revision_of(primary->task_definition) + " meanwhile");
  }
  if (primary->running > running_) progress(now);
  running_ = primary->running;
  desired_ = service.desired;
  if (running_ >= desired_ && primary->rollout != "FAILED") {
    if (back_since_ == Time{}) back_since_ = now;
    if (primary->rollout == "COMPLETED" || now - back_since_ >= times::verify) {
      return end_verify(by_ecs_ ? RolledBack::by_ecs : RolledBack::done,
                        old + " serves again on " + std::to_string(running_) + " tasks" + (by_ecs_ ? ", put back by ECS itself" : ""));
    }
    return;
  }
  back_since_ = {};
  if (primary->rollout == "FAILED" || late(now)) {
    end_verify(RolledBack::failed, "the rollback FAILED: " + old + " runs " + std::to_string(running_) + " of " + std::to_string(desired_) +
                                       " tasks, look at the service now");
  }
}

Json Rollout::memory() const {
  Json strikes = Json::object();
  for (const auto& [arn, strike] : strikes_) {
    strikes[arn] = {{"cause", to_string(strike.cause)},
                    {"fingerprint", strike.fingerprint},
                    {"sentence", strike.sentence},
                    {"advice", strike.advice},
                    {"at", to_micros(strike.at)}};
  }
  Json json{{"strikes", std::move(strikes)}, {"progress_at", to_micros(progress_at_)}, {"stalled", stalled_},
            {"best_running", best_running_}, {"best_healthy", best_healthy_},          {"desired", desired_}};
  json["rounds"] = rounds_;
  if (asked_) json["asked"] = {{"round", asked_->round}, {"text", asked_->text}, {"until", to_micros(asked_->until)}};
  if (last_event_at_ != Time{}) json["events_until"] = to_micros(last_event_at_);
  if (updated_at_ != Time{}) json["updated_at"] = to_micros(updated_at_);
  if (serving_at_ != Time{}) json["serving_at"] = to_micros(serving_at_);
  if (!verdict_) return json;
  json["verdict"] = {{"outcome", static_cast<int>(verdict_->outcome)},
                     {"rolled_back", static_cast<int>(verdict_->rolled_back)},
                     {"reason", verdict_->reason},
                     {"rollback", verdict_->rollback}};
  json["phase"] = static_cast<int>(phase_);
  json["task_definition"] = task_definition_;
  json["deployment"] = deployment_;
  json["by_ecs"] = by_ecs_;
  json["stop_tried"] = stop_tried_;
  json["restore_tried"] = restore_tried_;
  json["diagnosed"] = diagnosed_;
  json["rollback_at"] = to_micros(rollback_at_);
  return json;
}

void Rollout::recall(const Json& memory, Time now) {
  for (const auto& [arn, strike] : member(memory, "strikes").items()) {
    strikes_[arn] = {parse_cause(text_at(strike, "cause")).value_or(Cause::app), text_at(strike, "fingerprint"),
                     text_at(strike, "sentence"), text_at(strike, "advice"), time_at(strike, "at").value_or(now)};
  }
  progress_at_ = time_at(memory, "progress_at").value_or(now);
  stalled_ = text_at(memory, "stalled");
  rounds_ = static_cast<int>(number_at(memory, "rounds"));
  if (const Json& asked = member(memory, "asked"); asked.is_object()) {
    asked_ = Asked{static_cast<int>(number_at(asked, "round", 1)), text_at(asked, "text"), time_at(asked, "until").value_or(now)};
  }
  best_running_ = static_cast<int>(number_at(memory, "best_running"));
  best_healthy_ = static_cast<int>(number_at(memory, "best_healthy"));
  desired_ = static_cast<int>(number_at(memory, "desired", desired_));
  told_until_ = last_event_at_ = time_at(memory, "events_until").value_or(Time{});
  updated_at_ = time_at(memory, "updated_at").value_or(Time{});
  serving_at_ = time_at(memory, "serving_at").value_or(Time{});
  if (const Json& decided = member(memory, "verdict"); decided.is_object()) {
    verdict_ = Verdict{static_cast<Outcome>(number_at(decided, "outcome")), static_cast<RolledBack>(number_at(decided, "rolled_back")),
                       text_at(decided, "reason"), text_at(decided, "rollback")};
    phase_ = static_cast<Phase>(number_at(memory, "phase"));
    task_definition_ = text_at(memory, "task_definition");
    deployment_ = text_at(memory, "deployment");
    by_ecs_ = flag_at(memory, "by_ecs");
    stop_tried_ = flag_at(memory, "stop_tried");
    restore_tried_ = flag_at(memory, "restore_tried");
    diagnosed_ = flag_at(memory, "diagnosed");
    rollback_at_ = time_at(memory, "rollback_at").value_or(now);
    service_due_ = now;
  }
  recalled_ = true;
}

}  // namespace fairlead::deploy::ecs
