// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "sandbox/ecs/ecs.hpp"

namespace fairlead::sandbox::ecs {

namespace {

Deployment* deployment_of(Service& service, const std::string& id) {
  const auto found = std::ranges::find(service.deployments, id, &Deployment::id);
  return found == service.deployments.end() ? nullptr : &*found;
}

bool resets(const Json& configuration) { return flag_at(member(configuration, "deploymentCircuitBreaker"), "resetOnHealthyTask", true); }

}  // namespace

/// BOUNDED_PERCENT 50 by default: half of the desired count, at least 3, at most 200.
int threshold_of(const Service& service, const Json& configuration) {
  const Json& chosen = member(member(configuration, "deploymentCircuitBreaker"), "thresholdConfiguration");
  const auto type = text_at(chosen, "type", "BOUNDED_PERCENT");
  const auto value = static_cast<double>(number_of(chosen, "value", 50));
  if (type == "COUNT") return std::max(1, static_cast<int>(value));
  const int share = static_cast<int>(std::ceil(service.desired * value / 100.0));
  return type == "UNBOUNDED_PERCENT" ? std::max(1, share) : std::clamp(share, 3, 200);
}

void note_healthy(Context& c, Service& service, Task& task) {
  if (task.was_healthy) return;
  task.was_healthy = true;
  Deployment* deployment = deployment_of(service, task.deployment);
  service.start_failures = 0;
  if (deployment == nullptr || !deployment->counting) return;
  const auto& record = c.region.service_deployments.at(deployment->service_deployment);
  if (!resets(record.configuration)) return;
  deployment->failed = 0;
  deployment->counting = false;
}

/// A task that was healthy once and stops later is no failure of its deployment: AWS's counter does not see flapping tasks, unless
/// `resetOnHealthyTask` is false.
void count_failure(Context& c, Service& service, Task& task) {
  if (task.phase < Phase::running || !task.running_at) ++service.start_failures;
  Deployment* deployment = deployment_of(service, task.deployment);
  if (deployment == nullptr || deployment->status != "PRIMARY" || deployment->halted) return;
  auto& record = c.region.service_deployments.at(deployment->service_deployment);
  const bool cumulative = !resets(record.configuration);
  if (!cumulative && (!deployment->counting || task.was_healthy)) return;
  deployment->failed += 1;
  deployment->updated = c.now();
  if (!deployment->rollback) record.failures = deployment->failed;
  if (record.breaker != "MONITORING" || deployment->failed < record.threshold) return;
  record.breaker = "TRIGGERED";
  const bool back = flag_at(member(record.configuration, "deploymentCircuitBreaker"), "rollback");
  fail_deployment(c, service, "ECS deployment circuit breaker", back, "tasks failed to start");
}

void fail_deployment(Context& c, Service& service, const std::string& cause, bool back, const std::string& detail) {
  Deployment& primary = service.deployments.front();
  const std::string prefix = "(service " + service.name + ")";
  primary.rollout = "FAILED";
  primary.reason = cause + ": " + detail + ".";
  primary.updated = c.now();
  primary.halted = true;
  say(c, service, prefix + " (deployment " + primary.id + ") deployment failed: " + detail + ".");
  auto& record = c.region.service_deployments.at(primary.service_deployment);
  if (!back) return set_status(c, record, "STOPPED", primary.reason);
  if (service.completed.empty() || service.completed == primary.revision)
    return set_status(c, record, "ROLLBACK_FAILED", "No rollback candidate was found to run the rollback.");
  begin_rollback(c, service, service.completed, cause, prefix);
}

bool any_alarm(Context& c, const Json& names, std::vector<std::string>* which) {
  bool any = false;
  const auto& alarms = c.region.things["alarm"];
  for (const auto& name : names) {
    if (!name.is_string()) continue;
    const auto found = alarms.find(name.get<std::string>());
    if (found == alarms.end() || text_at(found->second, "StateValue") != "ALARM") continue;
    any = true;
    if (which != nullptr) which->push_back(found->first);
  }
  return any;
}

void watch_alarms(Context& c, Service& service) {
  auto* record = service_deployment_of(c, service);
  if (record == nullptr || record->alarms != "MONITORING" || record->status != "IN_PROGRESS") return;
  const Json& alarms = member(record->configuration, "alarms");
  if (!any_alarm(c, member(alarms, "alarmNames"), &record->triggered)) return;
  record->alarms = "TRIGGERED";
  fail_deployment(c, service, "ECS deployment alarms", flag_at(alarms, "rollback"), "alarm detected");
}

}  // namespace fairlead::sandbox::ecs
