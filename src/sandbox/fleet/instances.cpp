// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "sandbox/fleet/templates.hpp"

/// EC2: instances as callers see them.
namespace fairlead::sandbox::fleet {

namespace {

Json state_of(const std::string& name) {
  static const std::map<std::string, int> codes{{"pending", 0}, {"running", 16}, {"shutting-down", 32}, {"terminated", 48}};
  return {{"code", codes.at(name)}, {"name", name}};
}

Json tag_set(const Json& tags) {
  Json out = Json::array();
  for (const auto& tag : tags) out.push_back({{"key", text_at(tag, "Key")}, {"value", text_at(tag, "Value")}});
  return out;
}

Json view_of(const Instance& one) {
  Json view{{"instanceId", one.id},
            {"imageId", one.image},
            {"instanceState", state_of(one.state)},
            {"instanceType", one.type},
            {"launchTime", format_time(one.launched)},
            {"placement", {{"availabilityZone", one.zone}, {"tenancy", "default"}}},
            {"architecture", "x86_64"},
            {"tagSet", tag_set(one.tags)}};
  if (one.state == "terminated") return view;
  view["privateDnsName"] = "ip-" + replace_all(one.address, ".", "-") + ".ec2.internal";
  view["privateIpAddress"] = one.address;
  view["subnetId"] = one.subnet;
  view["vpcId"] = "vpc-sandbox";
  return view;
}

bool holds(const Instance& one, const Json& filter) {
  const auto name = text_at(filter, "Name");
  const auto values = texts_of(filter, "Value");
  const auto has = [&](const std::string& text) { return std::ranges::find(values, text) != values.end(); };
  if (name == "instance-state-name") return has(one.state);
  if (name == "instance-id") return has(one.id);
  if (name == "private-ip-address") return has(one.address);
  if (name == "availability-zone") return has(one.zone);
  if (name == "image-id") return has(one.image);
  const bool key = name == "tag-key";
  return std::ranges::any_of(one.tags, [&](const Json& tag) {
    return key ? has(text_at(tag, "Key")) : name == "tag:" + text_at(tag, "Key") && has(text_at(tag, "Value"));
  });
}

Json describe(Context& c, const Json& params) {
  const auto ids = texts_of(params, "InstanceId");
  for (const auto& id : ids) need_instance(c, id);
  Json reservations = Json::array();
  for (const auto& [id, one] : c.region.instances) {
    const bool fits =
        (ids.empty() || std::ranges::find(ids, id) != ids.end()) &&
        std::ranges::all_of(member(params, "Filter"), [&instance = one](const Json& filter) { return holds(instance, filter); });
    if (fits)
      reservations.push_back({{"reservationId", "r-" + id.substr(2)},
                              {"ownerId", c.region.account},
                              {"groupSet", Json::array()},
                              {"instancesSet", Json::array({view_of(one)})}});
  }
  return {{"reservationSet", reservations}};
}

Launch asked_for(Context& c, const Json& params) {
  Launch what;
  if (params.contains("LaunchTemplate")) apply_template(c, what, params["LaunchTemplate"]);
  what.image = text_at(params, "ImageId", what.image);
  what.type = text_at(params, "InstanceType", what.type);
  if (const auto encoded = text_at(params, "UserData"); !encoded.empty()) what.user_data = decoded_user_data(encoded);
  what.subnet = text_at(params, "SubnetId");
  what.zone = what.subnet.empty() ? text_at(member(params, "Placement"), "AvailabilityZone") : zone_of_subnet(c, what.subnet);
  for (const auto& spec : member(params, "TagSpecification"))
    if (text_at(spec, "ResourceType", "instance") == "instance")
      for (const auto& tag : member(spec, "Tag")) set_tag(what.tags, tag);
  return what;
}

Json run(Context& c, const Json& params) {
  const auto token = text_at(params, "ClientToken");
  auto& tokens = c.region.things["run-instances"];
  c.key = token;
  std::vector<std::string> ids;
  if (!token.empty() && tokens.contains(token)) {
    ids = texts_of(tokens[token], "ids");
  } else {
    const auto what = asked_for(c, params);
    for (std::int64_t i = 0; i < std::clamp<std::int64_t>(number_of(params, "MinCount", 1), 1, 100); ++i) ids.push_back(launch(c, what).id);
    if (!token.empty()) tokens[token] = {{"ids", ids}};
    c.effect = join(ids, " ");
  }
  Json set = Json::array();
  for (const auto& id : ids)
    if (const Instance* one = find_instance(c, id); one != nullptr) set.push_back(view_of(*one));
  return {{"reservationId", "r-" + c.world.hex_id(17)}, {"ownerId", c.region.account}, {"groupSet", Json::array()}, {"instancesSet", set}};
}

Json terminate(Context& c, const Json& params) {
  Json set = Json::array();
  const auto ids = texts_of(params, "InstanceId");
  for (const auto& id : ids) need_instance(c, id);
  for (const auto& id : ids) {
    Instance& one = need_instance(c, id);
    const auto before = one.state;
    shut_down(c, one);
    set.push_back({{"instanceId", id}, {"currentState", state_of(one.state)}, {"previousState", state_of(before)}});
    c.key = id;
    if (before != one.state) c.effect = one.state;
  }
  return {{"instancesSet", set}};
}

Json create_tags(Context& c, const Json& params) {
  for (const auto& id : texts_of(params, "ResourceId")) {
    Instance* found = find_instance(c, id);
    if (found == nullptr) throw Refusal{"InvalidID", "The ID '" + id + "' is not valid"};
    for (const auto& given : member(params, "Tag")) set_tag(found->tags, given);
    c.key = id, c.effect = "tagged";
  }
  return {{"return", "true"}};
}

Json status(Context& c, const Json& params) {
  const auto ids = texts_of(params, "InstanceId");
  Json out = Json::array();
  for (const auto& [id, one] : c.region.instances) {
    if ((!ids.empty() && std::ranges::find(ids, id) == ids.end()) || !one.runs()) continue;
    const Json good{{"status", "ok"}, {"details", Json::array({{{"name", "reachability"}, {"status", "passed"}}})}};
    out.push_back({{"instanceId", id},
                   {"availabilityZone", one.zone},
                   {"instanceState", state_of(one.state)},
                   {"systemStatus", good},
                   {"instanceStatus", good}});
  }
  return {{"instanceStatusSet", out}};
}

}  // namespace

Instance& need_instance(Context& c, const std::string& id) {
  Instance* found = find_instance(c, id);
  if (found == nullptr) throw Refusal{"InvalidInstanceID.NotFound", "The instance ID '" + id + "' does not exist"};
  return *found;
}

void set_tag(Json& tags, const Json& tag) {
  std::erase_if(tags.get_ref<Json::array_t&>(), [&](const Json& one) { return text_at(one, "Key") == text_at(tag, "Key"); });
  tags.push_back({{"Key", text_at(tag, "Key")}, {"Value", text_at(tag, "Value")}});
}

void add_instances(Table& table) {
  table["ec2.DescribeInstances"] = {describe, false, {}};
  table["ec2.DescribeInstanceStatus"] = {status, false, {}};
  table["ec2.RunInstances"] = {run, true, {}};
  table["ec2.TerminateInstances"] = {terminate, true, {}};
  table["ec2.CreateTags"] = {create_tags, true, {}};
}

}  // namespace fairlead::sandbox::fleet
