// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbox/ecs/ecs.hpp"

namespace fairlead::sandbox::ecs {

namespace {

Json images_of(Context& c, const std::string& definition) {
  Json images = Json::array();
  const Json* found = find_task_definition(c, definition);
  if (found == nullptr) return images;
  for (const auto& container : member(*found, "containerDefinitions")) {
    const auto image = resolve_image(c, text_at(container, "image"));
    Json one{{"containerName", container["name"]}, {"image", container["image"]}};
    if (!image.digest.empty()) one["imageDigest"] = image.digest;
    images.push_back(one);
  }
  return images;
}

std::string make_revision(Context& c, const Service& service) {
  const auto arn = c.arn("ecs", "service-revision/" + last_part(service.cluster) + "/" + service.name + "/" + c.world.number_id(19));
  Json revision{{"serviceRevisionArn", arn},     {"serviceArn", service.arn},
                {"clusterArn", service.cluster}, {"guardDutyEnabled", false},
                {"createdAt", epoch(c.now())},   {"containerImages", images_of(c, text_at(service.fields, "taskDefinition"))}};
  revision.update(revision_fields(service.fields));
  c.region.revisions[arn] = revision;
  return arn;
}

Deployment& add_primary(Context& c, Service& service, const std::string& revision, const std::string& deployment) {
  for (auto& old : service.deployments) old.status = "ACTIVE";
  Deployment fresh;
  fresh.id = "ecs-svc/" + c.world.number_id(19);
  fresh.revision = revision;
  fresh.service_deployment = deployment;
  fresh.status = "PRIMARY";
  fresh.rollout = "IN_PROGRESS";
  fresh.reason = "ECS deployment " + fresh.id + " in progress.";
  fresh.created = fresh.updated = c.now();
  service.deployments.insert(service.deployments.begin(), fresh);
  service.steady = false;
  service.start_failures = 0;
  service.hold_until.reset();
  service.told.clear();
  return service.deployments.front();
}

/// Tasks that still run the revision belong to the new deployment: a rollback starts only what is missing.
void adopt(Context& c, const Service& service, const std::string& revision, const std::string& id) {
  for (const auto& arn : service.tasks) {
    Task& task = c.region.tasks.at(arn);
    const auto its = std::ranges::find(service.deployments, task.deployment, &Deployment::id);
    if (task.wanted() && its != service.deployments.end() && its->revision == revision) task.deployment = id;
  }
}

int tasks_of(Context& c, const Service& service, const std::string& deployment) {
  return static_cast<int>(std::ranges::count_if(service.tasks, [&](const std::string& arn) {
    const Task& task = c.region.tasks.at(arn);
    return task.deployment == deployment && task.wanted();
  }));
}

}  // namespace

const std::vector<std::string>& revision_parts() {
  static const std::vector<std::string> parts{"taskDefinition",
                                              "networkConfiguration",
                                              "platformVersion",
                                              "loadBalancers",
                                              "serviceRegistries",
                                              "launchType",
                                              "capacityProviderStrategy",
                                              "serviceConnectConfiguration",
                                              "volumeConfigurations",
                                              "vpcLatticeConfigurations",
                                              "platformFamily"};
  return parts;
}

Json revision_fields(const Json& fields) {
  Json out = Json::object();
  for (const auto& part : revision_parts()) {
    const Json& value = member(fields, part);
    if (!value.is_null() && !(value.is_array() && value.empty())) out[part] = value;
  }
  return out;
}

void begin_deployment(Context& c, Service& service, const std::string& reason) {
  ServiceDeployment made;
  made.arn = c.arn("ecs", "service-deployment/" + last_part(service.cluster) + "/" + service.name + "/" + c.world.hex_id(21));
  made.service = service.arn;
  made.status = "PENDING";
  made.reason = reason;
  made.created = made.updated = c.now();
  made.configuration = service.fields["deploymentConfiguration"];
  made.target = make_revision(c, service);
  for (const auto& old : service.deployments) made.sources.emplace_back(old.revision, tasks_of(c, service, old.id));
  if (auto* current = service_deployment_of(c, service); current != nullptr && !is_over(*current))
    set_status(c, *current, "STOPPED", "Service deployment stopped because of a newer service deployment.");
  const bool breaker = flag_at(member(made.configuration, "deploymentCircuitBreaker"), "enable");
  made.breaker = breaker ? "MONITORING" : "DISABLED";
  made.threshold = breaker ? threshold_of(service, made.configuration) : 0;
  const Json& alarms = member(made.configuration, "alarms");
  if (flag_at(alarms, "enable")) {
    // An alarm that is already ringing switches the monitoring off for the whole deployment.
    made.alarms = any_alarm(c, member(alarms, "alarmNames")) ? "DISABLED" : "MONITORING";
  }
  add_primary(c, service, made.target, made.arn);
  c.region.service_deployments[made.arn] = made;
  wake(c, service);
}

void begin_rollback(Context& c, Service& service, const std::string& revision, const std::string& reason, const std::string& event) {
  const std::string deployment = service.deployments.front().service_deployment;
  service.deployments.front().halted = true;
  auto& fresh = add_primary(c, service, revision, deployment);
  fresh.rollback = true;
  const auto id = fresh.id;
  adopt(c, service, revision, id);
  if (!reason.empty()) fresh.reason = reason + ": rolling back to deploymentId " + id + ".";
  service.fields.update(revision_fields(c.region.revisions.at(revision)));
  if (!event.empty()) say(c, service, event + " rolling back to deployment " + id + ".");
  auto& record = c.region.service_deployments.at(deployment);
  record.rollback = {{"reason", reason.empty() ? "Rollback was requested." : reason + "."},
                     {"startedAt", epoch(c.now())},
                     {"serviceRevisionArn", revision}};
  set_status(c, record, "ROLLBACK_IN_PROGRESS");
  wake(c, service);
}

ServiceDeployment* service_deployment_of(Context& c, const Service& service) {
  if (service.deployments.empty()) return nullptr;
  const auto found = c.region.service_deployments.find(service.deployments.front().service_deployment);
  return found == c.region.service_deployments.end() ? nullptr : &found->second;
}

bool is_over(const ServiceDeployment& one) {
  return one.status == "SUCCESSFUL" || one.status == "STOPPED" || one.status == "ROLLBACK_SUCCESSFUL" || one.status == "ROLLBACK_FAILED";
}

void set_status(Context& c, ServiceDeployment& one, const std::string& status, const std::string& reason) {
  one.status = status;
  if (!reason.empty()) one.reason = reason;
  one.updated = c.now();
  if (status == "IN_PROGRESS" && !one.started) one.started = c.now();
  if (status == "STOPPED") one.stopped = c.now();
  if (is_over(one)) {
    one.finished = c.now();
    if (one.breaker == "MONITORING") one.breaker = "MONITORING_COMPLETE";
    if (one.alarms == "MONITORING") one.alarms = "MONITORING_COMPLETE";
  }
}

}  // namespace fairlead::sandbox::ecs
