// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbox/elb/elb.hpp"
#include "sandbox/fleet/fleet.hpp"

namespace fairlead::sandbox::elb {

namespace {

int port_of(const TargetGroup& group, const Json& target) {
  return static_cast<int>(number_of(target, "Port", number_of(group.view, "Port")));
}

Json health_of(const TargetGroup& group, const Target& target) {
  Json health{{"State", target.state}};
  if (!target.reason.empty()) health["Reason"] = target.reason;
  if (!target.description.empty()) health["Description"] = target.description;
  const auto check = text_at(group.view, "HealthCheckPort", "traffic-port");
  return {{"Target", {{"Id", target.id}, {"Port", target.port}, {"AvailabilityZone", target.zone}}},
          {"HealthCheckPort", check == "traffic-port" ? std::to_string(target.port) : check},
          {"TargetHealth", health}};
}

Json register_many(Context& c, const Json& params) {
  const auto arn = text_at(params, "TargetGroupArn");
  TargetGroup& group = group_of(c, arn);
  for (const auto& given : member(params, "Targets")) {
    Target target;
    target.id = text_at(given, "Id");
    target.port = port_of(group, given);
    const bool by_id = text_at(group.view, "TargetType") == "instance";
    if (const Instance* machine = by_id ? fleet::find_instance(c, target.id) : fleet::instance_at(c, target.id); machine != nullptr) {
      target.instance = machine->id;
      target.host = machine->address;
      target.zone = machine->zone;
      if (by_id && !machine->runs())
        throw Refusal{"InvalidTarget", "The following targets are not in a running state and cannot be registered: '" + target.id + "'"};
    } else if (by_id) {
      throw Refusal{"InvalidTarget", "The following targets do not exist: '" + target.id + "'"};
    }
    add_target(c, arn, target);
    c.effect += (c.effect.empty() ? "" : " ") + target_key(target.id, target.port);
  }
  c.key = arn;
  return Json::object();
}

Json deregister_many(Context& c, const Json& params) {
  const auto arn = text_at(params, "TargetGroupArn");
  TargetGroup& group = group_of(c, arn);
  for (const auto& given : member(params, "Targets")) {
    const auto id = text_at(given, "Id");
    std::vector<std::string> keys;
    for (const auto& [key, target] : group.targets)
      if (target.id == id && (!given.contains("Port") || target.port == number_of(given, "Port"))) keys.push_back(key);
    for (const auto& key : keys) drain_target(c, arn, key);
    c.effect += (c.effect.empty() ? "" : " ") + id;
  }
  c.key = arn;
  return Json::object();
}

Json health(Context& c, const Json& params) {
  const TargetGroup& group = group_of(c, text_at(params, "TargetGroupArn"));
  Json out = Json::array();
  const Json& wanted = member(params, "Targets");
  if (!wanted.is_array() || wanted.empty()) {
    for (const auto& [_, target] : group.targets) out.push_back(health_of(group, target));
    return {{"TargetHealthDescriptions", out}};
  }
  for (const auto& given : wanted) {
    const auto found = group.targets.find(target_key(text_at(given, "Id"), port_of(group, given)));
    if (found != group.targets.end()) {
      out.push_back(health_of(group, found->second));
      continue;
    }
    Target absent;
    absent.id = text_at(given, "Id");
    absent.port = port_of(group, given);
    absent.zone = c.region.name + "a";
    absent.state = "unused", absent.reason = "Target.NotRegistered", absent.description = "Target is not registered to the target group";
    out.push_back(health_of(group, absent));
  }
  return {{"TargetHealthDescriptions", out}};
}

}  // namespace

void add_targets(Table& table) {
  const std::string s = "elasticloadbalancing.";
  table[s + "RegisterTargets"] = {register_many, true, "elb.targets"};
  table[s + "DeregisterTargets"] = {deregister_many, true, "elb.targets"};
  table[s + "DescribeTargetHealth"] = {health, false, "elb.read"};
}

}  // namespace fairlead::sandbox::elb
