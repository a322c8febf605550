// SPDX-License-Identifier: Apache-2.0
#include "deploy/ec2/rollout.hpp"

#include <algorithm>
#include <set>

#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ec2 {

namespace {

using std::chrono::seconds;

constexpr Duration look_every = seconds(3);
constexpr Duration drain_at_least = seconds(5);
constexpr int quiet_looks = 3;
constexpr int most_lists = 5;
constexpr Duration late_for = std::chrono::minutes(3);  ///< in which who has just come gets reachable
constexpr Duration late_look = seconds(10);
constexpr int bad_looks = 2;
constexpr int most_drains = 3;
constexpr Duration late_word = seconds(30);  ///< of a load balancer, on who has left

bool is_settled(At at) { return at >= At::done || at == At::waiting; }

std::string hosts_text(int count) { return count == 1 ? "1 host" : std::to_string(count) + " hosts"; }

}  // namespace

std::string_view to_string(At at) {
  switch (at) {
    case At::waiting: return "waiting";
    case At::leaving: return "leaving";
    case At::draining: return "draining";
    case At::switching: return "switching";
    case At::joining: return "joining";
    case At::settling: return "settling";
    case At::verifying: return "verifying";
    case At::done: return "done";
    case At::restored: return "restored";
    case At::quarantined: return "quarantined";
    case At::unreachable: return "unreachable";
    case At::gone: return "gone";
  }
  return "?";
}

std::string_view to_string(Do what) {
  switch (what) {
    case Do::protect: return "protect";
    case Do::look: return "look";
    case Do::leave: return "leave";
    case Do::leave_again: return "leave-again";
    case Do::connections: return "connections";
    case Do::switch_over: return "switch-over";
    case Do::switch_back: return "switch-back";
    case Do::join: return "join";
    case Do::verify: return "verify";
    case Do::list: return "list";
    case Do::present: return "present";
    case Do::unprotect: return "unprotect";
    case Do::wait: return "wait";
    case Do::finish: return "finish";
  }
  return "?";
}

Rollout::Rollout(Settings settings, std::vector<Host> hosts, Time started)
    : settings_(std::move(settings)), started_(started), progress_at_(started), alive_at_(started) {
  for (auto& host : hosts) {
    Work work;
    work.since = started;
    if (!host.reachable) {
      work.at = At::unreachable;
      work.failed = true;
      work.reason = host.unreachable_why;
      ++failures_;
    } else if (settings_.resumes && host.serving && host.release == settings_.release) {
      work.at = At::done;
      note(host.id + " serves " + short_release(settings_.release) + " already");
    }
    work.traffic.kind = host.serving ? Traffic::Kind::serving : Traffic::Kind::out;
    work.host = std::move(host);
    works_.push_back(std::move(work));
  }
  const auto total = static_cast<int>(works_.size());
  const bool careful = settings_.pace.canary && total > 1;
  width_ = careful ? 1 : settings_.pace.batch ? std::max(settings_.pace.batch->at_most(total), 1) : total;
  publish();
}

Rollout::Work* Rollout::find(const std::string& host) {
  const auto found = std::ranges::find_if(works_, [&](const Work& work) { return work.host.id == host; });
  return found == works_.end() ? nullptr : &*found;
}

void Rollout::publish() { rows_.assign(works_.begin(), works_.end()); }

void Rollout::move(Work& work, At at, Time now) {
  work.at = at;
  work.since = now;
  work.asked = false;
  work.quiet = 0;
  work.bad = 0;
  work.astray = 0;
  work.stray = work.stray_asked;
  work.good_since.reset();
  work.doubt.reset();
  progress_at_ = now;
}

bool Rollout::counts(const Work& work) const {
  if (work.at == At::gone) return false;
  // Who was taken out by us does not serve, whatever a load balancer says that cannot be asked, or is behind.
  if (settings_.balanced) return work.traffic.kind == Traffic::Kind::serving && !work.has_left;
  return is_settled(work.at) && work.at != At::quarantined && work.at != At::unreachable && (work.host.serving || work.at != At::waiting);
}

int Rollout::serving() const {
  return static_cast<int>(std::ranges::count_if(works_, [this](const Work& work) { return counts(work); }));
}

bool Rollout::changed() const {
  return std::ranges::any_of(works_, [](const Work& work) { return work.failed || work.switched; });
}

bool Rollout::touched() const {
  return std::ranges::any_of(works_, [](const Work& work) { return work.switched || work.back || work.has_left; });
}

int Rollout::total() const { return static_cast<int>(works_.size()) - count(At::gone); }
int Rollout::count(At at) const {
  return static_cast<int>(std::ranges::count_if(works_, [at](const Work& work) { return work.at == at; }));
}
int Rollout::needed_now() const { return needed(settings_.pace, total()); }

