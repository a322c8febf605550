// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "deploy/ec2/rollout.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

/// What is done next: batches, rollback, the end; and what a restarted server needs to go on.
namespace fairlead::deploy::ec2 {

namespace {

using std::chrono::seconds;

constexpr Duration look_every = seconds(3);
constexpr Duration count_every = seconds(1);
constexpr Duration idle = seconds(5);
/// A memory differs from the last one at least this often, so that it tells when the server was last alive.
using AliveStep = std::chrono::duration<std::int64_t, std::ratio<15>>;

bool in_progress(At at) { return at > At::waiting && at < At::done; }

}  // namespace

/// Hosts that could be begun, in order: those not done; when the fleet goes back, those that are, last first.
std::vector<std::size_t> Rollout::candidates() const {
  std::vector<std::size_t> list;
  if (rolling_back_) {
    for (std::size_t i = works_.size(); i-- > 0;)
      if (works_[i].at == At::done) list.push_back(i);
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
  int begun = 0;
  int taken = 0;
  const int total = static_cast<int>(works_.size());
  const int most = rolling_back_ ? total : settings_.pace.batch ? std::max(settings_.pace.batch->at_most(total), 1) : total;
  const int width = rolling_back_ ? total : std::min(width_, most);
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
  }
  in_batch_ = begun > 0;
}

void Rollout::look_at_times(Time now) {
  for (auto& work : works_) {
    if (work.at == At::draining && now - work.since >= settings_.drain) {
      note(work.host.id + ": not drained after " + format_duration(settings_.drain) + "; its last connections are cut");
      after_drain(work, now);
    } else if (work.at == At::settling && now - work.since >= settings_.health) {
      const auto why = work.traffic.reason.empty() ? std::string("it does not say why") : work.traffic.reason;
      host_failed(work, "the load balancer does not find it healthy after " + format_duration(settings_.health) + ": " + why, now);
    }
  }
  // A command that is never answered is one more thing that does not move: the next one for the host replaces it.
  for (auto& work : works_)
    if (in_progress(work.at) && now - work.since >= settings_.progress)
      host_failed(work, "nothing has moved for " + format_duration(settings_.progress) + " while it was " + std::string(to_string(work.at)),
                  now);
  if (now - progress_at_ < settings_.progress || busy()) return;
  if (rolling_back_) {
    end(now);
  } else {
    stop(Outcome::failed,
         "min-healthy " + to_string(settings_.pace.min_healthy) + " keeps " + std::to_string(needed_now()) + " hosts in traffic and only " +
             std::to_string(serving()) + " serve: no other could be taken out for " + format_duration(settings_.progress),
         now);
  }
  progress_at_ = now;
}

void Rollout::begin_rollback(Time now) {
  rolling_back_ = true;
  const auto done = std::ranges::count_if(works_, [](const Work& work) { return work.at == At::done; });
  if (done > 0) note("going back on " + std::to_string(done) + (done == 1 ? " host" : " hosts"));
  progress_at_ = now;
}

void Rollout::end(Time now) {
  std::vector<std::string> lost;
  std::vector<std::string> bad;
  int restored = 0;
  int updated = 0;
  for (const auto& work : works_) {
    if (work.at == At::quarantined) lost.push_back(work.host.id);
    if (work.failed && work.at != At::quarantined) bad.push_back(work.host.id);
    if (work.at == At::restored) ++restored;
    if (work.at == At::done) ++updated;
  }
  Verdict verdict = stopped_.value_or(Verdict{.outcome = Outcome::succeeded, .reason = {}, .rollback = {}});
  if (!stopped_) {
    verdict.reason = std::to_string(updated) + " of " + std::to_string(works_.size()) + " hosts serve the new release";
    if (!bad.empty()) verdict.reason += "; not on " + join(bad, ", ");
    if (updated == 0 && !works_.empty()) verdict.outcome = Outcome::failed;
  } else if (rolling_back_ && updated == 0) {
    verdict.rollback = restored == 0
                           ? "no host was left on the new release"
                           : "the release before serves again on " + std::to_string(restored) + (restored == 1 ? " host" : " hosts");
  } else if (updated > 0) {
    verdict.rollback = std::to_string(updated) + (updated == 1 ? " host is" : " hosts are") + " still on the new release";
  }
  if (!lost.empty()) {
    const auto text =
        join(lost, ", ") + (lost.size() == 1 ? " stays" : " stay") + " out of traffic, quarantined: look at them, then deploy again";
    (verdict.rollback.empty() ? verdict.reason : verdict.rollback) += "; " + text;
  }
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
    if (work.asked) continue;
    switch (work.at) {
      case At::leaving: ask(Do::leave, work); break;
      case At::draining:
        watching = true;
        if (now - work.connections_at >= count_every) ask(Do::connections, work);
        break;
      case At::switching: ask(work.back ? Do::switch_back : Do::switch_over, work); break;
      case At::joining: ask(Do::join, work); break;
      case At::settling: watching = true; break;
      case At::verifying: ask(Do::verify, work); break;
      default: break;
    }
  }
  const bool due = !looked_at_ || *looked_at_ < changed_at_ || now - *looked_at_ >= look_every;
  if (settings_.balanced && watching && due && !look_asked_) {
    look_asked_ = true;
    commands.push_back({.what = Do::look, .hosts = {}, .until = {}});
  }
}

