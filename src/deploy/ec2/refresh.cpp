// SPDX-License-Identifier: Apache-2.0
#include "deploy/ec2/refresh.hpp"

#include <algorithm>

#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ec2 {

namespace {

using std::chrono::seconds;

constexpr Duration look_every = seconds(5);
constexpr Duration look_while_asked = seconds(15);
constexpr std::size_t least_strikes = 2;
using AliveStep = std::chrono::duration<std::int64_t, std::ratio<15>>;

bool is_active(const std::string& status) {
  return status == "Pending" || status == "InProgress" || status == "Baking" || status == "Cancelling" || status == "RollbackInProgress";
}

/// Of what moves.
std::string signature_of(const RefreshLook& look) {
  std::string signature = look.status + " " + std::to_string(look.percent) + " " + std::to_string(look.desired);
  for (const auto& one : look.members) signature += "\n" + one.id + " " + one.lifecycle + (one.healthy ? " " : " unhealthy ") + one.traffic;
  return signature;
}

std::string instances_text(int count) { return count == 1 ? "1 instance" : std::to_string(count) + " instances"; }

}  // namespace

std::string_view to_string(RefreshDo what) {
  switch (what) {
    case RefreshDo::start: return "start";
    case RefreshDo::look: return "look";
    case RefreshDo::cancel: return "cancel";
    case RefreshDo::undo: return "undo";
    case RefreshDo::start_back: return "start-back";
    case RefreshDo::wait: return "wait";
    case RefreshDo::finish: return "finish";
  }
  return "?";
}

Refresh::Refresh(RefreshSettings settings, RefreshLook first, Time started)
    : settings_(std::move(settings)), seen_(std::move(first)), signature_(signature_of(seen_)), progress_at_(started), alive_at_(started) {}

void Refresh::enter(Phase phase, Time now) {
  phase_ = phase;
  progress_at_ = now;
  looked_at_.reset();
  cancel_sent_ = false;
}

bool Refresh::active() const { return is_active(seen_.status); }

bool Refresh::good(const Member& one) const {
  return one.lifecycle == "InService" && one.healthy && (one.traffic.empty() || one.traffic == "healthy");
}

int Refresh::updated() const {
  return static_cast<int>(
      std::ranges::count_if(seen_.members, [this](const Member& one) { return one.version == settings_.version && good(one); }));
}

/// Instances of the version at the next checkpoint; all of them after the last.
int Refresh::wanted() const {
  const int all = std::max(seen_.desired, 1);
  return checkpoint_ < settings_.checkpoints.size() ? std::min(settings_.checkpoints[checkpoint_].at_least(all), all) : all;
}

int Refresh::checkpoint_percent() const {
  const int all = std::max(seen_.desired, 1);
  return wanted() >= all ? 100 : std::clamp(wanted() * 100 / all, 1, 99);  // rounded up it would take one more
}

void Refresh::stop(Outcome outcome, const std::string& why, Time now) {
  if (stopped_ || verdict_) return;
  stopped_ = Verdict{.outcome = outcome, .reason = why, .rollback = {}};
  asked_.reset();
  note(why);
  go_back(now);
}

void Refresh::go_back(Time now) {
  if (!settings_.roll_back || kept_) return active() ? enter(Phase::clearing, now) : end(now);
  if (settings_.baseline.empty()) {
    note("the instances ran several versions before: there is no one version to go back to");
    kept_ = true;
    return active() ? enter(Phase::clearing, now) : end(now);
  }
  if (seen_.status == "RollbackInProgress") return enter(Phase::returning, now);
  if (active()) return enter(settings_.reversible ? Phase::undoing : Phase::clearing, now);
  if (round_ == 0 && seen_.status.empty()) return end(now);  // nothing was replaced
  enter(Phase::starting_back, now);
}

void Refresh::started(Time now) {
  seen_.status = "Pending";
  undone_ = false;
  if (phase_ == Phase::starting_back) return enter(Phase::returning, now);
  if (phase_ != Phase::starting) return;
  ++round_;
  enter(Phase::watching, now);
}