int Rollout::free_places(const std::string& zone) const {
  if (!settings_.pace.zonal) return serving() - needed_now();
  int total = 0;
  int good = 0;
  for (const auto& work : works_) {
    if (work.at == At::gone || work.host.zone != zone) continue;
    ++total;
    if (counts(work)) ++good;
  }
  return good - needed(settings_.pace, total);
}

bool Rollout::busy() const {
  return std::ranges::any_of(works_, [](const Work& work) { return !is_settled(work.at) || work.doubt; });
}

bool Rollout::stale(Time now) const {
  return settings_.balanced && (!looked_at_ || *looked_at_ < changed_at_ || now - *looked_at_ > look_every);
}

std::vector<std::string> Rollout::probes() const {
  std::vector<std::string> ids;
  for (const auto& work : works_)
    if (work.at == At::done || (work.at == At::waiting && work.host.serving && !work.host.release.empty())) ids.push_back(work.host.id);
  return ids;
}

/// Of a fleet that changes, a host that fails may just have been taken away: that is nobody's failure, and is asked first.
void Rollout::host_failed(Work& work, const std::string& why, Time now) {
  if (!settings_.dynamic) return host_goes_back(work, why, now);
  work.doubt = why;
  work.asked = true;
}

void Rollout::saw_present(const std::set<std::string>& hosts, Time now) {
  present_asked_ = false;
  listed_lately_ = true;
  for (auto& work : works_) {
    if (!hosts.contains(work.host.id)) {
      has_gone(work, now);
    } else if (work.doubt) {
      host_goes_back(work, std::string(*work.doubt), now);
    }
  }
}

void Rollout::has_gone(Work& work, Time now) {
  if (work.at == At::gone) return;
  note(work.host.id + " has left the fleet");
  if (work.at == At::unreachable) --failures_;
  work.failed = false;
  move(work, At::gone, now);
}

void Rollout::host_goes_back(Work& work, const std::string& why, Time now) {
  work.doubt.reset();
  work.reason = why;
  if (work.back) return give_up(work, why, now);
  work.failed = true;
  ++failures_;
  note(work.host.id + ": " + why + "; it goes back first");
  work.back = true;
  // What is in traffic again has to leave it before it is touched.
  move(work, settings_.balanced && !work.has_left ? At::leaving : At::switching, now);
  const bool proven = std::ranges::any_of(works_, [](const Work& one) { return one.at == At::done; });
  const int limit = proven || !settings_.pace.canary ? borne(settings_.pace, static_cast<int>(works_.size())) : 0;
  if (failures_ <= limit) return;
  stop(Outcome::failed,
       work.host.id + ": " + why + (limit == 0 ? "" : " (" + hosts_text(failures_) + " failed, " + std::to_string(limit) + " are borne)"),
       now);
}

void Rollout::give_up(Work& work, const std::string& why, Time now) {
  note(work.host.id + ": it could not go back: " + why +
       (work.has_left ? "; it stays out of traffic, quarantined" : "; it is left as it is, quarantined"));
  work.failed = true;
  work.reason = why;
  move(work, At::quarantined, now);
}

void Rollout::stop(Outcome outcome, const std::string& why, Time now) {
  if (stopped_) return;
  stopped_ = Verdict{.outcome = outcome, .reason = why, .rollback = {}};
  note("no further host is begun: " + why);
  progress_at_ = now;
}

void Rollout::cancel(const std::string& why, Time now) { stop(Outcome::canceled, why, now); }
void Rollout::condemn(const std::string& why, Time now) { stop(Outcome::failed, why, now); }

void Rollout::is_protected(Time now) {
  protected_ = true;
  progress_at_ = now;
}

void Rollout::saw(const std::map<std::string, Traffic>& traffic, Time now) {
  look_asked_ = false;
  looked_at_ = now;
  look_problem_.clear();
  for (auto& work : works_) {
    const auto found = traffic.find(work.host.id);
    if (found != traffic.end() || settings_.balanced) work.traffic = found == traffic.end() ? Traffic{} : found->second;
  }
  for (auto& work : works_) {
    look_at_strays(work, now);
    if (work.at == At::draining && work.traffic.kind == Traffic::Kind::out)
      after_drain(work, now);
    else if (work.at == At::settling)
      look_at_settling(work, now);
    else if (work.at == At::done && !rolling_back_)
      look_at_done(work, now);
  }
}

