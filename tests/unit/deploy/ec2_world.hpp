// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "deploy/ec2/rollout.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::deploy::ec2::test {

using std::chrono::seconds;

inline constexpr Time start{std::chrono::hours(24 * 365 * 50)};

inline Settings half() {
  Settings settings;
  settings.pace.min_healthy = {50, true};
  return settings;
}

/// Hosts behind a load balancer that answer what a machine asks, at once or after a while.
class Fleet {
 public:
  Fleet(int count, Settings settings, unsigned seed = 1) : settings_(std::move(settings)), random_(seed) {
    for (int i = 0; i < count; ++i) {
      Host host;
      host.id = "h" + std::to_string(i);
      host.zone = i % 3 == 0 ? "a" : "b";
      host.release = "old";
      worlds_[host.id] = {};
      hosts_.push_back(host);
    }
  }

  struct World {
    bool registered = true, alive = true;
    std::string release = "old";
    Time healthy_at = start, switched_at = start, ill_at = Time::max();
    int connections = 0;
  };
  std::set<std::string> switch_fails, never_healthy, cannot_go_back, verify_fails, hangs;
  std::vector<std::string> log;
  int lowest = 1'000'000;
  int restarts = 0;
  double restart_chance = 0;
  bool balanced = true;
  Time cancel_at{};
  std::string people = "continue";                         ///< at checkpoints; empty: nobody answers
  std::vector<std::pair<std::string, std::size_t>> asked;  ///< the text, and how many hosts ran the new release
  std::map<std::string, std::chrono::seconds> falls_ill;   ///< so long after it was healthy on the new release
  std::map<std::string, Time> leaves;                      ///< is taken away then

  bool serves(const World& world, Time now) const {
    return world.alive && world.registered && now >= world.healthy_at && now < world.ill_at;
  }
  std::size_t updated() const {
    return static_cast<std::size_t>(std::ranges::count_if(worlds_, [](const auto& one) { return one.second.release == "new"; }));
  }
  int serving(Time now) const {
    return static_cast<int>(std::ranges::count_if(worlds_, [&](const auto& one) { return serves(one.second, now); }));
  }
  World& world(const std::string& id) { return worlds_.at(id); }
  std::vector<Host>& hosts() { return hosts_; }
  std::map<std::string, World>& worlds() { return worlds_; }

  Verdict run() {
    settings_.balanced = balanced;
    settings_.release = "new";
    machine_.emplace(settings_, hosts_, start);
    const auto limit = start + std::chrono::hours(20);
    for (now_ = start; now_ < limit; now_ += seconds(1)) {
      lowest = std::min(lowest, serving(now_));
      if (chance() < restart_chance) restart();
      for (const auto& [id, at] : leaves)
        if (now_ >= at) worlds_.at(id).alive = false;
      reload_once();
      if (machine_->asked()) ask();
      if (now_ == cancel_at) machine_->cancel("user:lead canceled it", now_);
      answer_due();
      for (const auto& command : machine_->next(now_)) {
        if (command.what == Do::finish) return *machine_->verdict();
        if (command.what != Do::wait) queue(command);
      }
    }
    ADD_FAILURE() << "it never ended: " << dump(machine_->memory());
    return {};
  }
  const Rollout& machine() const { return *machine_; }
  Time now() const { return now_; }
  Time blind_until{};  ///< the load balancer does not answer
  Time late_reachable_at{};
  std::set<std::string> silent_at_the_end;  ///< cannot be asked when the hosts are listed again
  Time unlisted_until{};                    ///< the hosts cannot be listed
  bool never_quiet = false;                 ///< connections stay until they are cut
  bool stays_suspended = false;
  std::set<std::string> late_hosts;  ///< come when the hosts are listed again
  std::optional<At> reload_when;     ///< as soon as a host is there, the load balancer forgets who has left
  seconds switch_takes{0};

 private:
  struct Pending {
    Command command;
    Time at{};
  };

  void ask() {
    const std::pair<std::string, std::size_t> question{machine_->asked()->text, updated()};
    if (asked.empty() || asked.back() != question) {
      asked.push_back(question);
    } else if (!people.empty()) {
      machine_->answered(people, "user:lead", now_);
    }
  }

  void reload_once() {
    if (!reload_when) return;
    // Who switches has been seen out of traffic by then; who drains has not.
    const auto after = *reload_when == At::draining ? seconds(1) : seconds(4);
    const bool due =
        std::ranges::any_of(machine_->rows(), [&](const auto& row) { return row.at == *reload_when && now_ - row.since >= after; });
    if (!due) return;
    for (auto& [id, world] : worlds_) world.registered = true;
    reload_when.reset();
  }

