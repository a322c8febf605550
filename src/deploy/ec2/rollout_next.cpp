// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "deploy/ec2/rollout.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

/// What is done next: batches, checkpoints, rollback, the end.
namespace fairlead::deploy::ec2 {

namespace {

using std::chrono::seconds;

constexpr int most_named = 10;  ///< hosts of a batch, in the log
constexpr Duration look_every = seconds(3);
constexpr Duration look_at_checkpoint = seconds(15);
constexpr Duration late_for = std::chrono::minutes(3);  ///< hosts that cannot be asked at the end
constexpr Duration count_every = seconds(1);
constexpr Duration idle = seconds(5);

bool in_progress(At at) { return at > At::waiting && at < At::done; }

/// What concerns the whole fleet, once until it is answered.
void ask_fleet(std::vector<Command>& commands, Do what, bool& asked) {
  if (!std::exchange(asked, true)) commands.push_back({.what = what, .hosts = {}, .until = {}});
}

}  // namespace

/// Hosts that could be begun, in order: those not done; when the fleet goes back, those that are, last first. Who was not switched, or had
/// no release before, has nothing to go back to, and would only be lost.
std::vector<std::size_t> Rollout::candidates() const {
  std::vector<std::size_t> list;
  if (rolling_back_) {
    for (std::size_t i = works_.size(); i-- > 0;)
      if (works_[i].at == At::done && works_[i].switched && !works_[i].before.empty()) list.push_back(i);
    return list;
  }
  std::optional<std::string> zone;
  for (std::size_t i = 0; i < works_.size(); ++i) {
    if (works_[i].at != At::waiting) continue;
    if (!zone) zone = works_[i].host.zone;
    if (!settings_.pace.zonal || works_[i].host.zone == *zone) list.push_back(i);
  }
  return list;
}

void Rollout::start_batch(Time now) {
  std::vector<std::string> names;
  int begun = 0;
  int taken = 0;
  const int all = total();
  int width = all;
  if (!rolling_back_) {
    width = std::min(width_, settings_.pace.batch ? std::max(settings_.pace.batch->at_most(all), 1) : all);
    if (checkpoint_ < settings_.checkpoints.size())
      width = std::min(width, settings_.checkpoints[checkpoint_].at_least(all) - count(At::done));
  }
  for (const auto index : candidates()) {
    if (begun == width) break;
    auto& work = works_[index];
    const bool costs = counts(work);
    if (costs && taken >= free_places(work.host.zone) + (settings_.balanced ? 0 : taken)) continue;
    work.back = rolling_back_;
    // Without a load balancer nothing says that a host has left: counts() knows by its state.
    move(work, settings_.balanced && (work.traffic.kind != Traffic::Kind::out || rolling_back_) ? At::leaving : At::switching, now);
    if (work.at == At::switching) work.has_left = settings_.balanced;
    if (costs) ++taken;
    ++begun;
    if (begun <= most_named) names.push_back(work.host.id);
  }
  in_batch_ = begun > 0;
  const auto rest = begun - static_cast<int>(names.size());
  if (begun > 0)
    note((rolling_back_ ? "back: " : "batch " + std::to_string(finished_batches_ + 1) + ": ") + join(names, ", ") +
         (rest > 0 ? " and " + std::to_string(rest) + " more" : ""));
}

/// Draining and getting healthy have times of their own, which may be longer.
Duration Rollout::longest(const Work& work) const {
  if (work.at == At::draining) return settings_.progress + settings_.drain;
  if (work.at == At::settling) return settings_.progress + settings_.health + settings_.stability;
  return settings_.progress;
}

void Rollout::look_at_times(Time now) {
  for (auto& work : works_) {
    const bool ill = work.at == At::settling && settings_.balanced && !work.good_since && now - work.since >= settings_.health;
    if (work.doubt) continue;
    if (work.at == At::draining && !work.stray && now - work.since >= settings_.drain) {
      note(work.host.id + ": not drained after " + format_duration(settings_.drain) + "; its last connections are cut");
      after_drain(work, now);
    } else if (work.at == At::settling && !settings_.balanced && now - work.since >= settings_.stability) {
      move(work, At::verifying, now);
    } else if (ill) {
      const auto why = work.traffic.reason.empty() ? std::string("it does not say why") : work.traffic.reason;
      host_failed(work, "the load balancer does not find it healthy after " + format_duration(settings_.health) + ": " + why, now);
    }
  }
  // A command that is never answered is one more thing that does not move: the next one for the host replaces it.
  for (auto& work : works_)
    if (in_progress(work.at) && !work.doubt && now - work.since >= longest(work))
      host_failed(work, "nothing has moved for " + format_duration(longest(work)) + " while it was " + std::string(to_string(work.at)),
                  now);
  if (asked_ || list_asked_) progress_at_ = now;  // people have their time, and so has who came late: for the whole release
  if (now - progress_at_ < settings_.progress || busy()) return;
  if (rolling_back_) {
    end(now);
  } else {
    stop(Outcome::failed,
         (settings_.pace.one_out ? std::string("OneAtATime") : "min-healthy " + to_string(settings_.pace.min_healthy)) + " keeps " +
             std::to_string(needed_now()) + " hosts in traffic and only " + std::to_string(serving()) +
             " serve: no other could be taken out for " + format_duration(settings_.progress),
         now);
  }
  progress_at_ = now;
}

/// Whether people are asked before the next host is begun. Nobody answers: it goes back.
bool Rollout::waits_at_checkpoint(Time now) {
  if (stopped_ || rolling_back_) return false;
  const auto all = total();
  const auto done = count(At::done);
  while (checkpoint_ < settings_.checkpoints.size()) {
    const auto wanted = settings_.checkpoints[checkpoint_].at_least(all);
    if (wanted >= all || done < wanted) return false;
    if (!asked_) {
      asked_ = Asked{.round = static_cast<int>(checkpoint_) + 1,
                     .text = std::to_string(done) + " of " + std::to_string(all) + " hosts " + (done == 1 ? "serves" : "serve") +
                             " the new release: go on with the others?",
                     .until = now + settings_.patience};
      note("people are asked: " + asked_->text);
    }
    if (now < asked_->until) return true;
    asked_.reset();
    stop(Outcome::failed,
         "nobody answered at the checkpoint of " + std::to_string(done) + " of " + std::to_string(all) + " hosts within " +
             format_duration(settings_.patience),
         now);
    return false;
  }
  return false;
}

bool Rollout::bakes(Time now) {
  if (settings_.bake == Duration(0) || count(At::done) == 0) return false;
  if (!bake_until_) {
    bake_until_ = now + settings_.bake;
    note("every host is done; they are watched for " + format_duration(settings_.bake));
  }
  progress_at_ = now;
  return now < *bake_until_;
}

void Rollout::answered(const std::string& choice, const std::string& by, Time now) {
  if (!asked_) return;
  asked_.reset();
  progress_at_ = now;
  if (choice == "continue") {
    ++checkpoint_;
    note(by + " lets it go on");
  } else {
    kept_ = choice == "stop";
    stop(Outcome::failed, by + (kept_ ? " stopped it at a checkpoint; the hosts stay as they are" : " sent it back at a checkpoint"), now);
  }
}

void Rollout::begin_rollback(Time now) {
  rolling_back_ = true;
  const auto done = candidates().size();
  if (done > 0) note("going back on " + std::to_string(done) + (done == 1 ? " host" : " hosts"));
  progress_at_ = now;
}

void Rollout::end(Time now) {
  std::vector<std::string> out;
  std::vector<std::string> lost;
  std::vector<std::string> bad;
  int restored = 0;
  int updated = 0;
  for (const auto& work : works_) {
    const bool in_traffic = settings_.told && work.traffic.kind == Traffic::Kind::serving;
    if (work.at == At::quarantined) (work.has_left && !in_traffic ? out : lost).push_back(work.host.id);
    if (work.failed && work.at != At::quarantined) bad.push_back(work.host.id);
    if (work.at == At::restored) ++restored;
    if (work.at == At::done) ++updated;
  }
  Verdict verdict = stopped_.value_or(Verdict{.outcome = Outcome::succeeded, .reason = {}, .rollback = {}});
  if (!stopped_) {
    verdict.reason = std::to_string(updated) + " of " + std::to_string(total()) + " hosts serve the new release";
    if (!bad.empty()) verdict.reason += "; not on " + join(bad, ", ");
    if (!unasked_.empty())
      verdict.reason += "; at the end " + join(std::vector(unasked_.begin(), unasked_.end()), ", ") + " could not be asked";
    if (!unseen_.empty()) verdict.reason += "; whether they are still good could not be asked: " + unseen_;
    if (!unlisted_.empty()) verdict.reason += "; who came in the meantime is not known: " + unlisted_;
    if (updated == 0 && !works_.empty()) verdict.outcome = Outcome::failed;
  } else if (rolling_back_ && updated == 0) {
    verdict.rollback = restored == 0
                           ? "no host was left on the new release"
                           : "the release before serves again on " + std::to_string(restored) + (restored == 1 ? " host" : " hosts");
  } else if (updated > 0) {
    verdict.rollback = std::to_string(updated) + (updated == 1 ? " host is" : " hosts are") + " still on the new release";
  }
  std::vector<std::string> texts;
  if (!out.empty()) texts.push_back(join(out, ", ") + (out.size() == 1 ? " stays" : " stay") + " out of traffic");
  if (!lost.empty()) texts.push_back(join(lost, ", ") + (lost.size() == 1 ? " is left as it is" : " are left as they are"));
  if (!texts.empty())
    (verdict.rollback.empty() ? verdict.reason : verdict.rollback) +=
        "; " + join(texts, "; ") + ", quarantined: look at " + (out.size() + lost.size() == 1 ? "it" : "them") + ", then deploy again";
  verdict_ = std::move(verdict);
  progress_at_ = now;
}

void Rollout::collect(std::vector<Command>& commands, Time now) {
  const auto ask = [&commands](Do what, Work& work) {
    work.asked = true;
    commands.push_back({.what = what, .hosts = {work.host.id}, .until = {}});
  };
  bool watching = false;
  for (auto& work : works_) {
    watching = watching || (settings_.told && work.has_left && (work.at == At::switching || work.at == At::quarantined));
    if (work.stray && !std::exchange(work.stray_asked, true))
      commands.push_back({.what = Do::leave_again, .hosts = {work.host.id}, .until = {}});
    if (work.asked) continue;
    switch (work.at) {
      case At::leaving: ask(Do::leave, work); break;
      case At::draining:
        watching = true;
        if (now - work.connections_at >= count_every) ask(Do::connections, work);
        break;
      case At::switching: ask(work.back ? Do::switch_back : Do::switch_over, work); break;
      case At::joining:
        if (!work.stray_asked) ask(Do::join, work);  // otherwise it would be taken out behind it
        break;
      case At::settling: watching = true; break;
      case At::verifying: ask(Do::verify, work); break;
      default: break;
    }
  }
  const bool waits = (asked_ || bake_until_) && !watching;
  const bool due = !looked_at_ || *looked_at_ < changed_at_ || now - *looked_at_ >= (waits ? look_at_checkpoint : look_every);
  const bool looks = settings_.balanced ? (watching || waits) && due : watches_itself() && probe_is_due(now);
  if (looks && now >= look_again_at_) ask_fleet(commands, Do::look, look_asked_);
}

bool Rollout::doubts() const {
  return std::ranges::any_of(works_, [](const Work& work) { return work.at == At::done && work.bad > 0; });
}

/// Now and then, at once after a host was done, and sooner again when one was not good.
bool Rollout::probe_is_due(Time now) const {
  return !looked_at_ || *looked_at_ < changed_at_ || now - *looked_at_ >= (doubts() ? look_every : look_at_checkpoint);
}

/// Before it is called a success, hosts without a load balancer are all asked once more. When they cannot be, that is told.
bool Rollout::seen_good(Time now) {
  if (!watches_itself() || (looked_at_ && *looked_at_ >= changed_at_ && !doubts() && look_problem_.empty())) return true;
  if (!unseen_since_) unseen_since_ = now;
  if (look_problem_.empty() || now - *unseen_since_ < late_for) return false;
  unseen_ = look_problem_;
  return true;
}

/// Nothing is in work: the next batch, the way back, a last look at the fleet, or the end.
void Rollout::between_batches(std::vector<Command>& commands, Time now) {
  if (std::exchange(in_batch_, false)) {
    ++finished_batches_;
    listed_lately_ = false;
    width_ = std::min(width_ * 2, static_cast<int>(works_.size()));
  }
  if (!candidates().empty() && waits_at_checkpoint(now)) return;
  asked_.reset();
  if (stopped_ && settings_.roll_back && !kept_ && !rolling_back_) begin_rollback(now);
  if ((!stopped_ || rolling_back_) && !candidates().empty()) {
    if (settings_.dynamic && !listed_lately_)
      ask_fleet(commands, Do::present, present_asked_);
    else if (!stale(now))
      start_batch(now);
    else if (now >= look_again_at_)
      ask_fleet(commands, Do::look, look_asked_);
  } else if (!stopped_ && !final_) {
    if (now >= list_at_) ask_fleet(commands, Do::list, list_asked_);
  } else if (!stopped_ && bakes(now)) {
    // an alarm or a host that falls ill still sends it back
  } else if (!seen_good(now)) {
    progress_at_ = now;  // every host is asked once more
  } else {
    end(now);
    ask_fleet(commands, Do::unprotect, unprotect_asked_);
  }
}

std::vector<Command> Rollout::next(Time now) {
  alive_at_ = now;
  std::vector<Command> commands;
  if (!protected_) {
    ask_fleet(commands, Do::protect, protect_asked_);
  } else if (verdict_) {
    if (!unprotected_)
      ask_fleet(commands, Do::unprotect, unprotect_asked_);
    else
      commands.push_back({.what = Do::finish, .hosts = {}, .until = {}});
  } else {
    look_at_times(now);
    if (std::ranges::any_of(works_, [](const Work& work) { return work.doubt.has_value(); }))
      ask_fleet(commands, Do::present, present_asked_);
    if (!busy() && !verdict_) between_batches(commands, now);
    collect(commands, now);
  }
  if (commands.empty()) commands.push_back({.what = Do::wait, .hosts = {}, .until = now + (busy() ? count_every : idle)});
  publish();
  return commands;
}

}  // namespace fairlead::deploy::ec2
