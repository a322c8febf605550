// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sandbox/context.hpp"

/// EC2 and Auto Scaling: instances with an address of their own, and groups that keep their number.
namespace fairlead::sandbox::fleet {

/// What an instance is made of.
struct Launch {
  std::string image, type, zone, subnet, group;
  std::string user_data;  ///< decoded
  Json tags = Json::array(), launch_template;
};

// life.cpp
/// Refusal when the launch fails.
Instance& launch(Context&, Launch);
void user_data_ended(Context&, const std::string& id);
/// Shuts it down: what runs on it is asked to end, and killed when it is gone.
void shut_down(Context&, Instance&);
void on_timer(Context&, const Timer&);
/// Nothing when there is none. The second finds by private address.
Instance* find_instance(Context&, const std::string& id);
Instance* instance_at(Context&, const std::string& address);

// instances.cpp
/// Refusal: InvalidInstanceID.NotFound.
Instance& need_instance(Context&, const std::string& id);
void set_tag(Json& tags, const Json& tag);
void add_instances(Table&);

// images.cpp
/// The image that is meant: also of "resolve:ssm:/parameter", or any. Refusal.
std::string image_of(Context&, const std::string& given);
/// Refusal, usually InvalidAMIID.NotFound, when a fault lets the launch fail.
void check_launch(Context&, const Launch&);
void add_images(Table&);

// templates.cpp
void add_templates(Table&);

// network.cpp
std::string zone_of_subnet(Context&, const std::string& id);
std::string default_subnet(const std::string& zone);
void add_network(Table&);

// groups.cpp, group_view.cpp
ScalingGroup* find_group(Context&, const std::string& name);
/// Refusal: ValidationError.
ScalingGroup& need_group(Context&, const Json& params);
int desired_of(const ScalingGroup&);
std::vector<std::string> zones_of(Context&, const ScalingGroup&);
std::string subnet_in(Context&, const ScalingGroup&, const std::string& zone);
std::string group_arn(Context&, const ScalingGroup&);
Json member_view(const Instance&);
void add_groups(Table&);
void add_group_views(Table&);

// membership.cpp
/// Members, the longest in the group first.
std::vector<Instance*> members_of(Context&, const ScalingGroup&);
/// False when the launch failed.
bool launch_member(Context&, ScalingGroup&, const std::string& cause);
/// Takes a member out of traffic, then shuts it down.
void dismiss(Context&, ScalingGroup&, Instance&, const std::string& cause);
/// Of members, and of instances that are in no group.
void ready(Context&, Instance&);
void drained(Context&, Instance&);
void left(Context&, Instance&);

// capacity.cpp
/// One look of the group: notices, replaces, launches, terminates. Plans the next one when something is due.
void look(Context&, ScalingGroup&);
void look_at(Context&, ScalingGroup&, Time);
/// A look soon, because something changed.
void wake(Context&, ScalingGroup&);
/// Whether its health check is also the balancer's.
bool asks_balancer(const ScalingGroup&);
/// An instance ended, or its health at a target group changed.
void instance_changed(Context&, const std::string& id);

// members.cpp, attachments.cpp
void add_members(Table&);
/// Target groups or traffic sources of the parameters, with the members that are in service. Refusal: ValidationError.
void attach_groups(Context&, ScalingGroup&, const Json& params);
/// Registers at the target groups of its group.
void attach(Context&, const ScalingGroup&, const Instance&);
void add_attachments(Table&);

// activities.cpp
/// "At 2026-11-20T03:00:00Z ", as every cause begins.
std::string at_now(Context&);
Activity& begin_activity(Context&, ScalingGroup&, const std::string& description, const std::string& cause, const std::string& zone,
                         const std::string& subnet);
void end_activity(Context&, ScalingGroup&, const std::string& id, const std::string& status = "Successful",
                  const std::string& message = {});
Activity* find_activity(ScalingGroup&, const std::string& id);
Json activity_view(Context&, const ScalingGroup&, const Activity&);
void add_activities(Table&);

}  // namespace fairlead::sandbox::fleet