void Refresh::done(RefreshDo what, Time now) {
  if (what == RefreshDo::cancel) cancel_sent_ = true;
  if (what != RefreshDo::undo || phase_ != Phase::undoing) return;
  seen_.status = "RollbackInProgress";
  undone_ = true;
  enter(Phase::returning, now);
}

void Refresh::refused(RefreshDo what, const std::string& why, Time now) {
  switch (what) {
    case RefreshDo::start: return stop(Outcome::failed, "the instance refresh could not be started: " + why, now);
    case RefreshDo::undo:  // AWS cannot: canceled first, then a refresh to the version before
      note("AWS does not roll it back: " + why);
      settings_.reversible = false;
      return enter(Phase::clearing, now);
    case RefreshDo::start_back:
      note("the way back could not be started: " + why);
      kept_ = true;
      return end(now);
    case RefreshDo::look: looked_at_ = now; return;  // asked again until the deadline of progress
    case RefreshDo::cancel: cancel_sent_ = true; return note("it could not be canceled: " + why);
    default: return;
  }
}

void Refresh::saw(const RefreshLook& look, Time now) {
  seen_ = look;
  looked_at_ = now;
  auto signature = signature_of(look);
  if (signature != signature_ || look.status == "Baking") progress_at_ = now;  // AWS has its time for that
  signature_ = std::move(signature);
  switch (phase_) {
    case Phase::watching: return watch(now);
    case Phase::stopping:
      if (!active()) reach(now);
      return;
    case Phase::asking: return look_for_strikes(now);
    case Phase::settling: look_for_strikes(now); return settle(now);
    case Phase::clearing:
      if (active()) return;
      return kept_ || !settings_.roll_back ? end(now) : enter(Phase::starting_back, now);
    case Phase::returning:
      if (active()) return;
      // It had ended before it was told: what it brought is there.
      if (undone_ && !look.status.starts_with("Rollback")) return enter(Phase::starting_back, now);
      return returned(now);
    default: return;
  }
}

/// Instances of the new version that the group finds unhealthy, or cannot launch, condemn it long before AWS gives up after an hour.
void Refresh::look_for_strikes(Time now) {
  for (const auto& one : seen_.members) {
    if (one.version != settings_.version || strikes_.contains(one.id)) continue;
    const auto why = strike_of(one, now);
    if (why.empty()) continue;
    strikes_[one.id] = why;
    note(one.id + ": " + why);
  }
  const auto count = strikes_.size() + seen_.failed_launches.size();
  if (count < least_strikes) return;
  const auto why = strikes_.empty() ? "launching fails: " + seen_.failed_launches.rbegin()->second
                                    : instances_text(static_cast<int>(strikes_.size())) + " of version " + settings_.version +
                                          " did not stay healthy: " + strikes_.rbegin()->second;
  stop(Outcome::failed, why, now);
}

/// Why an instance speaks against the version; empty: it does not, or not yet.
std::string Refresh::strike_of(const Member& one, Time now) {
  const auto why = one.reason.empty() ? std::string("the group finds it unhealthy") : one.reason;
  if (!one.healthy) return why;
  if (one.lifecycle != "InService") return {};
  const auto since = in_service_since_.try_emplace(one.id, now).first->second;
  if (good(one)) were_good_.insert(one.id);
  if (one.traffic != "unhealthy") return {};
  if (were_good_.contains(one.id)) return "it was healthy and is not any more: " + why;
  return now - since >= settings_.grace ? why : "";
}

/// AWS has done its part; whether the load balancer sends requests there is another question when the group does not ask it.
void Refresh::settle(Time now) {
  if (phase_ != Phase::settling) return;
  const bool all = std::ranges::all_of(
      seen_.members, [this](const Member& one) { return one.version != settings_.version || one.lifecycle != "InService" || good(one); });
  if (all) end(now);
}

