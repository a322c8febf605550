// SPDX-License-Identifier: Apache-2.0
#include "deploy/ec2/fleet.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ec2 {

namespace {

int rank(const Host& host, const std::string& release) {
  if (!release.empty() && host.release == release) return 3;
  if (!host.serving) return 0;
  return host.release.empty() ? 1 : 2;
}

std::map<std::string, std::vector<Host>> by_zone(const std::vector<Host>& hosts) {
  std::map<std::string, std::vector<Host>> zones;
  for (const auto& host : hosts) zones[host.zone].push_back(host);
  return zones;
}

/// Takes one of each zone in turn.
std::vector<Host> spread(const std::vector<Host>& hosts) {
  const auto zones = by_zone(hosts);
  std::vector<Host> mixed;
  for (std::size_t turn = 0; mixed.size() < hosts.size(); ++turn)
    for (const auto& [zone, members] : zones)
      if (turn < members.size()) mixed.push_back(members[turn]);
  return mixed;
}

std::string impossible_here(const Pace& pace, const std::vector<Host>& hosts, const std::string& where) {
  const int total = static_cast<int>(hosts.size());
  const int must = needed(pace, total);
  const int serving = static_cast<int>(std::ranges::count_if(hosts, &Host::serving));
  // Who does not serve costs no capacity: it is done first, and may serve then.
  const int able = static_cast<int>(std::ranges::count_if(hosts, [](const Host& host) { return host.serving || host.reachable; }));
  if (serving == 0 || must < able) return {};
  const auto rule = rule_text(pace, total, where);
  if (able < total) return rule + ", but only " + std::to_string(able) + " can be reached or serve: none of them may leave";
  return rule + (serving == total ? ", and " + std::to_string(serving) + " serve" : "") + ": none may ever leave";
}

}  // namespace

void leave_out(Host& host, std::string why, bool balanced) {
  host.reachable = false;
  host.unreachable_why = std::move(why);
  if (!balanced) host.serving = false;
}

int Share::at_least(int total) const { return percent ? (total * value + 99) / 100 : std::min(value, total); }
int Share::at_most(int total) const { return percent ? total * value / 100 : std::min(value, total); }

std::optional<Share> parse_share(std::string_view text) {
  Share share;
  if (text.ends_with('%')) {
    share.percent = true;
    text.remove_suffix(1);
  }
  const auto value = parse_int(text);
  if (!value || *value < 0 || *value > (share.percent ? 100 : 1'000'000)) return std::nullopt;
  share.value = static_cast<int>(*value);
  return share;
}

std::string to_string(const Share& share) { return std::to_string(share.value) + (share.percent ? "%" : ""); }

std::vector<Host> in_order(std::vector<Host> hosts, const std::string& release, bool zonal) {
  std::ranges::sort(hosts, {}, [](const Host& host) { return std::tie(host.zone, host.id); });
  std::vector<Host> ordered;
  const auto add_ranks = [&](const std::vector<Host>& some) {
    for (int wanted = 0; wanted <= 3; ++wanted) {
      std::vector<Host> same;
      std::ranges::copy_if(some, std::back_inserter(same), [&](const Host& host) { return rank(host, release) == wanted; });
      std::ranges::copy(spread(same), std::back_inserter(ordered));
    }
  };
  if (!zonal) {
    add_ranks(hosts);
  } else {
    for (const auto& [zone, members] : by_zone(hosts)) add_ranks(members);
  }
  return ordered;
}

int needed(const Pace& pace, int hosts) {
  const int all_but_one = std::max(hosts - 1, 0);
  if (pace.one_out) return all_but_one;
  const int must = pace.min_healthy.at_least(hosts);
  return pace.unsaid ? std::min(must, all_but_one) : must;
}

std::string rule_text(const Pace& pace, int hosts, const std::string& where) {
  const auto of = " of " + std::to_string(hosts) + (hosts == 1 ? " host" : " hosts") + where + " is ";
  if (pace.one_out) return "OneAtATime" + of + std::to_string(needed(pace, hosts));
  const int must = pace.min_healthy.at_least(hosts);
  const auto rule = "min-healthy " + to_string(pace.min_healthy) + of + std::to_string(must);
  if (needed(pace, hosts) == must) return rule;
  return rule + " (the default; one may leave all the same: " + std::to_string(needed(pace, hosts)) + ")";
}

int borne(const Pace& pace, int hosts) { return std::min(pace.max_failures.at_most(hosts), std::max(hosts - 1, 0)); }

std::string impossible(const Pace& pace, const std::vector<Host>& hosts) {
  if (!pace.zonal) {
    const auto why = impossible_here(pace, hosts, "");
    return why.empty() ? why : why + "; lower min-healthy, or add a host";
  }
  for (const auto& [zone, members] : by_zone(hosts))
    if (const auto why = impossible_here(pace, members, " in zone " + (zone.empty() ? std::string("unknown") : zone)); !why.empty())
      return why + "; lower min-healthy, or add a host there";
  return {};
}

std::vector<int> batches(const Pace& pace, int hosts, int serving) {
  std::vector<int> sizes;
  const int free = std::max(serving - needed(pace, hosts), 0) + (hosts - serving);
  const int most = std::max(1, std::min(free, pace.batch ? std::max(pace.batch->at_most(hosts), 1) : hosts));
  int width = pace.canary && hosts > 1 ? 1 : most;
  for (int left = hosts; left > 0; width = std::min(width * 2, most)) {
    sizes.push_back(std::min(width, left));
    left -= sizes.back();
  }
  return sizes;
}

}  // namespace fairlead::deploy::ec2
