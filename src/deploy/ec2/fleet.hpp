// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/base/time.hpp"

/// Hosts, and the arithmetic of how many may be out of traffic. Pure.
namespace fairlead::deploy::ec2 {

/// How a release is called to people.
inline std::string short_release(const std::string& release) { return release.substr(0, 12); }

/// "3" or "75%".
struct Share {
  int value = 0;
  bool percent = false;
  /// Of `total`; percentages of what must stay are rounded up, of what may go down.
  int at_least(int total) const;
  int at_most(int total) const;
};
/// nullopt when it is neither a count nor a percentage of 0 … 100.
std::optional<Share> parse_share(std::string_view);
std::string to_string(const Share&);

/// One host as the inventory found it.
struct Host {
  std::string id;       ///< instance id, or the host as listed
  std::string address;  ///< for people and ssh
  std::string zone;     ///< empty: unknown
  std::string group;    ///< auto-scaling group; empty: none
  bool reachable = true;
  std::string unreachable_why;
  std::string release;  ///< that `current` points to: SHA-256; empty: unknown, or none of ours
  bool has_release = false;  ///< the wanted one is on its disk, ready to be activated
  bool serving = true;  ///< healthy in every load balancer; without one: reachable
};

/// It is not deployed to. Without a load balancer it counts as one that does not serve, as one does that cannot be reached.
void leave_out(Host&, std::string why, bool balanced);

/// How a fleet is walked through.
struct Pace {
  Share min_healthy{75, true};
  std::optional<Share> batch;   ///< hosts at once; nullopt: as many as min-healthy allows
  Share max_failures{10, true};
  bool one_out = false;         ///< instead of min_healthy: at most one host does not serve
  bool unsaid = false;          ///< nobody wrote min_healthy: of a small fleet, one host may always leave
  bool canary = true;           ///< one host first, then 2, 4, …
  bool zonal = false;           ///< min_healthy holds in every zone, and one zone is done before the next
};

/// The hosts in the order in which they are done: those that do not serve (they cost no capacity), then those without a known release,
/// then the rest; spread over the zones, or zone by zone when zonal. Hosts that run `release` already come last.
std::vector<Host> in_order(std::vector<Host>, const std::string& release, bool zonal);

/// Hosts that must serve at any moment: of the whole fleet, or of a zone.
int needed(const Pace&, int hosts);
/// "min-healthy 75% of 10 hosts is 8": the rule of `needed` in words.
std::string rule_text(const Pace&, int hosts, const std::string& where = {});
/// How many failed hosts are borne before the fleet is rolled back: 0 while the canary is out.
int borne(const Pace&, int hosts);

/// Why this can never be done, with the arithmetic; empty: it can.
std::string impossible(const Pace&, const std::vector<Host>&);

/// Sizes of the batches if all goes well: {1, 2, 4, …}.
std::vector<int> batches(const Pace&, int hosts, int serving);

}  // namespace fairlead::deploy::ec2