/// A load balancer that was reloaded, or somebody's hand, puts a host back on which a release is being switched.
/// One that says so only after a while is no such: it has to be seen out once, or to stay in for long.
void Rollout::look_at_strays(Work& work, Time now) {
  const bool out = work.has_left && (work.at == At::draining || work.at == At::switching || work.at == At::quarantined);
  const bool serves = work.traffic.kind == Traffic::Kind::serving;
  work.seen_out = out && (work.seen_out || !serves);
  const bool believed = (work.seen_out || now - work.since >= late_word) && now >= work.stray_again_at;
  work.astray = settings_.told && out && serves && believed ? work.astray + 1 : 0;
  if (work.astray >= bad_looks && !std::exchange(work.stray, true)) {
    ++work.strays;
    note(work.host.id +
         " is in traffic again although it was taken out (a reload of the load balancer, or somebody's hand?): it is taken out once more");
  }
}

void Rollout::left_again(const std::string& host, Time now) {
  auto* work = find(host);
  if (!work) return;
  work->stray = work->stray_asked = false;
  work->astray = work->quiet = 0;
  changed_at_ = now;
  // It has connections anew. Not for ever: whoever puts it back again and again must not hold the deploy.
  if (work->at == At::draining && work->strays <= most_drains) work->since = now;
}

/// Good is who stays healthy: a release that falls over after a few seconds is not.
void Rollout::look_at_settling(Work& work, Time now) {
  if (work.traffic.kind != Traffic::Kind::serving) {
    if (work.good_since) note(work.host.id + " was healthy and is not any more: " + work.traffic.reason);
    work.good_since.reset();
    work.bad = work.traffic.kind == Traffic::Kind::unhealthy ? work.bad + 1 : 0;
    if (settings_.probed && work.bad >= bad_looks && !work.doubt)
      host_failed(work,
                  "the load balancer finds it unhealthy: " + (work.traffic.reason.empty() ? "it does not say why" : work.traffic.reason),
                  now);
    return;
  }
  work.bad = 0;
  if (!work.good_since) work.good_since = now;
  if (now - *work.good_since >= settings_.stability) move(work, At::verifying, now);
}

/// A host that was good and falls ill later is the release's fault, unless those with the release before fall ill as well.
void Rollout::look_at_done(Work& work, Time now) {
  using Kind = Traffic::Kind;
  const bool elsewhere = std::ranges::any_of(
      works_, [](const Work& other) { return other.at == At::waiting && other.host.serving && other.traffic.kind == Kind::unhealthy; });
  work.bad = work.traffic.kind == Kind::unhealthy && !elsewhere ? work.bad + 1 : 0;
  if (work.bad < bad_looks || work.doubt) return;
  host_failed(work, "it was good and is not any more: " + (work.traffic.reason.empty() ? "unhealthy" : work.traffic.reason), now);
}

void Rollout::left(const std::string& host, Time now) {
  auto* work = find(host);
  if (!work || work->at != At::leaving) return;
  work->has_left = true;
  note(work->host.id + " leaves traffic");
  work->traffic.kind = Traffic::Kind::draining;
  changed_at_ = now;
  move(*work, At::draining, now);
}

void Rollout::saw_connections(const std::string& host, int count, Time now, int looks) {
  auto* work = find(host);
  if (!work || work->at != At::draining) return;
  work->asked = false;
  work->connections_at = now;
  work->quiet = count == 0 ? work->quiet + looks : 0;
  if (work->astray == 0 && work->quiet >= quiet_looks && now - work->since >= drain_at_least) after_drain(*work, now);
}

void Rollout::after_drain(Work& work, Time now) { move(work, At::switching, now); }

void Rollout::switched(const std::string& host, const Switched& how, Time now) {
  auto* work = find(host);
  if (!work || work->at != At::switching) return;
  if (!how.ok) {
    if (work->back && how.nothing_to_go_back_to) return give_up(*work, "there is no earlier release on it", now);
    return host_failed(*work, how.reason, now);
  }
  work->switched = true;
  if (!work->back) work->before = work->host.release;
  work->host.release = work->back ? work->before : settings_.release;
  const bool watched = settings_.stability > Duration(0) && !work->back;
  move(*work, settings_.balanced ? At::joining : watched ? At::settling : At::verifying, now);
}

void Rollout::joined(const std::string& host, Time now) {
  auto* work = find(host);
  if (!work || work->at != At::joining) return;
  work->has_left = false;
  note(work->host.id + " is back in traffic");
  changed_at_ = now;
  move(*work, At::settling, now);
}

void Rollout::verified(const std::string& host, const std::string& problem, Time now) {
  auto* work = find(host);
  if (!work || work->at != At::verifying) return;
  if (!problem.empty()) return host_failed(*work, problem, now);
  if (!settings_.balanced) changed_at_ = now;
  note(work->host.id + (work->back ? " serves the release before again" : " serves " + short_release(settings_.release)));
  move(*work, work->back ? At::restored : At::done, now);
}

