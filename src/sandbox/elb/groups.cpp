// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "fairlead/base/strings.hpp"
#include "sandbox/elb/elb.hpp"

namespace fairlead::sandbox::elb {

namespace {

const Json default_attributes{{"deregistration_delay.timeout_seconds", "300"},
                              {"slow_start.duration_seconds", "0"},
                              {"stickiness.enabled", "false"},
                              {"stickiness.type", "lb_cookie"},
                              {"stickiness.lb_cookie.duration_seconds", "86400"},
                              {"load_balancing.algorithm.type", "round_robin"}};

constexpr const char* health_keys[]{
    "HealthCheckProtocol",       "HealthCheckPort",       "HealthCheckEnabled",      "HealthCheckPath", "HealthCheckIntervalSeconds",
    "HealthCheckTimeoutSeconds", "HealthyThresholdCount", "UnhealthyThresholdCount", "Matcher"};

Json view_of(Context& c, const TargetGroup& group) {
  Json view = group.view;
  view["LoadBalancerArns"] = Json::array();
  const auto arn = text_at(view, "TargetGroupArn");
  if (!in_use(c, arn)) return view;
  const auto balancers = texts_of({{"all", c.region.things["group-in-use"][arn]}}, "all");
  for (const auto& balancer : std::set<std::string>(balancers.begin(), balancers.end())) view["LoadBalancerArns"].push_back(balancer);
  return view;
}

Json create(Context& c, const Json& params) {
  const auto name = text_at(params, "Name");
  for (const auto& [_, group] : c.region.groups)
    if (text_at(group.view, "TargetGroupName") == name)
      throw Refusal{"DuplicateTargetGroupName", "A target group with the same name '" + name + "' exists, but with different settings"};
  const auto arn = c.arn("elasticloadbalancing", "targetgroup/" + name + "/" + c.world.hex_id(16));
  const auto protocol = text_at(params, "Protocol", "HTTP");
  const bool http = protocol.starts_with("HTTP");
  TargetGroup group;
  group.view = {{"TargetGroupArn", arn},
                {"TargetGroupName", name},
                {"Protocol", protocol},
                {"Port", number_of(params, "Port", 80)},
                {"VpcId", text_at(params, "VpcId", "vpc-sandbox")},
                {"TargetType", text_at(params, "TargetType", "instance")},
                {"HealthCheckProtocol", http ? protocol : "TCP"},
                {"HealthCheckPort", "traffic-port"},
                {"HealthCheckEnabled", true},
                {"HealthCheckIntervalSeconds", 30},
                {"HealthCheckTimeoutSeconds", http ? 5 : 10},
                {"HealthyThresholdCount", 5},
                {"UnhealthyThresholdCount", 2},
                {"IpAddressType", "ipv4"}};
  for (const char* key : health_keys)
    if (params.contains(key)) group.view[key] = params[key];
  const bool http_check = text_at(group.view, "HealthCheckProtocol").starts_with("HTTP");
  if (http_check && !group.view.contains("HealthCheckPath")) group.view["HealthCheckPath"] = "/";
  if (http_check && !group.view.contains("Matcher")) group.view["Matcher"] = {{"HttpCode", "200"}};
  if (http) group.view["ProtocolVersion"] = text_at(params, "ProtocolVersion", "HTTP1");
  group.attributes = default_attributes;
  c.region.groups[arn] = group;
  if (params.contains("Tags")) c.region.tags[arn] = params["Tags"];
  c.key = name, c.effect = arn;
  return {{"TargetGroups", Json::array({view_of(c, group)})}};
}

Json describe(Context& c, const Json& params) {
  const auto arns = texts_of(params, "TargetGroupArns"), names = texts_of(params, "Names");
  const auto balancer = text_at(params, "LoadBalancerArn");
  for (const auto& arn : arns) group_of(c, arn);
  Json out = Json::array();
  for (const auto& [arn, group] : c.region.groups) {
    const bool named = (arns.empty() || std::ranges::find(arns, arn) != arns.end()) &&
                       (names.empty() || std::ranges::find(names, text_at(group.view, "TargetGroupName")) != names.end());
    if (!named) continue;
    Json view = view_of(c, group);
    const auto balancers = texts_of(view, "LoadBalancerArns");
    if (balancer.empty() || std::ranges::find(balancers, balancer) != balancers.end()) out.push_back(view);
  }
  if (out.empty() && !names.empty()) throw Refusal{"TargetGroupNotFound", "One or more target groups not found"};
  return {{"TargetGroups", out}};
}

Json modify(Context& c, const Json& params) {
  TargetGroup& group = group_of(c, text_at(params, "TargetGroupArn"));
  for (const char* key : health_keys)
    if (params.contains(key)) group.view[key] = params[key];
  c.key = text_at(params, "TargetGroupArn"), c.effect = "modified";
  return {{"TargetGroups", Json::array({view_of(c, group)})}};
}

Json remove(Context& c, const Json& params) {
  const auto arn = text_at(params, "TargetGroupArn");
  if (in_use(c, arn)) throw Refusal{"ResourceInUse", "Target group '" + arn + "' is currently in use by a listener or a rule"};
  c.key = arn;
  if (c.region.groups.erase(arn) > 0) c.effect = "deleted";
  return Json::object();
}

Json list_of(const Json& attributes) {
  Json out = Json::array();
  for (const auto& [key, value] : attributes.items()) out.push_back({{"Key", key}, {"Value", value}});
  return out;
}

Json attributes(Context& c, const Json& params) {
  return {{"Attributes", list_of(group_of(c, text_at(params, "TargetGroupArn")).attributes)}};
}

Json modify_attributes(Context& c, const Json& params) {
  TargetGroup& group = group_of(c, text_at(params, "TargetGroupArn"));
  for (const auto& one : member(params, "Attributes")) group.attributes[text_at(one, "Key")] = text_at(one, "Value");
  c.key = text_at(params, "TargetGroupArn"), c.effect = "modified";
  return {{"Attributes", list_of(group.attributes)}};
}

Json tag(Context& c, const Json& params) {
  for (const auto& arn : texts_of(params, "ResourceArns")) {
    Json& tags = c.region.tags[arn];
    if (!tags.is_array()) tags = Json::array();
    for (const auto& given : member(params, "Tags")) {
      std::erase_if(tags.get_ref<Json::array_t&>(), [&](const Json& one) { return text_at(one, "Key") == text_at(given, "Key"); });
      tags.push_back(given);
    }
    c.key = arn, c.effect = "tagged";
  }
  return Json::object();
}

Json untag(Context& c, const Json& params) {
  const auto keys = texts_of(params, "TagKeys");
  for (const auto& arn : texts_of(params, "ResourceArns")) {
    Json& tags = c.region.tags[arn];
    if (!tags.is_array()) continue;
    std::erase_if(tags.get_ref<Json::array_t&>(),
                  [&](const Json& one) { return std::ranges::find(keys, text_at(one, "Key")) != keys.end(); });
    c.key = arn, c.effect = "untagged";
  }
  return Json::object();
}

Json describe_tags(Context& c, const Json& params) {
  Json out = Json::array();
  for (const auto& arn : texts_of(params, "ResourceArns")) {
    const auto found = c.region.tags.find(arn);
    out.push_back({{"ResourceArn", arn}, {"Tags", found == c.region.tags.end() ? Json::array() : found->second}});
  }
  return {{"TagDescriptions", out}};
}

}  // namespace

TargetGroup& group_of(Context& c, const std::string& arn) {
  const auto found = c.region.groups.find(arn);
  if (found == c.region.groups.end()) throw Refusal{"TargetGroupNotFound", "One or more target groups not found"};
  return found->second;
}

void add_groups(Table& table) {
  const std::string s = "elasticloadbalancing.";
  table[s + "CreateTargetGroup"] = {create, true, "elb.write"};
  table[s + "DescribeTargetGroups"] = {describe, false, "elb.read"};
  table[s + "ModifyTargetGroup"] = {modify, true, "elb.write"};
  table[s + "DeleteTargetGroup"] = {remove, true, "elb.write"};
  table[s + "DescribeTargetGroupAttributes"] = {attributes, false, "elb.read"};
  table[s + "ModifyTargetGroupAttributes"] = {modify_attributes, true, "elb.write"};
  table[s + "AddTags"] = {tag, true, "elb.write"};
  table[s + "RemoveTags"] = {untag, true, "elb.write"};
  table[s + "DescribeTags"] = {describe_tags, false, "elb.read"};
}

}  // namespace fairlead::sandbox::elb
