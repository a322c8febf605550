// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbox/ecs/ecs.hpp"

namespace fairlead::sandbox::ecs {

namespace {

Json summary(Context& c, const std::string& service_arn, const std::string& revision, int asked) {
  int running = 0, pending = 0;
  const auto service = c.region.services.find(service_arn);
  if (service != c.region.services.end()) {
    std::vector<std::string> ids;
    for (const auto& one : service->second.deployments)
      if (one.revision == revision) ids.push_back(one.id);
    for (const auto& arn : service->second.tasks) {
      const Task& task = c.region.tasks.at(arn);
      if (std::ranges::find(ids, task.deployment) == ids.end()) continue;
      running += task.phase == Phase::running;
      pending += task.phase < Phase::running;
    }
  }
  return {{"arn", revision}, {"requestedTaskCount", asked}, {"runningTaskCount", running}, {"pendingTaskCount", pending}};
}

void add_times(Json& view, const ServiceDeployment& one) {
  view["createdAt"] = epoch(one.created);
  if (one.started) view["startedAt"] = epoch(*one.started);
  if (one.finished) view["finishedAt"] = epoch(*one.finished);
}

Json full(Context& c, const ServiceDeployment& one) {
  const Service& service = c.region.services.at(one.service);
  Json view{{"serviceDeploymentArn", one.arn},
            {"serviceArn", one.service},
            {"clusterArn", service.cluster},
            {"status", one.status},
            {"updatedAt", epoch(one.updated)},
            {"deploymentConfiguration", one.configuration},
            {"sourceServiceRevisions", Json::array()},
            {"targetServiceRevision", summary(c, one.service, one.target, service.desired)},
            {"deploymentCircuitBreaker", {{"status", one.breaker}, {"failureCount", one.failures}, {"threshold", one.threshold}}},
            {"alarms", {{"status", one.alarms}, {"alarmNames", Json::array()}, {"triggeredAlarmNames", one.triggered}}}};
  const Json& names = member(member(one.configuration, "alarms"), "alarmNames");
  if (names.is_array()) view["alarms"]["alarmNames"] = names;
  for (const auto& [revision, asked] : one.sources) view["sourceServiceRevisions"].push_back(summary(c, one.service, revision, asked));
  add_times(view, one);
  if (one.stopped) view["stoppedAt"] = epoch(*one.stopped);
  if (!one.reason.empty()) view["statusReason"] = one.reason;
  if (!one.rollback.is_null()) view["rollback"] = one.rollback;
  return view;
}

Json describe(Context& c, const Json& params) {
  const auto arns = texts_of(params, "serviceDeploymentArns");
  if (arns.size() > 20) throw Refusal{"InvalidParameterException", "Cannot describe more than 20 service deployments at once."};
  Json out{{"serviceDeployments", Json::array()}, {"failures", Json::array()}};
  for (const auto& arn : arns) {
    const auto found = c.region.service_deployments.find(arn);
    if (found == c.region.service_deployments.end())
      out["failures"].push_back({{"arn", arn}, {"reason", "MISSING"}});
    else
      out["serviceDeployments"].push_back(full(c, found->second));
  }
  return out;
}

Json list(Context& c, const Json& params) {
  const auto name = text_at(params, "service");
  const auto cluster =
      name.starts_with("arn:") && !params.contains("cluster") ? last_part(name.substr(0, name.rfind('/'))) : cluster_arn(c, params);
  Service* service = find_service(c, cluster, name);
  if (service == nullptr) throw Refusal{"ServiceNotFoundException", "Service not found."};
  const auto states = texts_of(params, "status");
  const Json& range = member(params, "createdAt");
  const auto bound = [&](const char* key, double fallback) {
    const Json& value = member(range, key);
    return value.is_number() ? value.get<double>() : fallback;
  };
  std::vector<const ServiceDeployment*> found;
  for (const auto& [_, one] : c.region.service_deployments) {
    const bool state = states.empty() || std::ranges::find(states, one.status) != states.end();
    const bool time = epoch(one.created) >= bound("after", 0) && epoch(one.created) <= bound("before", 1e15);
    if (one.service == service->arn && state && time) found.push_back(&one);
  }
  std::ranges::sort(found, [](const auto* a, const auto* b) { return a->created > b->created; });
  Json all = Json::array();
  for (const auto* one : found) {
    Json view{{"serviceDeploymentArn", one->arn},
              {"serviceArn", one->service},
              {"clusterArn", service->cluster},
              {"status", one->status},
              {"targetServiceRevisionArn", one->target}};
    add_times(view, *one);
    if (!one->reason.empty()) view["statusReason"] = one->reason;
    all.push_back(view);
  }
  return page(all, params, "serviceDeployments", 100);
}

Json revisions(Context& c, const Json& params) {
  Json out{{"serviceRevisions", Json::array()}, {"failures", Json::array()}};
  for (const auto& arn : texts_of(params, "serviceRevisionArns")) {
    const auto found = c.region.revisions.find(arn);
    if (found == c.region.revisions.end())
      out["failures"].push_back({{"arn", arn}, {"reason", "MISSING"}});
    else
      out["serviceRevisions"].push_back(found->second);
  }
  return out;
}

Json stop(Context& c, const Json& params) {
  const auto arn = text_at(params, "serviceDeploymentArn"), kind = text_at(params, "stopType", "ROLLBACK");
  const auto found = c.region.service_deployments.find(arn);
  c.key = arn;
  if (found == c.region.service_deployments.end()) throw Refusal{"ServiceDeploymentNotFoundException", "Service deployment not found."};
  ServiceDeployment& one = found->second;
  if (is_over(one)) throw Refusal{"ConflictException", "The service deployment is in status " + one.status + " and cannot be stopped."};
  if (one.status == "PENDING" || one.status == "IN_PROGRESS") {
    set_status(c, one, kind == "ABORT" ? "STOP_REQUESTED" : "ROLLBACK_REQUESTED");
    wake(c, c.region.services.at(one.service));
    c.effect = one.status;
  }
  return {{"serviceDeploymentArn", arn}};
}

}  // namespace

void add_service_deployments(Table& table) {
  table["ecs.DescribeServiceDeployments"] = {describe, false, "ecs.deployment-read"};
  table["ecs.ListServiceDeployments"] = {list, false, "ecs.deployment-read"};
  table["ecs.DescribeServiceRevisions"] = {revisions, false, "ecs.revision-read"};
  table["ecs.StopServiceDeployment"] = {stop, true, "ecs.service-write"};
}

}  // namespace fairlead::sandbox::ecs
