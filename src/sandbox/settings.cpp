// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/error.hpp"
#include "sandbox/context.hpp"
#include "sandbox/ecs/ecs.hpp"

namespace fairlead::sandbox {

namespace {

using Member = Duration Times::*;
const std::map<std::string, Member> spans{{"react", &Times::react},         {"tick", &Times::tick},        {"provision", &Times::provision},
                                          {"pull", &Times::pull},           {"start", &Times::start},      {"settle", &Times::settle},
                                          {"stop", &Times::stop},           {"keep", &Times::keep},        {"launch", &Times::launch},
                                          {"terminate", &Times::terminate}, {"patience", &Times::patience}};

}  // namespace

void World::set_times(const Json& given) {
  if (!given.is_object())
    throw Error(ErrorKind::invalid, "cannot read the times: an object is needed", "{\"speed\": 20, \"tick\": \"5s\"}");
  Times times = state_->times;
  for (const auto& [key, value] : given.items()) {
    if (key == "speed" && value.is_number() && value.get<double>() > 0) {
      times.speed = value.get<double>();
      continue;
    }
    if (key == "throttles" && value.is_boolean()) {
      state_->throttles = value.get<bool>();
      continue;
    }
    const auto span = spans.find(key);
    const auto parsed = value.is_string() ? parse_duration(value.get<std::string>()) : std::nullopt;
    if (span == spans.end() || !parsed)
      throw Error(ErrorKind::invalid, "cannot read the times: \"" + key + "\": " + dump(value),
                  "speed, throttles, react, tick, provision, pull, start, settle, stop, keep, launch, terminate or patience");
    times.*span->second = *parsed;
  }
  state_->times = times;
}

Json World::times() const {
  Json out{{"speed", state_->times.speed}, {"throttles", state_->throttles}, {"now", format_time(state_->now)}};
  for (const auto& [key, span] : spans) out[key] = format_duration(state_->times.*span);
  return out;
}

Json World::overview() const {
  Json out{{"loadBalancers", Json::array()},
           {"services", Json::array()},
           {"tasks", Json::array()},
           {"instances", Json::array()},
           {"groups", Json::array()}};
  for (const auto& [place, region] : state_->regions) {
    for (const auto& [arn, listener] : region.listeners) {
      const auto balancer = region.balancers.find(text_at(listener, "LoadBalancerArn"));
      const auto port = region.ports.find(arn);
      out["loadBalancers"].push_back({{"name", balancer == region.balancers.end() ? "" : text_at(balancer->second, "LoadBalancerName")},
                                      {"listener", arn},
                                      {"port", number_of(listener, "Port")},
                                      {"url", port == region.ports.end() ? "" : "http://127.0.0.1:" + std::to_string(port->second)}});
    }
    for (const auto& [arn, service] : region.services) {
      if (!service.active) continue;
      const bool any = !service.deployments.empty();
      out["services"].push_back({{"arn", arn},
                                 {"desired", service.desired},
                                 {"steady", service.steady},
                                 {"taskDefinition", text_at(service.fields, "taskDefinition")},
                                 {"rollout", any ? service.deployments.front().rollout : ""}});
    }
    for (const auto& [id, one] : region.instances)
      out["instances"].push_back({{"id", id},
                                  {"state", one.state},
                                  {"address", one.address},
                                  {"zone", one.zone},
                                  {"image", one.image},
                                  {"group", one.group},
                                  {"lifecycle", one.lifecycle},
                                  {"launchTemplate", one.launch_template}});
    for (const auto& [name, group] : region.scaling_groups)
      out["groups"].push_back(
          {{"name", name}, {"desired", number_of(group.fields, "DesiredCapacity")}, {"targetGroups", group.target_groups}});
    for (const auto& [arn, task] : region.tasks) {
      Json ports = Json::object();
      for (const auto& container : task.containers)
        for (const auto& [inside, local] : container.ports) ports[container.name + ":" + std::to_string(inside)] = local;
      out["tasks"].push_back({{"arn", arn},
                              {"group", text_at(task.view, "group")},
                              {"status", to_string(task.phase)},
                              {"taskDefinition", text_at(task.view, "taskDefinitionArn")},
                              {"ports", ports},
                              {"stoppedReason", text_at(task.view, "stoppedReason")}});
    }
  }
  return out;
}

}  // namespace fairlead::sandbox