void Rollout::refused(Do what, const std::vector<std::string>& hosts, const std::string& why, Time now) {
  switch (what) {
    case Do::protect:
      protect_asked_ = false;
      stop(Outcome::failed, why, now);
      protected_ = true;  // nothing was begun: there is nothing to protect
      return;
    case Do::look:  // asked again until the deadline of progress
      look_asked_ = false;
      look_again_at_ = now + look_every;
      if (std::exchange(look_problem_, why) != why)
        note((settings_.balanced ? "the load balancer could not be asked: " : "the hosts could not be asked: ") + why);
      return;
    case Do::present: {
      std::set<std::string> all;
      for (const auto& work : works_)
        if (work.at != At::gone) all.insert(work.host.id);
      note("whether all hosts are still there could not be asked: " + why);
      return saw_present(all, now);
    }
    case Do::list:  // asked again until the deadline of progress
      list_asked_ = false;
      if (!unlisted_since_) note("the hosts could not be listed again: " + why);
      unlisted_since_ = unlisted_since_.value_or(now);
      list_at_ = now + late_look;
      progress_at_ = now;
      if (now - *unlisted_since_ < settings_.progress) return;
      final_ = true;
      unlisted_ = why;
      return;
    case Do::unprotect: {
      const auto text = "the auto-scaling groups could not be released again: " + why;
      note(text);
      if (verdict_) (verdict_->rollback.empty() ? verdict_->reason : verdict_->rollback) += "; " + text;
      unprotected_ = true;
      return;
    }
    case Do::leave_again:
      for (const auto& host : hosts) {
        note(host + " could not be taken out once more: " + why);
        left_again(host, now);
        if (auto* work = find(host)) work->stray_again_at = now + late_word;  // not as fast as it refuses
      }
      return;
    default: break;
  }
  for (const auto& host : hosts) {
    auto* work = find(host);
    if (!work || is_settled(work->at)) continue;
    work->asked = false;
    if (what == Do::connections) {
      work->connections_at = now;
    } else {
      host_failed(*work, why, now);
    }
  }
}

/// An instance is in service before its agent answers: worth a while. After that it is named, and nobody's failure.
bool Rollout::wait_for_late(const std::vector<Host>& hosts, Time now) {
  std::vector<const Host*> late;
  unasked_.clear();
  for (const auto& host : hosts) {
    if (host.reachable) continue;
    const auto* known = find(host.id);
    if (known == nullptr) late.push_back(&host);
    // It was good when it was asked: that it is silent now is no reason to touch it.
    if (known != nullptr && known->at == At::done && host.release.empty()) unasked_.insert(host.id);
  }
  if (late.empty() && unasked_.empty()) return false;
  if (!late_since_) {
    late_since_ = now;
    for (const auto* host : late) note(host->id + " came in the meantime and cannot be reached yet: " + host->unreachable_why);
    for (const auto& host : unasked_) note(host + " cannot be asked for its release at the moment");
  }
  progress_at_ = now;
  list_at_ = now + late_look;
  if (now - *late_since_ < late_for) return true;
  for (const auto* host : late) {
    Work work;
    work.host = *host;
    work.since = now;
    work.at = At::unreachable;
    work.failed = true;
    work.reason = host->unreachable_why;
    works_.push_back(std::move(work));
  }
  return false;
}

void Rollout::listed(const std::vector<Host>& hosts, Time now) {
  list_asked_ = false;
  progress_at_ = now;
  unlisted_since_.reset();
  const bool late = wait_for_late(hosts, now);
  if (!late) ++lists_;
  std::set<std::string> present;
  bool more = false;
  for (const auto& host : hosts) {
    present.insert(host.id);
    if (auto* work = find(host.id)) {
      if (work->at != At::done || host.release == settings_.release || unasked_.contains(host.id)) continue;
      if (++work->tries > 1) {
        host_failed(*work,
                    "it does not run " + short_release(settings_.release) + " after all, but " +
                        (host.release.empty() ? "an unknown release" : short_release(host.release)),
                    now);
      } else {
        note(host.id + " fell back to another release: it is done again");
        move(*work, At::waiting, now);
      }
      more = true;
      continue;
    }
    if (!host.reachable || host.release == settings_.release) continue;
    Work work;
    work.host = host;
    work.since = now;
    work.traffic.kind = host.serving ? Traffic::Kind::serving : Traffic::Kind::out;
    works_.push_back(std::move(work));
    note(host.id + " came in the meantime: it is brought up to date");
    more = true;
  }
  for (auto& work : works_)
    if (!present.contains(work.host.id) && is_settled(work.at)) has_gone(work, now);
  final_ = !late && (!more || lists_ >= most_lists);
}

void Rollout::is_unprotected(Time now) {
  unprotected_ = true;
  progress_at_ = now;
}

std::vector<std::string> Rollout::take_notes() { return std::exchange(notes_, {}); }

}  // namespace fairlead::deploy::ec2
