// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "fairlead/base/strings.hpp"
#include "sandbox/ecs/ecs.hpp"

namespace fairlead::sandbox::ecs {

namespace {

[[noreturn]] void refuse(const std::string& message) { throw Refusal{"ClientException", message}; }

bool is_fargate(const Json& definition) {
  const auto kinds = texts_of(definition, "requiresCompatibilities");
  return std::ranges::find(kinds, "FARGATE") != kinds.end();
}

void check_fargate(const Json& definition) {
  if (text_at(definition, "networkMode") != "awsvpc") refuse("Fargate only supports network mode ‘awsvpc’.");
  const auto cpu = text_at(definition, "cpu"), memory = text_at(definition, "memory");
  if (cpu.empty() || memory.empty()) refuse("Fargate requires that 'cpu' be defined at the task level.");
  static const std::map<std::string, std::pair<int, int>> sizes{
      {"256", {512, 2048}},    {"512", {1024, 4096}},    {"1024", {2048, 8192}},    {"2048", {4096, 16384}},
      {"4096", {8192, 30720}}, {"8192", {16384, 61440}}, {"16384", {32768, 122880}}};
  const auto size = sizes.find(cpu);
  const auto wanted = parse_int(memory).value_or(0);
  if (size == sizes.end() || wanted < size->second.first || wanted > size->second.second)
    refuse("No Fargate configuration exists for given values: " + cpu + " CPU, " + memory +
           " memory. See the Amazon ECS documentation for the valid values.");
  for (const auto& container : member(definition, "containerDefinitions")) {
    const bool logs = text_at(member(container, "logConfiguration"), "logDriver") == "awslogs";
    const bool needs = logs || container.contains("secrets");
    if (needs && text_at(definition, "executionRoleArn").empty())
      refuse(std::string("Fargate requires task definition to have execution role ARN to support ") +
             (logs ? "log driver awslogs." : "SSM parameters or secrets."));
  }
}

void check_container(const Json& definition, const Json& container) {
  const auto name = text_at(container, "name");
  if (name.empty()) refuse("Container.name should not be null or empty.");
  if (text_at(container, "image").empty()) refuse("Container.image should not be null or empty.");
  const bool memory = container.contains("memory") || container.contains("memoryReservation") || definition.contains("memory");
  if (!memory) refuse("Invalid setting for container '" + name + "'. At least one of 'memory' or 'memoryReservation' must be specified.");
  for (const auto& port : member(container, "portMappings")) {
    const auto inside = number_of(port, "containerPort"), outside = number_of(port, "hostPort", inside);
    if (text_at(definition, "networkMode") == "awsvpc" && inside != outside)
      refuse("When networkMode=awsvpc, the host ports and container ports in port mappings must match.");
  }
}

void check(const Json& definition) {
  const auto family = text_at(definition, "family");
  if (family.empty()) refuse("Family should not be null or empty");
  const bool good = std::ranges::all_of(family, [](unsigned char x) { return std::isalnum(x) || x == '-' || x == '_'; });
  if (!good || family.size() > 255)
    refuse("Invalid family: " + family + ". Up to 255 letters (uppercase and lowercase), numbers, hyphens, and underscores are allowed.");
  const Json& containers = member(definition, "containerDefinitions");
  if (!containers.is_array() || containers.empty()) refuse("Container list cannot be empty.");
  std::set<std::string> names;
  bool essential = false;
  for (const auto& container : containers) {
    check_container(definition, container);
    if (!names.insert(text_at(container, "name")).second) refuse("Container names must be unique: " + text_at(container, "name"));
    essential = essential || flag_at(container, "essential", true);
  }
  if (!essential) refuse("Essential container list cannot be empty. At least one container in the task definition must be essential.");
  if (is_fargate(definition)) check_fargate(definition);
}

void add_defaults(Json& definition) {
  const bool vpc = text_at(definition, "networkMode") == "awsvpc";
  for (auto& container : definition["containerDefinitions"]) {
    for (const char* list : {"portMappings", "environment", "mountPoints", "volumesFrom", "systemControls"})
      if (!container.contains(list)) container[list] = Json::array();
    if (!container.contains("cpu")) container["cpu"] = 0;
    if (!container.contains("essential")) container["essential"] = true;
    for (auto& port : container["portMappings"]) {
      if (!port.contains("protocol")) port["protocol"] = "tcp";
      if (!port.contains("hostPort")) port["hostPort"] = vpc ? port["containerPort"] : Json(0);
    }
  }
  if (!definition.contains("volumes")) definition["volumes"] = Json::array();
  if (!definition.contains("placementConstraints")) definition["placementConstraints"] = Json::array();
}

Json register_one(Context& c, const Json& params) {
  check(params);
  Json definition = params;
  definition.erase("tags");
  add_defaults(definition);
  const auto family = text_at(params, "family");
  auto& revisions = c.region.task_definitions[family];
  const int revision = static_cast<int>(revisions.size()) + 1;
  const auto arn = c.arn("ecs", "task-definition/" + family + ":" + std::to_string(revision));
  definition["taskDefinitionArn"] = arn;
  definition["revision"] = revision;
  definition["status"] = "ACTIVE";
  definition["registeredAt"] = epoch(c.now());
  definition["registeredBy"] = "arn:aws:iam::" + c.region.account + ":user/sandbox";
  definition["compatibilities"] = is_fargate(params) ? Json{"EC2", "FARGATE"} : Json{"EC2"};
  definition["requiresAttributes"] = Json::array({{{"name", "com.amazonaws.ecs.capability.docker-remote-api.1.18"}}});
  const Json tags = params.value("tags", Json::array());
  if (!tags.empty()) c.region.tags[arn] = tags;
  revisions.push_back(definition);
  c.key = family, c.effect = arn;
  return {{"taskDefinition", definition}, {"tags", tags}};
}

Json describe(Context& c, const Json& params) {
  const Json* found = find_task_definition(c, text_at(params, "taskDefinition"));
  if (found == nullptr) refuse("Unable to describe task definition.");
  Json out{{"taskDefinition", *found}};
  if (wants_tags(params)) out["tags"] = tags_of(c, text_at(*found, "taskDefinitionArn"));
  return out;
}

Json deregister(Context& c, const Json& params) {
  const auto name = text_at(params, "taskDefinition");
  if (last_part(name).find(':') == std::string::npos) throw Refusal{"InvalidParameterException", "Revision is missing."};
  Json* found = find_task_definition(c, name);
  if (found == nullptr) refuse("The specified task definition does not exist.");
  (*found)["status"] = "INACTIVE";
  (*found)["deregisteredAt"] = epoch(c.now());
  c.key = text_at(*found, "taskDefinitionArn"), c.effect = "deregistered";
  return {{"taskDefinition", *found}};
}

Json list(Context& c, const Json& params) {
  const auto family = text_at(params, "familyPrefix"), status = text_at(params, "status", "ACTIVE");
  Json arns = Json::array();
  for (const auto& [name, revisions] : c.region.task_definitions) {
    if (!family.empty() && name != family) continue;
    for (const auto& one : revisions)
      if (text_at(one, "status") == status) arns.push_back(one["taskDefinitionArn"]);
  }
  if (text_at(params, "sort") == "DESC") std::reverse(arns.begin(), arns.end());
  return page(arns, params, "taskDefinitionArns", 100);
}

Json families(Context& c, const Json& params) {
  const auto prefix = text_at(params, "familyPrefix"), status = text_at(params, "status", "ACTIVE");
  Json names = Json::array();
  for (const auto& [name, revisions] : c.region.task_definitions) {
    const bool active = std::ranges::any_of(revisions, [](const Json& one) { return text_at(one, "status") == "ACTIVE"; });
    if (name.starts_with(prefix) && (status == "ALL" || active == (status == "ACTIVE"))) names.push_back(name);
  }
  return page(names, params, "families", 100);
}

Json delete_many(Context& c, const Json& params) {
  Json out{{"taskDefinitions", Json::array()}, {"failures", Json::array()}};
  for (const auto& name : texts_of(params, "taskDefinitions")) {
    Json* found = find_task_definition(c, name);
    if (found == nullptr || text_at(*found, "status") == "ACTIVE") {
      out["failures"].push_back({{"arn", name}, {"reason", found ? "TASK_DEFINITION_IS_ACTIVE" : "MISSING"}});
      continue;
    }
    (*found)["status"] = "DELETE_IN_PROGRESS";
    (*found)["deleteRequestedAt"] = epoch(c.now());
    c.key = name, c.effect = "deleted";
    out["taskDefinitions"].push_back(*found);
  }
  return out;
}

}  // namespace

Json* find_task_definition(Context& c, const std::string& name) {
  const auto parts = split(last_part(name), ':');
  const auto family = c.region.task_definitions.find(parts.front());
  if (family == c.region.task_definitions.end()) return nullptr;
  if (parts.size() > 1) {
    const auto number = parse_int(parts[1]).value_or(0);
    const bool known = number >= 1 && number <= static_cast<long long>(family->second.size());
    return known ? &family->second[static_cast<std::size_t>(number - 1)] : nullptr;
  }
  const auto newest =
      std::find_if(family->second.rbegin(), family->second.rend(), [](const Json& one) { return text_at(one, "status") == "ACTIVE"; });
  return newest == family->second.rend() ? nullptr : &*newest;
}

Json& usable_task_definition(Context& c, const std::string& name) {
  Json* found = find_task_definition(c, name);
  if (found == nullptr) refuse("TaskDefinition not found.");
  if (text_at(*found, "status") != "ACTIVE") refuse("TaskDefinition is inactive");
  return *found;
}

void add_task_definitions(Table& table) {
  table["ecs.RegisterTaskDefinition"] = {register_one, true, "ecs.register"};
  table["ecs.DeregisterTaskDefinition"] = {deregister, true, "ecs.register"};
  table["ecs.DeleteTaskDefinitions"] = {delete_many, true, "ecs.register"};
  table["ecs.DescribeTaskDefinition"] = {describe, false, "ecs.definition-read"};
  table["ecs.ListTaskDefinitions"] = {list, false, "ecs.definition-read"};
  table["ecs.ListTaskDefinitionFamilies"] = {families, false, "ecs.definition-read"};
}

}  // namespace fairlead::sandbox::ecs
