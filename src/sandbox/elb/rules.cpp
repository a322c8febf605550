// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbox/elb/elb.hpp"

namespace fairlead::sandbox::elb {

namespace {

Json& rule_of(Context& c, const std::string& arn) {
  const auto found = c.region.rules.find(arn);
  if (found == c.region.rules.end()) throw Refusal{"RuleNotFound", "One or more rules not found"};
  return found->second;
}

Json shown(Json rule) {
  rule.erase("ListenerArn");
  return rule;
}

Json default_rule(const Json& listener) {
  auto arn = text_at(listener, "ListenerArn");
  arn.replace(arn.find(":listener/"), 10, ":listener-rule/");
  return {{"RuleArn", arn + "/default"},
          {"Priority", "default"},
          {"Conditions", Json::array()},
          {"Actions", listener["DefaultActions"]},
          {"IsDefault", true}};
}

Json create(Context& c, const Json& params) {
  const auto listener = text_at(params, "ListenerArn");
  if (!c.region.listeners.contains(listener)) throw Refusal{"ListenerNotFound", "One or more listeners not found"};
  const auto priority = std::to_string(number_of(params, "Priority"));
  for (const auto& [_, one] : c.region.rules)
    if (text_at(one, "ListenerArn") == listener && text_at(one, "Priority") == priority)
      throw Refusal{"PriorityInUse", "Priority '" + priority + "' is currently in use"};
  auto arn = listener;
  arn.replace(arn.find(":listener/"), 10, ":listener-rule/");
  arn += "/" + c.world.hex_id(16);
  listeners_changed(c);
  c.region.rules[arn] = {{"RuleArn", arn},
                         {"ListenerArn", listener},
                         {"Priority", priority},
                         {"Conditions", params.value("Conditions", Json::array())},
                         {"Actions", params.value("Actions", Json::array())},
                         {"IsDefault", false}};
  c.key = listener, c.effect = arn;
  return {{"Rules", Json::array({shown(c.region.rules[arn])})}};
}

Json describe(Context& c, const Json& params) {
  const auto listener = text_at(params, "ListenerArn");
  const auto arns = texts_of(params, "RuleArns");
  Json out = Json::array();
  for (const auto& [arn, one] : c.region.rules)
    if ((listener.empty() || text_at(one, "ListenerArn") == listener) && (arns.empty() || std::ranges::find(arns, arn) != arns.end()))
      out.push_back(shown(one));
  std::sort(out.begin(), out.end(), [](const Json& a, const Json& b) { return number_of(a, "Priority") < number_of(b, "Priority"); });
  for (const auto& [arn, one] : c.region.listeners) {
    const Json rule = default_rule(one);
    if ((arns.empty() && arn == listener) || std::ranges::find(arns, text_at(rule, "RuleArn")) != arns.end()) out.push_back(rule);
  }
  if (out.empty()) throw Refusal{listener.empty() ? "RuleNotFound" : "ListenerNotFound", "One or more rules not found"};
  return {{"Rules", out}};
}

Json modify(Context& c, const Json& params) {
  const auto arn = text_at(params, "RuleArn");
  listeners_changed(c);
  c.key = arn, c.effect = dump(member(params, "Actions"));
  if (arn.ends_with("/default"))
    for (auto& [_, listener] : c.region.listeners)
      if (text_at(default_rule(listener), "RuleArn") == arn) {
        if (params.contains("Actions")) listener["DefaultActions"] = params["Actions"];
        return {{"Rules", Json::array({default_rule(listener)})}};
      }
  Json& rule = rule_of(c, arn);
  for (const char* key : {"Conditions", "Actions"})
    if (params.contains(key)) rule[key] = params[key];
  return {{"Rules", Json::array({shown(rule)})}};
}

Json remove(Context& c, const Json& params) {
  rule_of(c, text_at(params, "RuleArn"));
  c.region.rules.erase(text_at(params, "RuleArn"));
  listeners_changed(c);
  c.key = text_at(params, "RuleArn"), c.effect = "deleted";
  return Json::object();
}

}  // namespace

void add_rules(Table& table) {
  const std::string s = "elasticloadbalancing.";
  table[s + "CreateRule"] = {create, true, "elb.write"};
  table[s + "DescribeRules"] = {describe, false, "elb.read"};
  table[s + "ModifyRule"] = {modify, true, "elb.write"};
  table[s + "DeleteRule"] = {remove, true, "elb.write"};
}

}  // namespace fairlead::sandbox::elb

namespace fairlead::sandbox {

void add_elb(Table& table) {
  elb::add_groups(table);
  elb::add_targets(table);
  elb::add_balancers(table);
  elb::add_listeners(table);
  elb::add_rules(table);
}

}  // namespace fairlead::sandbox
