// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "sandbox/context.hpp"

namespace fairlead::sandbox {

namespace {

std::map<std::string, Json>& instances(Context& c) { return c.region.things["instance"]; }

std::string make_instance(Context& c, const Json& tags, const std::string& type, const std::string& image) {
  const auto id = "i-" + c.world.hex_id(17);
  instances(c)[id] = {{"state", "running"},
                      {"tags", tags},
                      {"type", type.empty() ? "t3.micro" : type},
                      {"image", image.empty() ? "ami-00000000000000000" : image},
                      {"address", "10.1." + std::to_string(c.world.random() % 250) + "." + std::to_string(4 + c.world.random() % 250)},
                      {"zone", c.region.name + "abc"[instances(c).size() % 3]},
                      {"launched", format_time(c.now())},
                      {"ports", Json::object()}};
  return id;
}

Json instance_view(const std::string& id, const Json& one) {
  const bool running = text_at(one, "state") == "running";
  return {{"instanceId", id},
          {"imageId", one["image"]},
          {"instanceState", {{"code", running ? 16 : 48}, {"name", one["state"]}}},
          {"privateDnsName", "ip-" + replace_all(text_at(one, "address"), ".", "-") + ".ec2.internal"},
          {"instanceType", one["type"]},
          {"launchTime", one["launched"]},
          {"placement", {{"availabilityZone", one["zone"]}, {"tenancy", "default"}}},
          {"privateIpAddress", one["address"]},
          {"subnetId", "subnet-sandbox"},
          {"vpcId", "vpc-sandbox"},
          {"architecture", "x86_64"},
          {"tagSet", [&] {
             Json tags = Json::array();
             for (const auto& tag : member(one, "tags")) tags.push_back({{"key", text_at(tag, "Key")}, {"value", text_at(tag, "Value")}});
             return tags;
           }()}};
}

bool holds(const std::string& id, const Json& one, const Json& filter) {
  const auto name = text_at(filter, "Name");
  const auto values = texts_of(filter, "Value");
  const auto has = [&](const std::string& text) { return std::ranges::find(values, text) != values.end(); };
  if (name == "instance-state-name") return has(text_at(one, "state"));
  if (name == "instance-id") return has(id);
  if (name == "private-ip-address") return has(text_at(one, "address"));
  const bool key = name == "tag-key";
  return std::ranges::any_of(member(one, "tags"), [&](const Json& tag) {
    return key ? has(text_at(tag, "Key")) : name == "tag:" + text_at(tag, "Key") && has(text_at(tag, "Value"));
  });
}

Json describe(Context& c, const Json& params) {
  const auto ids = texts_of(params, "InstanceId");
  for (const auto& id : ids)
    if (!instances(c).contains(id)) throw Refusal{"InvalidInstanceID.NotFound", "The instance ID '" + id + "' does not exist"};
  Json reservations = Json::array();
  for (const auto& [id, one] : instances(c)) {
    const bool fits = (ids.empty() || std::ranges::find(ids, id) != ids.end()) &&
                      std::ranges::all_of(member(params, "Filter"),
                                          [&, &name = id, &instance = one](const Json& filter) { return holds(name, instance, filter); });
    if (fits)
      reservations.push_back({{"reservationId", "r-" + id.substr(2)},
                              {"ownerId", c.region.account},
                              {"groupSet", Json::array()},
                              {"instancesSet", Json::array({instance_view(id, one)})}});
  }
  return {{"reservationSet", reservations}};
}

Json run(Context& c, const Json& params) {
  const auto token = text_at(params, "ClientToken");
  auto& tokens = c.region.things["run-instances"];
  c.key = token;
  std::vector<std::string> ids;
  if (!token.empty() && tokens.contains(token)) {
    ids = texts_of(tokens[token], "ids");
  } else {
    Json tags = Json::array();
    for (const auto& spec : member(params, "TagSpecification"))
      for (const auto& tag : member(spec, "Tag")) tags.push_back(tag);
    for (std::int64_t i = 0; i < std::clamp<std::int64_t>(number_of(params, "MinCount", 1), 1, 100); ++i)
      ids.push_back(make_instance(c, tags, text_at(params, "InstanceType"), text_at(params, "ImageId")));
    if (!token.empty()) tokens[token] = {{"ids", ids}};
    c.effect = join(ids, " ");
  }
  Json set = Json::array();
  for (const auto& id : ids) set.push_back(instance_view(id, instances(c)[id]));
  return {{"reservationId", "r-" + c.world.hex_id(17)}, {"ownerId", c.region.account}, {"groupSet", Json::array()}, {"instancesSet", set}};
}

Json terminate(Context& c, const Json& params) {
  Json set = Json::array();
  for (const auto& id : texts_of(params, "InstanceId")) {
    const auto found = instances(c).find(id);
    if (found == instances(c).end()) throw Refusal{"InvalidInstanceID.NotFound", "The instance ID '" + id + "' does not exist"};
    found->second["state"] = "terminated";
    set.push_back({{"instanceId", id},
                   {"currentState", {{"code", 48}, {"name", "terminated"}}},
                   {"previousState", {{"code", 16}, {"name", "running"}}}});
    c.key = id, c.effect = "terminated";
  }
  return {{"instancesSet", set}};
}

Json create_tags(Context& c, const Json& params) {
  for (const auto& id : texts_of(params, "ResourceId")) {
    const auto found = instances(c).find(id);
    if (found == instances(c).end()) throw Refusal{"InvalidID", "The ID '" + id + "' is not valid"};
    Json& tags = found->second["tags"];
    for (const auto& given : member(params, "Tag")) {
      std::erase_if(tags.get_ref<Json::array_t&>(), [&](const Json& one) { return text_at(one, "Key") == text_at(given, "Key"); });
      tags.push_back(given);
    }
    c.key = id, c.effect = "tagged";
  }
  return {{"return", "true"}};
}

std::map<std::string, Json>& groups(Context& c) { return c.region.things["asg"]; }

void fill(Context& c, const std::string& name) {
  Json& group = groups(c)[name];
  auto members = texts_of(group, "members");
  const auto desired = static_cast<std::size_t>(std::max<std::int64_t>(number_of(group, "DesiredCapacity"), 0));
  while (members.size() < desired)
    members.push_back(make_instance(c, Json::array({{{"Key", "aws:autoscaling:groupName"}, {"Value", name}}}), {}, {}));
  while (members.size() > desired) {
    instances(c)[members.front()]["state"] = "terminated";
    members.erase(members.begin());
  }
  group["members"] = members;
}

Json create_group(Context& c, const Json& params) {
  const auto name = text_at(params, "AutoScalingGroupName");
  if (groups(c).contains(name))
    throw Refusal{"AlreadyExists", "AutoScalingGroup by this name already exists - A group with the name " + name + " already exists"};
  Json group = params;
  group["DesiredCapacity"] = number_of(params, "DesiredCapacity", number_of(params, "MinSize"));
  group["created"] = format_time(c.now());
  group["suspended"] = Json::array();
  groups(c)[name] = group;
  fill(c, name);
  c.key = name, c.effect = "created";
  return Json::object();
}

Json group_view(Context& c, const std::string& name, const Json& group) {
  Json members = Json::array();
  for (const auto& id : texts_of(group, "members"))
    members.push_back({{"InstanceId", id},
                       {"AvailabilityZone", instances(c)[id]["zone"]},
                       {"LifecycleState", text_at(instances(c)[id], "lifecycle", "InService")},
                       {"HealthStatus", "Healthy"},
                       {"ProtectedFromScaleIn", flag_at(instances(c)[id], "protected")}});
  Json suspended = Json::array();
  for (const auto& process : texts_of(group, "suspended"))
    suspended.push_back({{"ProcessName", process}, {"SuspensionReason", "User suspended"}});
  Json tags = Json::array();
  for (const auto& tag : member(group, "Tags"))
    tags.push_back({{"ResourceId", name},
                    {"ResourceType", "auto-scaling-group"},
                    {"Key", text_at(tag, "Key")},
                    {"Value", text_at(tag, "Value")},
                    {"PropagateAtLaunch", flag_of(tag, "PropagateAtLaunch")}});
  return {
      {"AutoScalingGroupName", name},
      {"AutoScalingGroupARN", c.arn("autoscaling", "autoScalingGroup:00000000-0000-4000-8000-000000000000:autoScalingGroupName/" + name)},
      {"MinSize", number_of(group, "MinSize")},
      {"MaxSize", number_of(group, "MaxSize")},
      {"DesiredCapacity", number_of(group, "DesiredCapacity")},
      {"DefaultCooldown", 300},
      {"AvailabilityZones", {c.region.name + "a"}},
      {"LoadBalancerNames", Json::array()},
      {"TargetGroupARNs", group.value("TargetGroupARNs", Json::array())},
      {"HealthCheckType", text_at(group, "HealthCheckType", "EC2")},
      {"HealthCheckGracePeriod", number_of(group, "HealthCheckGracePeriod", 0)},
      {"Instances", members},
      {"CreatedTime", text_at(group, "created")},
      {"SuspendedProcesses", suspended},
      {"Tags", tags}};
}

Json describe_groups(Context& c, const Json& params) {
  const auto names = texts_of(params, "AutoScalingGroupNames");
  Json out = Json::array();
  for (const auto& [name, group] : groups(c))
    if (names.empty() || std::ranges::find(names, name) != names.end()) out.push_back(group_view(c, name, group));
  return {{"AutoScalingGroups", out}};
}

Json& need_group(Context& c, const Json& params) {
  const auto found = groups(c).find(text_at(params, "AutoScalingGroupName"));
  if (found == groups(c).end())
    throw Refusal{"ValidationError",
                  "AutoScalingGroup name not found - AutoScalingGroup '" + text_at(params, "AutoScalingGroupName") + "' not found"};
  c.key = found->first;
  return found->second;
}

Json capacity(Context& c, const Json& params) {
  Json& group = need_group(c, params);
  for (const char* key : {"MinSize", "MaxSize", "DesiredCapacity"})
    if (params.contains(key)) group[key] = params[key];
  fill(c, c.key);
  c.effect = "desired " + std::to_string(number_of(group, "DesiredCapacity"));
  return Json::object();
}

Json suspend(Context& c, const Json& params, bool stop) {
  Json& group = need_group(c, params);
  auto names = texts_of(group, "suspended");
  for (const auto& process : texts_of(params, "ScalingProcesses")) {
    std::erase(names, process);
    if (stop) names.push_back(process);
  }
  if (!stop && texts_of(params, "ScalingProcesses").empty()) names.clear();
  group["suspended"] = names;
  c.effect = stop ? "suspended" : "resumed";
  return Json::object();
}

}  // namespace

void add_machines(Table& table) {
  table["ec2.DescribeInstances"] = {describe, false, {}};
  table["ec2.RunInstances"] = {run, true, {}};
  table["ec2.TerminateInstances"] = {terminate, true, {}};
  table["ec2.CreateTags"] = {create_tags, true, {}};
  table["autoscaling.CreateAutoScalingGroup"] = {create_group, true, {}};
  table["autoscaling.DescribeAutoScalingGroups"] = {describe_groups, false, {}};
  table["autoscaling.SetDesiredCapacity"] = {capacity, true, {}};
  table["autoscaling.UpdateAutoScalingGroup"] = {capacity, true, {}};
  table["autoscaling.SuspendProcesses"] = {[](Context& c, const Json& params) { return suspend(c, params, true); }, true, {}};
  table["autoscaling.ResumeProcesses"] = {[](Context& c, const Json& params) { return suspend(c, params, false); }, true, {}};
}

}  // namespace fairlead::sandbox