  double chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }

  void queue(const Command& command) {
    log.push_back(std::string(to_string(command.what)) + (command.hosts.empty() ? "" : " " + command.hosts.front()));
    const auto delay = command.what == Do::look ? 0 : static_cast<int>(chance() * 4);
    const auto more = command.what == Do::switch_over ? switch_takes : seconds(0);
    pending_.push_back({command, now_ + seconds(delay) + more});
  }

  /// What was on its way is lost; what the world did is not. Effects are in a journal and are asked for again.
  void restart() {
    ++restarts;
    pending_.clear();
    const auto memory = machine_->memory();
    machine_.emplace(settings_, hosts_, start);
    machine_->recall(memory, now_);
  }

  void answer_due() {
    const auto all = std::exchange(pending_, {});
    for (const auto& one : all) {
      if (one.at > now_)
        pending_.push_back(one);
      else
        answer(one.command);
    }
  }

  std::map<std::string, Traffic> traffic() const {
    std::map<std::string, Traffic> map;
    for (const auto& [id, world] : worlds_) {
      using Kind = Traffic::Kind;
      map[id] = !world.registered     ? Traffic{.kind = Kind::out, .reason = {}}
                : serves(world, now_) ? Traffic{.kind = Kind::serving, .reason = {}}
                                      : Traffic{.kind = Kind::unhealthy, .reason = "Health checks failed with these codes: [502]"};
    }
    return map;
  }

  void answer(const Command& command) {
    const auto host = command.hosts.empty() ? std::string() : command.hosts.front();
    switch (command.what) {
      case Do::protect: return machine_->is_protected(now_);
      case Do::unprotect:
        if (stays_suspended) return machine_->refused(command.what, {}, "AccessDenied", now_);
        return machine_->is_unprotected(now_);
      case Do::look:
        if (now_ < blind_until) return machine_->refused(command.what, {}, "the socket is away", now_);
        return machine_->saw(traffic(), now_);
      case Do::leave:
        world(host).registered = false;
        world(host).connections = static_cast<int>(chance() * 10);
        return machine_->left(host, now_);
      case Do::leave_again: world(host).registered = false; return machine_->left_again(host, now_);
      case Do::connections:
        world(host).connections = never_quiet ? 1 : std::max(world(host).connections - 3, 0);
        return machine_->saw_connections(host, world(host).connections, now_);
      case Do::present: {
        std::set<std::string> ids;
        for (const auto& [id, world] : worlds_)
          if (world.alive) ids.insert(id);
        return machine_->saw_present(ids, now_);
      }
      case Do::switch_over:
        if (!world(host).alive) return machine_->refused(command.what, {host}, "it cannot be reached", now_);
        EXPECT_TRUE(!balanced || !world(host).registered) << host << " was switched in traffic";
        if (hangs.contains(host)) return;
        world(host).switched_at = now_;
        if (switch_fails.contains(host)) return machine_->switched(host, {.ok = false, .reason = "AfterInstall ended with 1"}, now_);
        world(host).release = "new";
        if (const auto ill = falls_ill.find(host); !balanced && ill != falls_ill.end()) world(host).ill_at = now_ + ill->second;
        return machine_->switched(host, {.ok = true, .reason = {}}, now_);
      case Do::switch_back:
        EXPECT_TRUE(!balanced || !world(host).registered) << host << " was switched back in traffic";
        if (cannot_go_back.contains(host)) return machine_->switched(host, {.ok = false, .reason = "disk full"}, now_);
        world(host).release = "old";
        if (!balanced) world(host).ill_at = Time::max();
        return machine_->switched(host, {.ok = true, .reason = {}}, now_);
      case Do::join:
        world(host).registered = true;
        world(host).ill_at = Time::max();
        if (const auto ill = falls_ill.find(host); ill != falls_ill.end() && world(host).release == "new")
          world(host).ill_at = now_ + seconds(10) + ill->second;
        world(host).healthy_at =
            never_healthy.contains(host) && world(host).release == "new" ? start + std::chrono::hours(1000) : now_ + seconds(10);
        return machine_->joined(host, now_);
      case Do::verify:
        return machine_->verified(host, verify_fails.contains(host) && world(host).release == "new" ? "version says old" : "", now_);
      case Do::list: {
        if (now_ < unlisted_until) return machine_->refused(command.what, {}, "Service Unavailable", now_);
        auto list = hosts_;
        if (settings_.dynamic) std::erase_if(list, [this](const Host& one) { return !world(one.id).alive; });
        for (auto& one : list) {
          one.reachable = !silent_at_the_end.contains(one.id);
          one.release = one.reachable ? world(one.id).release : "";
        }
        for (const auto& id : late_hosts) {
          Host late;
          late.id = id;
          late.release = "old";
          late.reachable = now_ >= late_reachable_at;
          worlds_.try_emplace(id);
          late.release = world(id).release;
          list.push_back(late);
        }
        return machine_->listed(list, now_);
      }
      default: return;
    }
  }

  Settings settings_;
  std::mt19937 random_;
  std::vector<Host> hosts_;
  std::map<std::string, World> worlds_;
  std::vector<Pending> pending_;
  std::optional<Rollout> machine_;
  Time now_ = start;
};

}  // namespace fairlead::deploy::ec2::test
