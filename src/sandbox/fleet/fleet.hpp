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
  Json tags = Json::array();
};

// life.cpp
Instance& launch(Context&, Launch);
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

// network.cpp
std::string zone_of_subnet(Context&, const std::string& id);
std::string default_subnet(const std::string& zone);
void add_network(Table&);

// groups.cpp, members.cpp
/// Refusal: ValidationError.
Json& need_group(Context&, const Json& params);
std::vector<std::string> zones_of(Context&, const Json& group);
/// Members, the longest in the group first.
std::vector<Instance*> members_of(Context&, const std::string& group);
/// An instance of the group has been terminated, by whomever.
void left(Context&, Instance&);
void booted(Context&, Instance&);
void add_groups(Table&);
void add_members(Table&);

}  // namespace fairlead::sandbox::fleet
