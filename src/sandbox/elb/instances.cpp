// SPDX-License-Identifier: Apache-2.0
#include "sandbox/elb/elb.hpp"

/// Instances as targets.
namespace fairlead::sandbox::elb {

void add_instance(Context& c, const std::string& arn, const Instance& instance) {
  const auto found = c.region.groups.find(arn);
  if (found == c.region.groups.end()) return;
  Target target;
  target.id = text_at(found->second.view, "TargetType") == "ip" ? instance.address : instance.id;
  target.port = static_cast<int>(number_of(found->second.view, "Port"));
  target.instance = instance.id;
  target.host = instance.address;
  target.zone = instance.zone;
  add_target(c, arn, target);
}

std::optional<Duration> drain_instance(Context& c, const std::string& instance, const std::string& only) {
  std::optional<Duration> longest;
  for (auto& [arn, group] : c.region.groups) {
    if (!only.empty() && arn != only) continue;
    std::vector<std::string> keys;
    for (const auto& [key, target] : group.targets)
      if (target.instance == instance) keys.push_back(key);
    for (const auto& key : keys) {
      drain_target(c, arn, key);
      if (group.targets.contains(key)) longest = std::max(longest.value_or(Duration{}), drain_delay(group));
    }
  }
  return longest;
}

std::set<std::string> states_at(Context& c, const std::string& instance, const std::vector<std::string>& groups) {
  std::set<std::string> states;
  for (const auto& arn : groups) {
    const auto group = c.region.groups.find(arn);
    if (group == c.region.groups.end()) continue;
    bool any = false;
    for (const auto& [_, target] : group->second.targets) {
      if (target.instance != instance) continue;
      states.insert(target.state);
      any = true;
    }
    if (!any) states.insert("absent");
  }
  return states;
}

}  // namespace fairlead::sandbox::elb
