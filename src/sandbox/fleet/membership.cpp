// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbox/elb/elb.hpp"
#include "sandbox/fleet/refresh.hpp"
#include "sandbox/fleet/templates.hpp"

/// How an instance becomes a member of a group, and stops being one.
namespace fairlead::sandbox::fleet {

namespace {

/// The zone with the fewest of the group's instances, so that they take turns.
std::string next_zone(Context& c, const ScalingGroup& group) {
  const auto zones = zones_of(c, group);
  const auto members = members_of(c, group);
  return *std::ranges::min_element(zones, {}, [&](const std::string& zone) {
    return std::ranges::count_if(members, [&](const Instance* one) { return one->counts() && one->zone == zone; });
  });
}

Launch wanted(Context& c, const ScalingGroup& group) {
  Launch what;
  apply_configuration(c, what, launched_configuration(group));
  what.group = group.name;
  for (const auto& tag : member(group.fields, "Tags"))
    if (flag_of(tag, "PropagateAtLaunch")) set_tag(what.tags, tag);
  set_tag(what.tags, {{"Key", "aws:autoscaling:groupName"}, {"Value", group.name}});
  return what;
}

void enter_service(Context& c, ScalingGroup& group, Instance& instance) {
  instance.lifecycle = "InService";
  instance.in_service = c.now();
  end_activity(c, group, instance.activity);
  attach(c, group, instance);
  wake(c, group);
}

}  // namespace

std::vector<Instance*> members_of(Context& c, const ScalingGroup& group) {
  std::vector<Instance*> members;
  for (auto& [_, one] : c.region.instances)
    if (one.group == group.name && !one.lifecycle.empty()) members.push_back(&one);
  std::ranges::sort(members, {}, &Instance::serial);
  return members;
}

bool launch_member(Context& c, ScalingGroup& group, const std::string& cause) {
  const auto zone = next_zone(c, group), subnet = subnet_in(c, group, zone);
  try {
    auto what = wanted(c, group);
    what.zone = zone, what.subnet = subnet;
    Instance& made = launch(c, what);
    made.lifecycle = "Pending";
    made.is_protected = flag_of(group.fields, "NewInstancesProtectedFromScaleIn");
    made.activity = begin_activity(c, group, "Launching a new EC2 instance: " + made.id, cause, zone, subnet).id;
    note_launch(group, made.id);
    return true;
  } catch (const Refusal& refusal) {
    const auto message = refusal.message + ". Launching EC2 instance failed.";
    const auto id = begin_activity(c, group, "Launching a new EC2 instance.  Status Reason: " + message, cause, zone, subnet).id;
    end_activity(c, group, id, "Failed", message);
    return false;
  }
}

void dismiss(Context& c, ScalingGroup& group, Instance& instance, const std::string& cause) {
  end_activity(c, group, instance.activity, "Cancelled");
  instance.lifecycle = "Terminating";
  auto& activity = begin_activity(c, group, "Terminating EC2 instance: " + instance.id, cause, instance.zone, instance.subnet);
  instance.activity = activity.id;
  if (instance.state == "terminated") return left(c, instance);
  const auto drain = elb::drain_instance(c, instance.id, {});
  if (instance.ended()) return;
  if (!drain) return shut_down(c, instance);
  activity.description += " - Waiting For ELB Connection Draining.";
  activity.status = "WaitingForELBConnectionDraining";
  c.in(*drain, Timer::Kind::instance_drained, instance.id);
}

void ready(Context& c, Instance& instance) {
  ScalingGroup* group = find_group(c, instance.group);
  if (group != nullptr && instance.lifecycle == "Pending") enter_service(c, *group, instance);
}

void drained(Context& c, Instance& instance) {
  ScalingGroup* group = find_group(c, instance.group);
  if (group == nullptr || instance.lifecycle != "Terminating") return;
  if (Activity* activity = find_activity(*group, instance.activity); activity != nullptr && !activity->end) activity->status = "InProgress";
  shut_down(c, instance);
}

void left(Context& c, Instance& instance) {
  ScalingGroup* group = find_group(c, instance.group);
  if (group == nullptr || instance.lifecycle != "Terminating") return;
  end_activity(c, *group, instance.activity);
  instance.lifecycle.clear();
  wake(c, *group);
}

}  // namespace fairlead::sandbox::fleet
