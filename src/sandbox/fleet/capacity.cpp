// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbox/elb/elb.hpp"
#include "sandbox/fleet/refresh.hpp"

/// A group keeps its number of healthy members.
namespace fairlead::sandbox::fleet {

namespace {

constexpr auto between_failed_launches = std::chrono::minutes(1);

std::int64_t live(Context& c, const ScalingGroup& group) {
  return std::ranges::count_if(members_of(c, group), [](const Instance* one) { return one->counts(); });
}

void replace(Context& c, ScalingGroup& group, Instance& instance, const std::string& why) {
  instance.unhealthy = true;
  if (!group.does("ReplaceUnhealthy") || !group.does("Terminate")) return;
  if (instance.counts()) ++group.replacing;
  dismiss(c, group, instance, at_now(c) + "an instance was taken out of service in response to " + why);
}

Time grace_end(Context& c, const ScalingGroup& group, const Instance& instance) {
  const auto grace = std::chrono::seconds(number_of(group.fields, "HealthCheckGracePeriod"));
  return instance.in_service.value_or(c.now()) + c.world.times.scaled(grace);
}

void check_health(Context& c, ScalingGroup& group) {
  if (!group.does("HealthCheck")) return;
  for (Instance* one : members_of(c, group)) {
    if (one->lifecycle == "Terminating") continue;
    if (one->ended()) {
      replace(c, group, *one, "an EC2 health check indicating it has been terminated or stopped.");
    } else if (one->serves() && asks_balancer(group) && elb::states_at(c, one->id, group.target_groups).contains("unhealthy")) {
      if (const auto end = grace_end(c, group, *one); end > c.now())
        look_at(c, group, end);
      else
        replace(c, group, *one, "an ELB system health check failure.");
    }
  }
}

std::string from_to(std::int64_t from, std::int64_t to) {
  return " the capacity from " + std::to_string(from) + " to " + std::to_string(to) + ".";
}

std::string cause_of_launch(Context& c, ScalingGroup& group, std::int64_t from, std::int64_t to) {
  if (group.replacing > 0) {
    --group.replacing;
    return at_now(c) + "an instance was launched in response to an unhealthy instance needing to be replaced.";
  }
  if (group.request.empty() && active_refresh(group) != nullptr)
    return at_now(c) + "an instance was launched in response to an instance refresh.";
  return group.request + at_now(c) + "an instance was started in response to a difference between desired and actual capacity, increasing" +
         from_to(from, to);
}

void scale_out(Context& c, ScalingGroup& group, std::int64_t wanted) {
  if (!group.does("Launch") || (group.retry_at && c.now() < *group.retry_at)) return;
  group.retry_at.reset();
  const auto from = live(c, group);
  for (auto count = from; count < wanted; ++count) {
    if (launch_member(c, group, cause_of_launch(c, group, from, wanted))) continue;
    group.retry_at = c.now() + c.world.times.scaled(between_failed_launches);
    look_at(c, group, *group.retry_at);
    return;
  }
  group.replacing = 0;
}

/// Of the zone that has the most, the oldest.
Instance* to_spare(Context& c, const ScalingGroup& group) {
  std::vector<Instance*> some;
  std::map<std::string, int> zones;
  for (Instance* one : members_of(c, group)) {
    if (one->serves()) ++zones[one->zone];
    if (one->serves() && !one->is_protected) some.push_back(one);
  }
  const auto chosen = std::ranges::max_element(some, {}, [&](const Instance* one) { return zones[one->zone]; });
  return chosen == some.end() ? nullptr : *chosen;
}

void scale_in(Context& c, ScalingGroup& group, std::int64_t wanted) {
  if (!group.does("Terminate")) return;
  const auto from = live(c, group);
  for (auto count = from; count > wanted; --count) {
    Instance* spare = to_spare(c, group);
    if (spare == nullptr) return;
    dismiss(c, group, *spare,
            group.request + at_now(c) +
                "an instance was taken out of service in response to a difference between desired and actual capacity, shrinking" +
                from_to(from, wanted) + "  " + at_now(c) + "instance " + spare->id + " was selected for termination.");
  }
}

}  // namespace

void look_at(Context& c, ScalingGroup& group, Time at) {
  if (group.look_at && *group.look_at <= at) return;
  group.look_at = at;
  c.world.timers.emplace(at, Timer{Timer::Kind::group_look, c.place(), group.name, {}, 0});
}

bool asks_balancer(const ScalingGroup& group) { return text_at(group.fields, "HealthCheckType").find("ELB") != std::string::npos; }

void wake(Context& c, ScalingGroup& group) { look_at(c, group, c.now() + c.world.times.scaled(c.world.times.react)); }

void look(Context& c, ScalingGroup& group) {
  group.look_at.reset();
  if (group.deleting && members_of(c, group).empty()) {
    c.region.scaling_groups.erase(group.name);
    return;
  }
  check_health(c, group);
  const int wanted = take_turn(c, group);
  scale_out(c, group, wanted);
  scale_in(c, group, wanted);
  group.request.clear();
}

void instance_changed(Context& c, const std::string& id) {
  const Instance* instance = find_instance(c, id);
  ScalingGroup* group = instance == nullptr || instance->lifecycle.empty() ? nullptr : find_group(c, instance->group);
  if (group != nullptr) wake(c, *group);
}

}  // namespace fairlead::sandbox::fleet
