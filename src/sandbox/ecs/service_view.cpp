// SPDX-License-Identifier: Apache-2.0
#include "sandbox/ecs/ecs.hpp"

namespace fairlead::sandbox::ecs {

namespace {

struct Counts {
  int running = 0, pending = 0, wanted = 0;
};

Counts count(Context& c, const Service& service, const std::string& deployment) {
  Counts counts;
  for (const auto& arn : service.tasks) {
    const Task& task = c.region.tasks.at(arn);
    if (!deployment.empty() && task.deployment != deployment) continue;
    counts.running += task.phase == Phase::running;
    counts.pending += task.phase < Phase::running;
    counts.wanted += task.wanted();
  }
  return counts;
}

Json deployment_view(Context& c, const Service& service, const Deployment& one) {
  const auto counts = count(c, service, one.id);
  const Json& revision = c.region.revisions.at(one.revision);
  Json view{{"id", one.id},
            {"status", one.status},
            {"taskDefinition", revision["taskDefinition"]},
            {"desiredCount", one.status == "PRIMARY" ? service.desired : counts.wanted},
            {"pendingCount", counts.pending},
            {"runningCount", counts.running},
            {"failedTasks", one.failed},
            {"createdAt", epoch(one.created)},
            {"updatedAt", epoch(one.updated)},
            {"rolloutState", one.rollout},
            {"rolloutStateReason", one.reason}};
  for (const char* key : {"launchType", "capacityProviderStrategy", "platformVersion", "platformFamily", "networkConfiguration",
                          "serviceConnectConfiguration", "volumeConfigurations", "vpcLatticeConfigurations"})
    if (revision.contains(key)) view[key] = revision[key];
  if (text_at(view, "platformVersion") == "LATEST") view["platformVersion"] = "1.4.0";
  return view;
}

}  // namespace

Json service_view(Context& c, Service& service) {
  Json view = service.fields;
  for (const char* key : {"serviceConnectConfiguration", "volumeConfigurations", "vpcLatticeConfigurations"}) view.erase(key);
  const auto counts = count(c, service, {});
  view["status"] = service.active ? "ACTIVE" : service.draining ? "DRAINING" : "INACTIVE";
  view["desiredCount"] = service.desired;
  view["runningCount"] = counts.running;
  view["pendingCount"] = counts.pending;
  view["events"] = Json::array();
  for (const auto& event : service.events) view["events"].push_back(event);
  view["deployments"] = Json::array();
  for (const auto& one : service.deployments) view["deployments"].push_back(deployment_view(c, service, one));
  if (controller_of(service) != "ECS") {
    view["taskSets"] = Json::array();
    return view;
  }
  Json current = Json::array();
  for (const auto& one : service.deployments) {
    const auto its = count(c, service, one.id);
    current.push_back({{"arn", one.revision},
                       {"requestedTaskCount", one.status == "PRIMARY" ? service.desired : its.wanted},
                       {"runningTaskCount", its.running},
                       {"pendingTaskCount", its.pending}});
  }
  view["currentServiceRevisions"] = current;
  if (!service.deployments.empty()) {
    view["taskDefinition"] = c.region.revisions.at(service.deployments.front().revision)["taskDefinition"];
    view["currentServiceDeployment"] = service.deployments.front().service_deployment;
  }
  return view;
}

}  // namespace fairlead::sandbox::ecs