void Refresh::watch(Time now) {
  const auto& status = seen_.status;
  if (status == "Successful") {
    enter(Phase::settling, now);
    return settle(now);
  }
  if (status.starts_with("Rollback")) {  // AWS did it by itself
    stop(Outcome::failed, seen_.reason.empty() ? "the instance refresh failed" : seen_.reason, now);
    enter(Phase::returning, now);
    if (!active()) returned(now);
    return;
  }
  if (status == "Failed") return stop(Outcome::failed, seen_.reason.empty() ? "the instance refresh failed" : seen_.reason, now);
  if (status == "Cancelled" || status == "Cancelling") {
    kept_ = true;
    return stop(Outcome::failed, "somebody canceled the instance refresh; the instances stay as they are", now);
  }
  look_for_strikes(now);
  if (phase_ != Phase::watching || checkpoint_ >= settings_.checkpoints.size() || wanted() >= seen_.desired) return;
  // AWS counts those that are warm; of a later round it is not documented whether it counts what was replaced before.
  if (updated() >= wanted() && (round_ > 1 || seen_.percent >= checkpoint_percent())) enter(Phase::stopping, now);
}

/// The refresh is stopped, with at least as many new instances as the checkpoint wants.
void Refresh::reach(Time now) {
  if (seen_.status == "Successful" && updated() >= seen_.desired) return enter(Phase::settling, now);
  enter(Phase::asking, now);
  asked_ = Asked{.round = static_cast<int>(checkpoint_) + 1,
                 .text = std::to_string(updated()) + " of " + instances_text(seen_.desired) + " run version " + settings_.version +
                         " of the launch template: go on with the others?",
                 .until = now + settings_.patience};
}

void Refresh::answered(const std::string& choice, const std::string& by, Time now) {
  if (!asked_) return;
  asked_.reset();
  if (choice == "continue") {
    ++checkpoint_;
    note(by + " lets it go on");
    return enter(Phase::starting, now);
  }
  kept_ = choice == "stop";
  stop(Outcome::failed, by + (kept_ ? " stopped it at a checkpoint; the instances stay as they are" : " sent it back at a checkpoint"),
       now);
}

void Refresh::returned(Time now) {
  const auto& status = seen_.status;
  if (status == "RollbackSuccessful" || status == "Successful") {
    stopped_->rollback = "version " + settings_.baseline + " of the launch template runs again on " +
                         instances_text(static_cast<int>(std::ranges::count(seen_.members, settings_.baseline, &Member::version)));
  } else {
    stopped_->rollback = "going back to version " + settings_.baseline + " did not work: " + (seen_.reason.empty() ? status : seen_.reason);
  }
  end(now);
}

void Refresh::end(Time now) {
  enter(Phase::over, now);
  Verdict verdict = stopped_.value_or(Verdict{.outcome = Outcome::succeeded, .reason = {}, .rollback = {}});
  std::vector<std::string> others;
  for (const auto& one : seen_.members)
    if (one.version != settings_.version) others.push_back(one.id + (one.lifecycle == "InService" ? "" : " (" + one.lifecycle + ")"));
  if (!stopped_) {
    verdict.reason = std::to_string(updated()) + " of " + instances_text(seen_.desired) + " run version " + settings_.version;
    if (!others.empty()) verdict.reason += "; not " + join(others, ", ");
  } else if (verdict.rollback.empty() && updated() > 0) {
    verdict.rollback = instances_text(updated()) + (updated() == 1 ? " is" : " are") + " still on version " + settings_.version;
  }
  verdict_ = std::move(verdict);
}

void Refresh::cancel(const std::string& why, Time now) { stop(Outcome::canceled, why, now); }
void Refresh::condemn(const std::string& why, Time now) { stop(Outcome::failed, why, now); }