std::vector<Command> Rollout::next(Time now) {
  alive_at_ = now;
  std::vector<Command> commands;
  const auto one = [&commands](Do what, bool& asked) {
    if (!std::exchange(asked, true)) commands.push_back({.what = what, .hosts = {}, .until = {}});
  };
  if (!protected_) {
    one(Do::protect, protect_asked_);
  } else if (verdict_) {
    if (!unprotected_)
      one(Do::unprotect, unprotect_asked_);
    else
      commands.push_back({.what = Do::finish, .hosts = {}, .until = {}});
  } else {
    look_at_times(now);
    if (!busy() && !verdict_) {
      if (std::exchange(in_batch_, false)) {
        ++finished_batches_;
        width_ = std::min(width_ * 2, static_cast<int>(works_.size()));
      }
      if (stopped_ && settings_.roll_back && !rolling_back_) begin_rollback(now);
      const bool more = (!stopped_ || rolling_back_) && !candidates().empty();
      if (more) {
        if (stale(now))
          one(Do::look, look_asked_);
        else
          start_batch(now);
      } else if (!stopped_ && !final_) {
        one(Do::list, list_asked_);
      } else {
        end(now);
        one(Do::unprotect, unprotect_asked_);
      }
    }
    collect(commands, now);
  }
  if (commands.empty()) commands.push_back({.what = Do::wait, .hosts = {}, .until = now + (busy() ? count_every : idle)});
  publish();
  return commands;
}

Json Rollout::memory() const {
  Json hosts = Json::array();
  for (const auto& work : works_) {
    hosts.push_back({{"id", work.host.id},
                     {"address", work.host.address},
                     {"zone", work.host.zone},
                     {"group", work.host.group},
                     {"release", work.host.release},
                     {"serving", work.host.serving},
                     {"at", static_cast<int>(work.at)},
                     {"back", work.back},
                     {"failed", work.failed},
                     {"has_left", work.has_left},
                     {"reason", work.reason},
                     {"since", to_micros(work.since)},
                     {"tries", work.tries}});
  }
  Json json{{"hosts", std::move(hosts)},
            {"width", width_},
            {"batches", finished_batches_},
            {"in_batch", in_batch_},
            {"failures", failures_},
            {"lists", lists_},
            {"final", final_},
            {"rolling_back", rolling_back_},
            {"protected", protected_},
            {"progress_at", to_micros(progress_at_)},
            {"alive_at", to_micros(std::chrono::floor<AliveStep>(alive_at_))}};
  if (stopped_) json["stopped"] = {{"outcome", static_cast<int>(stopped_->outcome)}, {"reason", stopped_->reason}};
  return json;
}

void Rollout::recall(const Json& memory, Time now) {
  works_.clear();
  for (const auto& one : member(memory, "hosts")) {
    Work work;
    work.host = {.id = text_at(one, "id"),
                 .address = text_at(one, "address"),
                 .zone = text_at(one, "zone"),
                 .group = text_at(one, "group"),
                 .unreachable_why = {},
                 .release = text_at(one, "release"),
                 .serving = flag_at(one, "serving")};
    work.at = static_cast<At>(number_at(one, "at"));
    work.back = flag_at(one, "back");
    work.failed = flag_at(one, "failed");
    work.has_left = flag_at(one, "has_left");
    work.reason = text_at(one, "reason");
    work.since = time_at(one, "since").value_or(now);
    work.tries = static_cast<int>(number_at(one, "tries"));
    work.traffic.kind = work.host.serving && !work.has_left ? Traffic::Kind::serving : Traffic::Kind::out;
    works_.push_back(std::move(work));
  }
  width_ = static_cast<int>(number_at(memory, "width", 1));
  finished_batches_ = static_cast<int>(number_at(memory, "batches"));
  in_batch_ = flag_at(memory, "in_batch");
  failures_ = static_cast<int>(number_at(memory, "failures"));
  lists_ = static_cast<int>(number_at(memory, "lists"));
  final_ = flag_at(memory, "final");
  rolling_back_ = flag_at(memory, "rolling_back");
  protected_ = flag_at(memory, "protected");
  // The time that the server was down is nobody's fault.
  const auto down = now - time_at(memory, "alive_at").value_or(now);
  progress_at_ = time_at(memory, "progress_at").value_or(now) + down;
  for (auto& work : works_) work.since += down;
  const auto& stopped = member(memory, "stopped");
  if (stopped.is_object())
    stopped_ =
        Verdict{.outcome = static_cast<Outcome>(number_at(stopped, "outcome")), .reason = text_at(stopped, "reason"), .rollback = {}};
  publish();
}

}  // namespace fairlead::deploy::ec2
