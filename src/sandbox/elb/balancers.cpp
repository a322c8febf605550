// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbox/elb/elb.hpp"

namespace fairlead::sandbox::elb {

namespace {

Json& balancer_of(Context& c, const std::string& arn) {
  const auto found = c.region.balancers.find(arn);
  if (found == c.region.balancers.end()) throw Refusal{"LoadBalancerNotFound", "Load balancer '" + arn + "' not found"};
  return found->second;
}

Json& listener_of(Context& c, const std::string& arn) {
  const auto found = c.region.listeners.find(arn);
  if (found == c.region.listeners.end()) throw Refusal{"ListenerNotFound", "One or more listeners not found"};
  return found->second;
}

Json create(Context& c, const Json& params) {
  const auto name = text_at(params, "Name");
  for (const auto& [arn, one] : c.region.balancers)
    if (text_at(one, "LoadBalancerName") == name) return {{"LoadBalancers", Json::array({one})}};
  const auto kind = text_at(params, "Type", "application");
  const auto id = c.world.hex_id(16);
  const auto arn = c.arn("elasticloadbalancing", std::string("loadbalancer/") + (kind == "network" ? "net/" : "app/") + name + "/" + id);
  Json zones = Json::array();
  for (const auto& subnet : texts_of(params, "Subnets"))
    zones.push_back(
        {{"ZoneName", c.region.name + "abc"[zones.size() % 3]}, {"SubnetId", subnet}, {"LoadBalancerAddresses", Json::array()}});
  Json view{{"LoadBalancerArn", arn},
            {"LoadBalancerName", name},
            {"DNSName", name + "-" + id + "." + c.region.name + ".elb.localhost"},
            {"CanonicalHostedZoneId", "Z35SXDOTRQ7X7K"},
            {"CreatedTime", format_time(c.now())},
            {"Scheme", text_at(params, "Scheme", "internet-facing")},
            {"VpcId", "vpc-sandbox"},
            {"State", {{"Code", "active"}}},
            {"Type", kind},
            {"AvailabilityZones", zones},
            {"SecurityGroups", params.value("SecurityGroups", Json::array())},
            {"IpAddressType", "ipv4"}};
  c.region.balancers[arn] = view;
  if (params.contains("Tags")) c.region.tags[arn] = params["Tags"];
  c.key = name, c.effect = arn;
  return {{"LoadBalancers", Json::array({view})}};
}

Json describe(Context& c, const Json& params) {
  const auto arns = texts_of(params, "LoadBalancerArns"), names = texts_of(params, "Names");
  for (const auto& arn : arns) balancer_of(c, arn);
  Json out = Json::array();
  for (const auto& [arn, one] : c.region.balancers) {
    const bool fits = (arns.empty() || std::ranges::find(arns, arn) != arns.end()) &&
                      (names.empty() || std::ranges::find(names, text_at(one, "LoadBalancerName")) != names.end());
    if (fits) out.push_back(one);
  }
  if (out.empty() && !names.empty()) throw Refusal{"LoadBalancerNotFound", "Load balancers '[" + names.front() + "]' not found"};
  return {{"LoadBalancers", out}};
}

void remove_listener(Context& c, const std::string& arn) {
  std::erase_if(c.region.rules, [&](const auto& rule) { return text_at(rule.second, "ListenerArn") == arn; });
  listeners_changed(c);
  if (c.region.listeners.erase(arn) == 0) return;
  c.region.ports.erase(arn);
  c.world.commands.emplace_back(CloseListener{c.place() + "|" + arn});
}

Json remove(Context& c, const Json& params) {
  const auto arn = text_at(params, "LoadBalancerArn");
  std::vector<std::string> listeners;
  for (const auto& [name, one] : c.region.listeners)
    if (text_at(one, "LoadBalancerArn") == arn) listeners.push_back(name);
  for (const auto& name : listeners) remove_listener(c, name);
  c.key = arn;
  if (c.region.balancers.erase(arn) > 0) c.effect = "deleted";
  return Json::object();
}

Json attributes(Context& c, const Json& params) {
  balancer_of(c, text_at(params, "LoadBalancerArn"));
  return {{"Attributes", Json::array({{{"Key", "deletion_protection.enabled"}, {"Value", "false"}},
                                      {{"Key", "idle_timeout.timeout_seconds"}, {"Value", "60"}}})}};
}

Json create_listener(Context& c, const Json& params) {
  const auto balancer_arn = text_at(params, "LoadBalancerArn");
  const Json& balancer = balancer_of(c, balancer_arn);
  const auto port = number_of(params, "Port", 80);
  for (const auto& [_, one] : c.region.listeners)
    if (text_at(one, "LoadBalancerArn") == balancer_arn && number_of(one, "Port") == port)
      throw Refusal{"DuplicateListener", "A listener already exists on this port for this load balancer '" + balancer_arn + "'"};
  auto base = balancer_arn;
  base.replace(base.find(":loadbalancer/"), 14, ":listener/");
  const auto arn = base + "/" + c.world.hex_id(16);
  const auto protocol = text_at(params, "Protocol", text_at(balancer, "Type") == "network" ? "TCP" : "HTTP");
  Json listener{{"ListenerArn", arn},
                {"LoadBalancerArn", balancer_arn},
                {"Port", port},
                {"Protocol", protocol},
                {"DefaultActions", params.value("DefaultActions", Json::array())}};
  for (const auto& action : listener["DefaultActions"])
    if (const auto group = text_at(action, "TargetGroupArn"); !group.empty()) group_of(c, group);
  c.region.listeners[arn] = listener;
  listeners_changed(c);
  c.world.commands.emplace_back(
      OpenListener{c.place() + "|" + arn, text_at(balancer, "LoadBalancerName"), static_cast<int>(port), protocol});
  c.key = balancer_arn, c.effect = arn;
  return {{"Listeners", Json::array({listener})}};
}

Json describe_listeners(Context& c, const Json& params) {
  const auto arns = texts_of(params, "ListenerArns");
  const auto balancer = text_at(params, "LoadBalancerArn");
  for (const auto& arn : arns) listener_of(c, arn);
  if (!balancer.empty()) balancer_of(c, balancer);
  Json out = Json::array();
  for (const auto& [arn, one] : c.region.listeners)
    if ((arns.empty() || std::ranges::find(arns, arn) != arns.end()) && (balancer.empty() || text_at(one, "LoadBalancerArn") == balancer))
      out.push_back(one);
  return {{"Listeners", out}};
}

Json modify_listener(Context& c, const Json& params) {
  Json& listener = listener_of(c, text_at(params, "ListenerArn"));
  listeners_changed(c);
  for (const char* key : {"DefaultActions", "Port", "Protocol"})
    if (params.contains(key)) listener[key] = params[key];
  c.key = text_at(params, "ListenerArn"), c.effect = dump(listener["DefaultActions"]);
  return {{"Listeners", Json::array({listener})}};
}

Json delete_listener(Context& c, const Json& params) {
  listener_of(c, text_at(params, "ListenerArn"));
  remove_listener(c, text_at(params, "ListenerArn"));
  c.key = text_at(params, "ListenerArn"), c.effect = "deleted";
  return Json::object();
}

}  // namespace

void add_balancers(Table& table) {
  const std::string s = "elasticloadbalancing.";
  table[s + "CreateLoadBalancer"] = {create, true, "elb.balancer"};
  table[s + "DescribeLoadBalancers"] = {describe, false, "elb.read"};
  table[s + "DeleteLoadBalancer"] = {remove, true, "elb.write"};
  table[s + "DescribeLoadBalancerAttributes"] = {attributes, false, "elb.read"};
}

void add_listeners(Table& table) {
  const std::string s = "elasticloadbalancing.";
  table[s + "CreateListener"] = {create_listener, true, "elb.write"};
  table[s + "DescribeListeners"] = {describe_listeners, false, "elb.read"};
  table[s + "ModifyListener"] = {modify_listener, true, "elb.write"};
  table[s + "DeleteListener"] = {delete_listener, true, "elb.write"};
}

}  // namespace fairlead::sandbox::elb