RefreshCommand Refresh::next(Time now) {
  alive_at_ = now;
  if (asked_ && now >= asked_->until)
    stop(Outcome::failed, "nobody answered at the checkpoint within " + format_duration(settings_.patience), now);
  if (asked_) progress_at_ = now;
  if (phase_ != Phase::over && phase_ != Phase::asking && now - progress_at_ >= settings_.progress) {
    const auto why = "nothing has moved for " + format_duration(settings_.progress) +
                     (strikes_.empty() ? seen_.reason.empty() ? "" : ": " + seen_.reason : ": " + strikes_.rbegin()->second);
    if (stopped_ && rolling_back()) {
      stopped_->rollback = "going back to version " + settings_.baseline + " does not end: " + why;
      end(now);
    } else {
      stop(Outcome::failed, why, now);
    }
  }
  const bool due = !looked_at_ || now - *looked_at_ >= (asked_ ? look_while_asked : look_every);
  switch (phase_) {
    case Phase::starting: return {.what = RefreshDo::start, .round = round_ + 1, .percent = checkpoint_percent(), .until = {}};
    case Phase::undoing: return {.what = RefreshDo::undo, .until = {}};
    case Phase::starting_back: return {.what = RefreshDo::start_back, .until = {}};
    case Phase::over: return {.what = RefreshDo::finish, .until = {}};
    case Phase::stopping:
    case Phase::clearing:
      if (active() && seen_.status != "Cancelling" && !cancel_sent_) return {.what = RefreshDo::cancel, .round = round_, .until = {}};
      [[fallthrough]];
    default: break;
  }
  if (due) return {.what = RefreshDo::look, .until = {}};
  return {.what = RefreshDo::wait, .until = *looked_at_ + (asked_ ? look_while_asked : look_every)};
}

Json Refresh::memory() const {
  Json json{{"phase", static_cast<int>(phase_)},
            {"round", round_},
            {"checkpoint", checkpoint_},
            {"kept", kept_},
            {"reversible", settings_.reversible},
            {"undone", undone_},
            {"strikes", strikes_},
            {"good", were_good_},
            {"progress_at", to_micros(progress_at_)},
            {"alive_at", to_micros(std::chrono::floor<AliveStep>(alive_at_))}};
  if (asked_) json["asked"] = {{"round", asked_->round}, {"text", asked_->text}, {"until", to_micros(asked_->until)}};
  if (stopped_)
    json["stopped"] = {{"outcome", static_cast<int>(stopped_->outcome)}, {"reason", stopped_->reason}, {"rollback", stopped_->rollback}};
  return json;
}

void Refresh::recall(const Json& memory, Time now) {
  phase_ = static_cast<Phase>(number_at(memory, "phase"));
  round_ = static_cast<int>(number_at(memory, "round"));
  checkpoint_ = static_cast<std::size_t>(number_at(memory, "checkpoint"));
  kept_ = flag_at(memory, "kept");
  undone_ = flag_at(memory, "undone");
  settings_.reversible = flag_at(memory, "reversible");
  strikes_ = member(memory, "strikes").get<std::map<std::string, std::string>>();
  were_good_ = member(memory, "good").get<std::set<std::string>>();
  // The time that the server was down is nobody's fault.
  const auto down = now - time_at(memory, "alive_at").value_or(now);
  progress_at_ = time_at(memory, "progress_at").value_or(now) + down;
  if (const auto& asked = member(memory, "asked"); asked.is_object())
    asked_ = Asked{static_cast<int>(number_at(asked, "round", 1)), text_at(asked, "text"), time_at(asked, "until").value_or(now) + down};
  if (const auto& stopped = member(memory, "stopped"); stopped.is_object())
    stopped_ = Verdict{.outcome = static_cast<Outcome>(number_at(stopped, "outcome")),
                       .reason = text_at(stopped, "reason"),
                       .rollback = text_at(stopped, "rollback")};
  if (phase_ == Phase::over) end(now);
}

std::vector<std::string> Refresh::take_notes() { return std::exchange(notes_, {}); }

}  // namespace fairlead::deploy::ec2
