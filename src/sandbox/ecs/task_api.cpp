// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "sandbox/ecs/ecs.hpp"

namespace fairlead::sandbox::ecs {

namespace {

[[noreturn]] void refuse(const std::string& message) { throw Refusal{"InvalidParameterException", message}; }

/// The tasks of an earlier call with the same token; Refusal when that call asked for something else.
std::optional<Json> repeated(Context& c, const std::string& slot, const Json& request) {
  const auto known = c.region.tokens.find(slot);
  if (known == c.region.tokens.end()) return std::nullopt;
  const bool expired = c.now() > from_micros(number_at(known->second, "at")) + std::chrono::hours(24);
  if (expired) return std::nullopt;
  if (known->second["request"] != request)
    throw Refusal{"ConflictException",
                  "The request could not be processed because of conflict in the current state of the resource.",
                  400,
                  {{"resourceIds", known->second["tasks"]}}};
  Json out{{"tasks", Json::array()}, {"failures", Json::array()}};
  for (const auto& arn : texts_of(known->second, "tasks")) {
    const auto task = c.region.tasks.find(arn);
    if (task != c.region.tasks.end()) out["tasks"].push_back(task_view(c, task->second, true));
  }
  return out;
}

bool has_capacity(Context& c, const Json& params) {
  const std::map<std::string, std::string> facts{{"family", split(last_part(text_at(params, "taskDefinition")), ':').front()},
                                                 {"cluster", last_part(text_at(params, "cluster"))},
                                                 {"operation", "RunTask"}};
  return std::ranges::none_of(c.world.faults,
                              [&](const FaultRule& rule) { return rule.kind == "no-capacity" && fault_matches(rule, facts); });
}

Json run(Context& c, const Json& params) {
  const auto cluster = cluster_arn(c, params);
  const auto count = number_of(params, "count", 1);
  if (count < 1 || count > 10) refuse("Invalid count: must be between 1 and 10.");
  const auto token = text_at(params, "clientToken"), slot = cluster + " " + token;
  c.key = token.empty() ? text_at(params, "startedBy") : token;
  if (!token.empty())
    if (auto same = repeated(c, slot, params)) return *same;
  const Json& definition = usable_task_definition(c, text_at(params, "taskDefinition"));
  if (text_at(definition, "networkMode") == "awsvpc" && !params.contains("networkConfiguration"))
    refuse("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  Json out{{"tasks", Json::array()}, {"failures", Json::array()}};
  if (!has_capacity(c, params)) {
    out["failures"].push_back(
        {{"reason", "Capacity is unavailable at this time. Please try again later or in a different availability zone"}});
    return out;
  }
  TaskRequest request;
  request.cluster = cluster;
  request.task_definition = text_at(definition, "taskDefinitionArn");
  request.started_by = text_at(params, "startedBy");
  request.group = text_at(params, "group", "family:" + text_at(definition, "family"));
  request.launch_type = text_at(params, "launchType");
  request.overrides = params.value("overrides", Json::object());
  request.tags = params.value("tags", Json::array());
  request.network = member(params, "networkConfiguration");
  request.capacity = member(params, "capacityProviderStrategy");
  request.exec = flag_of(params, "enableExecuteCommand");
  Json arns = Json::array();
  for (int i = 0; i < count; ++i) {
    const Task& task = make_task(c, request);
    arns.push_back(task.arn);
    out["tasks"].push_back(task_view(c, task, true));
  }
  if (!token.empty()) c.region.tokens[slot] = {{"request", params}, {"tasks", arns}, {"at", to_micros(c.now())}};
  c.effect = join(texts_of({{"x", arns}}, "x"), " ");
  return out;
}

Task* find_task(Context& c, const std::string& cluster, const std::string& name) {
  const auto found = c.region.tasks.find(c.arn("ecs", "task/" + last_part(cluster) + "/" + last_part(name)));
  return found == c.region.tasks.end() ? nullptr : &found->second;
}

Json stop(Context& c, const Json& params) {
  Task* task = find_task(c, cluster_arn(c, params), text_at(params, "task"));
  if (task == nullptr) refuse("The referenced task was not found.");
  c.key = task->arn;
  if (!task->stop_wanted) c.effect = "stopped";
  stop_task(c, *task, "UserInitiated", text_at(params, "reason", "Task stopped by user"));
  return {{"task", task_view(c, *task, true)}};
}

Json describe(Context& c, const Json& params) {
  const auto cluster = cluster_arn(c, params);
  const auto names = texts_of(params, "tasks");
  if (names.empty()) refuse("Tasks cannot be empty.");
  if (names.size() > 100) refuse("Cannot describe more than 100 tasks at once.");
  Json out{{"tasks", Json::array()}, {"failures", Json::array()}};
  for (const auto& name : names) {
    const Task* task = find_task(c, cluster, name);
    if (task == nullptr)
      out["failures"].push_back(
          {{"arn", name.starts_with("arn:") ? name : c.arn("ecs", "task/" + last_part(cluster) + "/" + name)}, {"reason", "MISSING"}});
    else
      out["tasks"].push_back(task_view(c, *task, wants_tags(params)));
  }
  return out;
}

Json list(Context& c, const Json& params) {
  const auto cluster = cluster_arn(c, params);
  const auto desired = text_at(params, "desiredStatus", "RUNNING"), by = text_at(params, "startedBy"), family = text_at(params, "family");
  const auto name = text_at(params, "serviceName"), type = text_at(params, "launchType");
  if (!by.empty() && (!family.empty() || !name.empty())) refuse("When startedBy is specified, it must be the only filter.");
  if (!name.empty() && find_service(c, cluster, name) == nullptr) throw Refusal{"ServiceNotFoundException", "Service not found."};
  Json arns = Json::array();
  for (const auto& [arn, task] : c.region.tasks) {
    const Json& view = task.view;
    const bool fits = text_at(view, "clusterArn") == cluster && text_at(view, "desiredStatus") == desired &&
                      (by.empty() || text_at(view, "startedBy") == by) && (type.empty() || text_at(view, "launchType") == type) &&
                      (name.empty() || text_at(view, "group") == "service:" + last_part(name)) &&
                      (family.empty() || split(last_part(text_at(view, "taskDefinitionArn")), ':').front() == family);
    if (fits) arns.push_back(arn);
  }
  return page(arns, params, "taskArns", 100);
}

}  // namespace

void add_tasks(Table& table) {
  table["ecs.RunTask"] = {run, true, "ecs.run"};
  table["ecs.StopTask"] = {stop, true, "ecs.run"};
  table["ecs.DescribeTasks"] = {describe, false, "ecs.task-read"};
  table["ecs.ListTasks"] = {list, false, "ecs.task-read"};
}

}  // namespace fairlead::sandbox::ecs

namespace fairlead::sandbox {

void add_ecs(Table& table) {
  ecs::add_clusters(table);
  ecs::add_task_definitions(table);
  ecs::add_tags(table);
  ecs::add_services(table);
  ecs::add_service_update(table);
  ecs::add_service_deployments(table);
  ecs::add_tasks(table);
}

}  // namespace fairlead::sandbox
