// SPDX-License-Identifier: Apache-2.0
#include "sandbox/fleet/fleet.hpp"

/// Subnets and security groups, which exist when they are asked for.
namespace fairlead::sandbox::fleet {

namespace {

const std::string default_name = "subnet-sandbox-";

Json subnets(Context& c, const Json& params) {
  Json out = Json::array();
  for (const auto& id : texts_of(params, "SubnetId"))
    out.push_back({{"subnetId", id},
                   {"vpcId", "vpc-sandbox"},
                   {"state", "available"},
                   {"availabilityZone", zone_of_subnet(c, id)},
                   {"cidrBlock", "127.0.0.0/8"},
                   {"availableIpAddressCount", 62000}});
  return {{"subnetSet", out}};
}

Json security_groups(Context& c, const Json& params) {
  Json out = Json::array();
  for (const auto& id : texts_of(params, "GroupId"))
    out.push_back(
        {{"groupId", id}, {"groupName", id}, {"groupDescription", "sandbox"}, {"ownerId", c.region.account}, {"vpcId", "vpc-sandbox"}});
  return {{"securityGroupInfo", out}};
}

}  // namespace

std::string default_subnet(const std::string& zone) { return default_name + zone.back(); }

/// The zones take turns, in the order in which subnets are first named.
std::string zone_of_subnet(Context& c, const std::string& id) {
  if (id.starts_with(default_name)) return c.region.name + id.back();
  auto& known = c.region.things["subnet"];
  const auto letter = std::string(1, "abc"[known.size() % 3]);
  const auto [slot, _] = known.try_emplace(id, Json(c.region.name + letter));
  return slot->second.get<std::string>();
}

void add_network(Table& table) {
  table["ec2.DescribeSubnets"] = {subnets, false, {}};
  table["ec2.DescribeSecurityGroups"] = {security_groups, false, {}};
}

}  // namespace fairlead::sandbox::fleet
