// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "sandbox/ecs/ecs.hpp"

namespace fairlead::sandbox::ecs {

namespace {

const Json& override_of(const Json& overrides, const std::string& name) {
  for (const auto& one : member(overrides, "containerOverrides"))
    if (text_at(one, "name") == name) return one;
  return member(Json::object(), "none");
}

void set_variable(Json& environment, const Json& given) {
  auto same = std::ranges::find_if(environment, [&](const Json& one) { return text_at(one, "name") == text_at(given, "name"); });
  if (same == environment.end())
    environment.push_back(given);
  else
    *same = given;
}

void apply_override(Json& definition, const Json& given) {
  for (const char* key : {"command", "cpu", "memory", "memoryReservation"})
    if (given.is_object() && given.contains(key)) definition[key] = given[key];
  for (const auto& one : member(given, "environment")) set_variable(definition["environment"], one);
}

Container make_container(Context& c, const Task& task, const Json& definition, const Json& overrides) {
  Container made;
  made.name = text_at(definition, "name");
  made.definition = definition;
  apply_override(made.definition, override_of(overrides, made.name));
  made.essential = flag_at(definition, "essential", true);
  const auto cluster = last_part(text_at(task.view, "clusterArn"));
  made.view = {{"containerArn", c.arn("ecs", "container/" + cluster + "/" + task.id + "/" + c.world.hex_id(8) + "-" + c.world.hex_id(4))},
               {"taskArn", task.arn},
               {"name", made.name},
               {"image", definition["image"]},
               {"networkBindings", Json::array()},
               {"networkInterfaces", Json::array()},
               {"cpu", std::to_string(number_of(made.definition, "cpu"))}};
  if (made.definition.contains("memory")) made.view["memory"] = std::to_string(number_of(made.definition, "memory"));
  return made;
}

void add_interface(Context& c, Task& task, const TaskRequest& request) {
  task.address = "10.0." + std::to_string(c.world.random() % 250) + "." + std::to_string(4 + c.world.random() % 250);
  const auto id =
      c.world.hex_id(8) + "-" + c.world.hex_id(4) + "-4" + c.world.hex_id(3) + "-8" + c.world.hex_id(3) + "-" + c.world.hex_id(12);
  const auto subnets = texts_of(member(request.network, "awsvpcConfiguration"), "subnets");
  Json details = Json::array({{{"name", "subnetId"}, {"value", subnets.empty() ? "subnet-sandbox" : subnets.front()}},
                              {{"name", "networkInterfaceId"}, {"value", "eni-" + c.world.hex_id(17)}},
                              {{"name", "privateIPv4Address"}, {"value", task.address}}});
  task.view["attachments"] =
      Json::array({{{"id", id}, {"type", "ElasticNetworkInterface"}, {"status", "PRECREATED"}, {"details", details}}});
  for (auto& container : task.containers)
    container.view["networkInterfaces"] = Json::array({{{"attachmentId", id}, {"privateIpv4Address", task.address}}});
}

void draw_faults(Context& c, Task& task, const TaskRequest& request) {
  for (auto& rule : c.world.faults) {
    if (!strikes_tasks(rule.kind) || task.faults.contains(rule.kind)) continue;
    for (const auto& container : task.containers) {
      const std::map<std::string, std::string> facts{{"image", text_at(container.definition, "image")},
                                                     {"cluster", last_part(request.cluster)},
                                                     {"service", request.group.starts_with("service:") ? request.group.substr(8) : ""},
                                                     {"family", split(last_part(request.task_definition), ':').front()},
                                                     {"startedBy", request.started_by}};
      if (!fault_matches(rule, facts) || (rule.rate < 1 && c.world.chance() >= rule.rate)) continue;
      task.faults[rule.kind] = rule;
      if (rule.count > 0) --rule.count;
      break;
    }
  }
}

Json basic_view(Context& c, const TaskRequest& request, const Json& definition, const std::string& arn) {
  Json view{{"taskArn", arn},
            {"clusterArn", request.cluster},
            {"taskDefinitionArn", definition["taskDefinitionArn"]},
            {"group", request.group},
            {"createdAt", epoch(c.now())},
            {"desiredStatus", "RUNNING"},
            {"availabilityZone", c.region.name + "abc"[c.world.random() % 3]},
            {"attachments", Json::array()},
            {"attributes", Json::array({{{"name", "ecs.cpu-architecture"}, {"value", "x86_64"}}})},
            {"enableExecuteCommand", request.exec},
            {"inferenceAccelerators", Json::array()},
            {"overrides", {{"containerOverrides", Json::array()}, {"inferenceAcceleratorOverrides", Json::array()}}},
            {"tags", request.tags},
            {"version", 1}};
  if (!request.started_by.empty()) view["startedBy"] = request.started_by;
  view["overrides"].update(request.overrides);
  const bool fargate = request.launch_type == "FARGATE" || !request.capacity.is_null();
  view["launchType"] = fargate ? "FARGATE" : request.launch_type.empty() ? "EC2" : request.launch_type;
  if (fargate) {
    view["platformVersion"] = "1.4.0";
    view["platformFamily"] = "Linux";
    view["ephemeralStorage"] = {{"sizeInGiB", 20}};
  } else {
    view["containerInstanceArn"] = c.arn("ecs", "container-instance/" + last_part(request.cluster) + "/00000000000000000000000000000001");
  }
  if (request.capacity.is_array() && !request.capacity.empty())
    view["capacityProviderName"] = text_at(request.capacity.front(), "capacityProvider");
  for (const char* key : {"cpu", "memory"}) view[key] = text_at(definition, key, std::string(key) == "cpu" ? "256" : "512");
  return view;
}

}  // namespace

Task& make_task(Context& c, const TaskRequest& request) {
  const Json definition = *find_task_definition(c, request.task_definition);
  Task made;
  made.id = c.world.hex_id(32);
  made.arn = c.arn("ecs", "task/" + last_part(request.cluster) + "/" + made.id);
  made.view = basic_view(c, request, definition, made.arn);
  made.service = request.service;
  made.deployment = request.deployment;
  made.kind = "sim";
  for (const auto& one : member(definition, "containerDefinitions")) {
    made.containers.push_back(make_container(c, made, one, request.overrides));
    if (resolve_image(c, text_at(one, "image")).kind != "sim") made.kind = "real";
  }
  const bool vpc = text_at(definition, "networkMode") == "awsvpc" || text_at(made.view, "launchType") == "FARGATE";
  if (vpc) add_interface(c, made, request);
  draw_faults(c, made, request);
  const auto arn = made.arn;
  Task& task = c.region.tasks[arn] = std::move(made);
  c.in(c.world.times.provision, Timer::Kind::provisioned, arn);
  return task;
}

Json task_view(Context&, const Task& task, bool tags) {
  Json view = task.view;
  view["lastStatus"] = to_string(task.phase);
  view["healthStatus"] = container_health(task);
  if (!tags) view["tags"] = Json::array();
  view["containers"] = Json::array();
  for (const auto& container : task.containers) {
    Json one = container.view;
    const bool running = container.started && !container.ended;
    one["lastStatus"] = running ? "RUNNING" : container.ended || task.phase == Phase::stopped ? "STOPPED" : "PENDING";
    if (!one.contains("healthStatus")) one["healthStatus"] = "UNKNOWN";
    view["containers"].push_back(one);
  }
  return view;
}

}  // namespace fairlead::sandbox::ecs
