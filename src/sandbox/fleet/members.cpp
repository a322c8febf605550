// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "sandbox/elb/elb.hpp"
#include "sandbox/fleet/refresh.hpp"

/// Members of Auto Scaling groups one by one.
namespace fairlead::sandbox::fleet {

namespace {

Instance& member_of(Context& c, const std::string& id) {
  Instance* found = find_instance(c, id);
  if (found == nullptr || found->group != c.key || found->lifecycle.empty())
    throw Refusal{"ValidationError", "The instance " + id + " is not part of Auto Scaling group " + c.key + "."};
  return *found;
}

std::string from_to(int from, int to) {
  return (to < from ? ", shrinking" : ", increasing") + std::string(" the capacity from ") + std::to_string(from) + " to " +
         std::to_string(to);
}

Json moved(Context& c, ScalingGroup& group, Instance& one, const std::string& what, const std::string& cause) {
  const auto id = begin_activity(c, group, what + one.id, cause, one.zone, one.subnet).id;
  end_activity(c, group, id);
  return activity_view(c, group, *find_activity(group, id));
}

Json enter_standby(Context& c, const Json& params) {
  ScalingGroup& group = need_group(c, params);
  const auto ids = texts_of(params, "InstanceIds");
  const bool lower = flag_of(params, "ShouldDecrementDesiredCapacity");
  const auto least = static_cast<int>(number_of(group.fields, "MinSize"));
  if (lower && desired_of(group) - static_cast<int>(ids.size()) < least)
    throw Refusal{"ValidationError", "AutoScalingGroup " + group.name + " has min-size=" + std::to_string(least) +
                                         ", max-size=" + std::to_string(number_of(group.fields, "MaxSize")) +
                                         ", and desired-size=" + std::to_string(desired_of(group)) + ". To place into standby " +
                                         std::to_string(ids.size()) + " instance, please update the AutoScalingGroup sizes appropriately."};
  Json activities = Json::array();
  for (const auto& id : ids) {
    Instance& one = member_of(c, id);
    if (!one.serves()) throw Refusal{"ValidationError", "The instance " + id + " is not in InService or EnteringStandby."};
    const auto before = desired_of(group);
    if (lower) group.fields["DesiredCapacity"] = before - 1;
    one.lifecycle = "Standby";
    elb::drain_instance(c, id, {});
    activities.push_back(moved(c, group, one, "Moving EC2 instance to Standby: ",
                               at_now(c) + "instance " + id + " was moved to standby in response to a user request" +
                                   (lower ? from_to(before, before - 1) : "") + "."));
  }
  c.effect = "standby " + join(ids, " ");
  wake(c, group);
  return {{"Activities", activities}};
}

Json exit_standby(Context& c, const Json& params) {
  ScalingGroup& group = need_group(c, params);
  Json activities = Json::array();
  const auto ids = texts_of(params, "InstanceIds");
  for (const auto& id : ids) {
    Instance& one = member_of(c, id);
    if (one.lifecycle != "Standby") throw Refusal{"ValidationError", "The instance " + id + " is not in Standby."};
    const auto before = desired_of(group);
    group.fields["DesiredCapacity"] = before + 1;
    one.lifecycle = "InService";
    one.in_service = c.now();
    attach(c, group, one);
    activities.push_back(moved(
        c, group, one, "Moving EC2 instance out of Standby: ",
        at_now(c) + "instance " + id + " was moved out of standby in response to a user request" + from_to(before, before + 1) + "."));
  }
  c.effect = "in service " + join(ids, " ");
  wake(c, group);
  return {{"Activities", activities}};
}

Json protect(Context& c, const Json& params) {
  ScalingGroup& group = need_group(c, params);
  const auto ids = texts_of(params, "InstanceIds");
  for (const auto& id : ids) member_of(c, id);  // one that is not there refuses the whole call
  for (const auto& id : ids) member_of(c, id).is_protected = flag_of(params, "ProtectedFromScaleIn");
  c.effect = "protection";
  wake(c, group);
  return Json::object();
}

Json terminate(Context& c, const Json& params) {
  Instance* one = find_instance(c, text_at(params, "InstanceId"));
  ScalingGroup* group = one == nullptr || one->lifecycle.empty() ? nullptr : find_group(c, one->group);
  if (group == nullptr)
    throw Refusal{"ValidationError", "Instance Id not found - No managed instance found for instance ID: " + text_at(params, "InstanceId")};
  const auto before = desired_of(*group);
  const bool lower = flag_of(params, "ShouldDecrementDesiredCapacity");
  if (lower && before <= number_of(group->fields, "MinSize"))
    throw Refusal{"ValidationError", "Currently, desiredSize equals minSize (" + std::to_string(before) +
                                         "). Terminating instance without replacement will violate group's min size constraint. Either "
                                         "set shouldDecrementDesiredCapacity flag to false or lower group's min size."};
  c.key = group->name;
  if (one->lifecycle != "Terminating") {
    if (lower) group->fields["DesiredCapacity"] = before - 1;
    dismiss(c, *group, *one,
            at_now(c) + "instance " + one->id + " was taken out of service in response to a user request" +
                (lower ? from_to(before, before - 1) : "") + ".");
    c.effect = one->id;
  }
  wake(c, *group);
  return {{"Activity", activity_view(c, *group, *find_activity(*group, one->activity))}};
}

}  // namespace

void add_members(Table& table) {
  table["autoscaling.EnterStandby"] = {enter_standby, true, {}};
  table["autoscaling.ExitStandby"] = {exit_standby, true, {}};
  table["autoscaling.SetInstanceProtection"] = {protect, true, {}};
  table["autoscaling.TerminateInstanceInAutoScalingGroup"] = {terminate, true, {}};
}

}  // namespace fairlead::sandbox::fleet

namespace fairlead::sandbox {

void add_fleet(Table& table) {
  fleet::add_instances(table);
  fleet::add_network(table);
  fleet::add_images(table);
  fleet::add_templates(table);
  fleet::add_groups(table);
  fleet::add_group_views(table);
  fleet::add_members(table);
  fleet::add_attachments(table);
  fleet::add_activities(table);
  fleet::add_refreshes(table);
}

}  // namespace fairlead::sandbox
