// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/observation.hpp"

#include <algorithm>
#include <cmath>

#include "fairlead/base/json.hpp"

namespace fairlead::deploy::ecs {
namespace {

/// AWS's JSON protocol writes times as seconds since 1970 with a fraction.
std::optional<Time> seconds_at(const Json& json, std::string_view key) {
  const Json& value = member(json, key);
  if (value.is_number()) return from_micros(static_cast<std::int64_t>(std::llround(value.get<double>() * 1e6)));
  return value.is_string() ? parse_time(value.get<std::string>()) : std::nullopt;
}

int int_at(const Json& json, std::string_view key, int fallback = 0) { return static_cast<int>(number_at(json, key, fallback)); }

Deployment deployment_from(const Json& json) {
  Deployment it;
  it.id = text_at(json, "id");
  it.status = text_at(json, "status");
  it.task_definition = text_at(json, "taskDefinition");
  it.rollout = text_at(json, "rolloutState");
  it.rollout_reason = text_at(json, "rolloutStateReason");
  it.desired = int_at(json, "desiredCount");
  it.pending = int_at(json, "pendingCount");
  it.running = int_at(json, "runningCount");
  it.failed = int_at(json, "failedTasks");
  it.created_at = seconds_at(json, "createdAt").value_or(Time{});
  return it;
}

Container container_from(const Json& json) {
  Container it;
  it.name = text_at(json, "name");
  if (member(json, "exitCode").is_number_integer()) it.exit_code = int_at(json, "exitCode");
  it.reason = text_at(json, "reason");
  it.health = text_at(json, "healthStatus", "UNKNOWN");
  return it;
}

void add_addresses(Task& task, const Json& attachments) {
  for (const Json& attachment : attachments) {
    for (const Json& detail : member(attachment, "details")) {
      if (text_at(detail, "name") == "privateIPv4Address") task.addresses.push_back(text_at(detail, "value"));
    }
  }
}

}  // namespace

const Deployment* Service::primary() const {
  const auto found = std::ranges::find(deployments, "PRIMARY", &Deployment::status);
  return found == deployments.end() ? nullptr : &*found;
}

const Deployment* Service::find(const std::string& id) const {
  const auto found = std::ranges::find(deployments, id, &Deployment::id);
  return found == deployments.end() ? nullptr : &*found;
}

Service service_from(const Json& json) {
  Service it;
  it.arn = text_at(json, "serviceArn");
  it.cluster_arn = text_at(json, "clusterArn");
  it.name = text_at(json, "serviceName");
  it.status = text_at(json, "status");
  it.controller = text_at(member(json, "deploymentController"), "type", "ECS");
  it.task_definition = text_at(json, "taskDefinition");
  it.desired = int_at(json, "desiredCount");
  it.running = int_at(json, "runningCount");
  const Json& configuration = member(json, "deploymentConfiguration");
  it.min_percent = int_at(configuration, "minimumHealthyPercent", 100);
  it.max_percent = int_at(configuration, "maximumPercent", 200);
  for (const Json& balancer : member(json, "loadBalancers")) {
    if (auto group = text_at(balancer, "targetGroupArn"); !group.empty()) it.target_groups.push_back(std::move(group));
  }
  for (const Json& deployment : member(json, "deployments")) it.deployments.push_back(deployment_from(deployment));
  for (const Json& event : member(json, "events")) {
    it.events.push_back({text_at(event, "id"), seconds_at(event, "createdAt").value_or(Time{}), text_at(event, "message")});
  }
  return it;
}

Task task_from(const Json& json) {
  Task it;
  it.arn = text_at(json, "taskArn");
  it.deployment = text_at(json, "startedBy");
  it.task_definition = text_at(json, "taskDefinitionArn");
  it.status = text_at(json, "lastStatus");
  it.health = text_at(json, "healthStatus", "UNKNOWN");
  it.stop_code = text_at(json, "stopCode");
  it.stopped_reason = text_at(json, "stoppedReason");
  for (const Json& container : member(json, "containers")) {
    it.containers.push_back(container_from(container));
    for (const Json& network : member(container, "networkInterfaces")) {
      if (auto address = text_at(network, "privateIpv4Address"); !address.empty()) it.addresses.push_back(std::move(address));
    }
  }
  add_addresses(it, member(json, "attachments"));
  it.created_at = seconds_at(json, "createdAt");
  it.started_at = seconds_at(json, "startedAt");
  it.stopping_at = seconds_at(json, "stoppingAt");
  it.stopped_at = seconds_at(json, "stoppedAt");
  return it;
}

std::string short_id(const std::string& arn) { return arn.substr(arn.rfind('/') + 1); }
std::string revision_of(const std::string& arn) { return arn.substr(arn.rfind('/') + 1); }

}  // namespace fairlead::deploy::ecs
