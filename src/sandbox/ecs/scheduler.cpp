// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "fairlead/base/strings.hpp"
#include "sandbox/ecs/ecs.hpp"

namespace fairlead::sandbox::ecs {

namespace {

constexpr std::size_t most_events = 100;
constexpr int failures_before_throttle = 10;

struct View {
  std::vector<Task*> fresh, old;  ///< wanted ones, of the PRIMARY and of the others
  int running_or_pending = 0;
};

View view_of(Context& c, Service& service) {
  View view;
  for (const auto& arn : service.tasks) {
    Task& task = c.region.tasks.at(arn);
    if (!task.wanted()) continue;
    ++view.running_or_pending;
    (task.deployment == service.deployments.front().id ? view.fresh : view.old).push_back(&task);
  }
  return view;
}

std::string named(const std::vector<Task*>& tasks) {
  std::string text;
  for (const Task* task : tasks) text += (text.empty() ? "(task " : " (task ") + task->id + ")";
  return text;
}

std::string prefix(const Service& service) { return "(service " + service.name + ")"; }

/// Those that serve nobody first, otherwise the oldest.
void order_for_leaving(Context& c, std::vector<Task*>& tasks) {
  std::vector<Task*> ordered;
  for (const bool healthy : {false, true})
    for (Task* task : tasks)
      if (is_healthy(c, *task) == healthy) ordered.push_back(task);
  tasks = std::move(ordered);
}

void scale_in(Context& c, Service& service, std::vector<Task*> tasks, std::size_t keep) {
  if (tasks.size() <= keep) return;
  order_for_leaving(c, tasks);
  tasks.resize(tasks.size() - keep);
  for (Task* task : tasks)
    stop_task(c, *task, "ServiceSchedulerInitiated", "Scaling activity initiated by (deployment " + service.deployments.front().id + ")");
  say(c, service, prefix(service) + " has stopped " + std::to_string(tasks.size()) + " running tasks: " + named(tasks) + ".");
}

/// The reason why a running task must be replaced; empty: none.
std::string unhealthy(Context& c, Service& service, const Task& task) {
  if (task.phase != Phase::running) return {};
  const auto grace = c.world.times.scaled(std::chrono::seconds(number_at(service.fields, "healthCheckGracePeriodSeconds")));
  if (c.now() < *task.running_at + grace) return {};
  if (container_health(task) == "UNHEALTHY") return "Task failed container health checks";
  for (const auto& [group, key] : task.targets) {
    const auto found = c.region.groups.find(group);
    if (found == c.region.groups.end()) continue;
    const auto target = found->second.targets.find(key);
    if (target == found->second.targets.end() || target->second.state != "unhealthy") continue;
    say(c, service,
        prefix(service) + " (port " + std::to_string(target->second.port) + ") is unhealthy in (target-group " + group +
            ") due to (reason " + target->second.description + ")");
    return "Task failed ELB health checks in (target-group " + group + ")";
  }
  return {};
}

void replace_unhealthy(Context& c, Service& service) {
  const auto arns = service.tasks;
  for (const auto& arn : arns) {
    Task& task = c.region.tasks.at(arn);
    if (!task.wanted()) continue;
    if (task.phase == Phase::running && is_healthy(c, task)) note_healthy(c, service, task);
    const auto reason = unhealthy(c, service, task);
    if (reason.empty()) continue;
    stop_task(c, task, "ServiceSchedulerInitiated", reason);
    count_failure(c, service, task);
  }
}

bool capacity(Context& c, Service& service) {
  const std::map<std::string, std::string> facts{{"service", service.name},
                                                 {"cluster", last_part(service.cluster)},
                                                 {"family", split(last_part(text_at(service.fields, "taskDefinition")), ':').front()}};
  const bool none =
      std::ranges::any_of(c.world.faults, [&](const FaultRule& rule) { return rule.kind == "no-capacity" && fault_matches(rule, facts); });
  if (none && service.told.insert("capacity").second)
    say(c, service,
        prefix(service) +
            " was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different "
            "availability zone. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.");
  return !none;
}

void launch(Context& c, Service& service, int count) {
  if (count <= 0 || !capacity(c, service)) return;
  const Deployment primary = service.deployments.front();
  const Json revision = c.region.revisions.at(primary.revision);
  TaskRequest request;
  request.cluster = service.cluster;
  request.task_definition = text_at(revision, "taskDefinition");
  request.started_by = request.deployment = primary.id;
  request.service = service.arn;
  request.group = "service:" + service.name;
  request.launch_type = text_at(revision, "launchType");
  request.network = member(revision, "networkConfiguration");
  request.load_balancers = revision.value("loadBalancers", Json::array());
  request.capacity = member(revision, "capacityProviderStrategy");
  request.exec = flag_at(service.fields, "enableExecuteCommand");
  if (text_at(service.fields, "propagateTags") == "SERVICE") request.tags = tags_of(c, service.arn);
  if (text_at(service.fields, "propagateTags") == "TASK_DEFINITION") request.tags = tags_of(c, request.task_definition);
  std::vector<Task*> made;
  for (int i = 0; i < count; ++i) {
    Task& task = make_task(c, request);
    service.tasks.push_back(task.arn);
    made.push_back(&task);
  }
  say(c, service, prefix(service) + " has started " + std::to_string(count) + " tasks: " + named(made) + ".");
}

bool throttled(Context& c, Service& service) {
  if (service.hold_until && c.now() < *service.hold_until) return true;
  service.hold_until.reset();
  return false;
}

/// Waves of a rolling update: at most `maximumPercent` running or pending, at least `minimumHealthyPercent` healthy.
void roll(Context& c, Service& service) {
  const Deployment& primary = service.deployments.front();
  const Json& rolling = member(service.fields, "deploymentConfiguration");
  const auto upper = static_cast<int>(service.desired * number_at(rolling, "maximumPercent", 200) / 100);
  const auto lower =
      static_cast<int>(std::ceil(static_cast<double>(service.desired * number_at(rolling, "minimumHealthyPercent", 100)) / 100.0));
  View view = view_of(c, service);
  const int missing = service.desired - static_cast<int>(view.fresh.size());
  const int room = upper - view.running_or_pending;
  if (!primary.halted && !throttled(c, service)) launch(c, service, std::min(missing, room));
  int healthy = 0;
  for (const auto& arn : service.tasks) healthy += is_healthy(c, c.region.tasks.at(arn));
  order_for_leaving(c, view.old);
  std::vector<Task*> leaving;
  for (Task* task : view.old) {
    const bool counts = is_healthy(c, *task);
    if (counts && healthy - 1 < lower) break;
    healthy -= counts;
    leaving.push_back(task);
  }
  if (!leaving.empty()) {
    const bool balanced = std::ranges::any_of(leaving, [](const Task* task) { return !task->targets.empty(); });
    if (balanced) say(c, service, prefix(service) + " has begun draining connections on " + std::to_string(leaving.size()) + " tasks.");
    for (Task* task : leaving)
      stop_task(c, *task, "ServiceSchedulerInitiated", "Scaling activity initiated by (deployment " + task->deployment + ")");
    say(c, service, prefix(service) + " has stopped " + std::to_string(leaving.size()) + " running tasks: " + named(leaving) + ".");
  }
  const bool stuck =
      missing > 0 && room <= 0 && leaving.empty() && !view.old.empty() && static_cast<int>(view.fresh.size()) + healthy <= lower;
  if (stuck && service.told.insert("stuck").second)
    say(c, service,
        prefix(service) +
            " was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the "
            "minimumHealthyPercent or maximumPercent value and try again.");
}

/// Old deployments without tasks go away.
void forget_drained(Context& c, Service& service) {
  std::erase_if(service.deployments, [&](const Deployment& one) {
    return one.status != "PRIMARY" && std::ranges::none_of(service.tasks, [&](const std::string& arn) {
             const Task& task = c.region.tasks.at(arn);
             return task.live() && task.deployment == one.id;
           });
  });
}

bool baking(Context& c, Service& service, const ServiceDeployment& record) {
  Deployment& primary = service.deployments.front();
  if (primary.bake_until) return c.now() < *primary.bake_until;
  Duration span = std::chrono::minutes(number_at(record.configuration, "bakeTimeInMinutes"));
  if (span.count() == 0 && record.alarms == "MONITORING") span = std::chrono::minutes(5);
  primary.bake_until = c.now() + c.world.times.scaled(span);
  if (span.count() > 0) c.in(span, Timer::Kind::bake, service.arn);
  return span.count() > 0;
}

void complete(Context& c, Service& service) {
  Deployment& primary = service.deployments.front();
  int healthy = 0;
  bool drained = true;
  for (const auto& arn : service.tasks) {
    const Task& task = c.region.tasks.at(arn);
    healthy += task.deployment == primary.id && is_healthy(c, task);
    drained = drained && (!task.live() || task.deployment == primary.id);
  }
  if (healthy < service.desired || !drained || service.deployments.size() > 1) {
    service.steady = false;
    return;
  }
  if (primary.rollout == "IN_PROGRESS") {
    auto& record = c.region.service_deployments.at(primary.service_deployment);
    if (!primary.rollback && baking(c, service, record)) return;
    primary.rollout = "COMPLETED";
    primary.reason = "ECS deployment " + primary.id + " completed.";
    primary.updated = c.now();
    service.completed = primary.revision;
    if (!is_over(record)) set_status(c, record, primary.rollback ? "ROLLBACK_SUCCESSFUL" : "SUCCESSFUL");
    say(c, service, prefix(service) + " (deployment " + primary.id + ") deployment completed.");
  }
  if (!service.steady && primary.rollout == "COMPLETED") say(c, service, prefix(service) + " has reached a steady state.");
  service.steady = true;
}

void answer_requests(Context& c, Service& service) {
  auto* record = service_deployment_of(c, service);
  if (record == nullptr) return;
  if (record->status == "PENDING") set_status(c, *record, "IN_PROGRESS");
  if (record->status == "STOP_REQUESTED") {
    service.deployments.front().halted = true;
    set_status(c, *record, "STOPPED", "Service deployment stopped by user.");
  }
  if (record->status != "ROLLBACK_REQUESTED") return;
  auto& primary = service.deployments.front();
  primary.rollout = "FAILED";
  primary.reason = "Service deployment rolled back because of a StopServiceDeployment request.";
  primary.updated = c.now();
  if (service.completed.empty() || service.completed == primary.revision) {
    primary.halted = true;
    set_status(c, *record, "ROLLBACK_FAILED", "No rollback candidate was found to run the rollback.");
  } else {
    begin_rollback(c, service, service.completed, {}, prefix(service));
  }
}

void look_at_inactive(Context& c, Service& service) {
  const bool tasks = std::ranges::any_of(service.tasks, [&](const std::string& arn) { return c.region.tasks.at(arn).live(); });
  if (tasks || !service.draining) return;
  service.draining = false;
  service.deployments.clear();
}

/// An earlier look that is planned already stays.
void plan_look(Context& c, Service& service, Duration span) {
  const Time at = c.now() + c.world.times.scaled(span);
  if (service.look_at && *service.look_at <= at) return;
  service.look_at = at;
  c.in(span, Timer::Kind::look, service.arn);
}

}  // namespace

void say(Context& c, Service& service, const std::string& text) {
  const auto id =
      c.world.hex_id(8) + "-" + c.world.hex_id(4) + "-4" + c.world.hex_id(3) + "-a" + c.world.hex_id(3) + "-" + c.world.hex_id(12);
  service.events.push_front({{"id", id}, {"createdAt", epoch(c.now())}, {"message", text}});
  if (service.events.size() > most_events) service.events.pop_back();
}

void wake(Context& c, Service& service) { plan_look(c, service, c.world.times.react); }

void look(Context& c, Service& service) {
  service.look_at.reset();
  if (!service.active) return look_at_inactive(c, service);
  if (controller_of(service) != "ECS" || service.deployments.empty()) return;
  answer_requests(c, service);
  replace_unhealthy(c, service);
  watch_alarms(c, service);
  View view = view_of(c, service);
  scale_in(c, service, view.fresh, static_cast<std::size_t>(std::max(service.desired, 0)));
  roll(c, service);
  forget_drained(c, service);
  complete(c, service);
  if (service.steady) return;
  if (service.start_failures >= failures_before_throttle && !service.hold_until) {
    const auto wait = std::min<Duration>(std::chrono::minutes(15),
                                         std::chrono::seconds(10) * (1 << std::min(service.start_failures - failures_before_throttle, 7)));
    service.hold_until = c.now() + c.world.times.scaled(wait);
    if (service.told.insert("throttle").second)
      say(c, service,
          prefix(service) +
              " is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the "
              "Amazon ECS Developer Guide.");
  }
  plan_look(c, service, c.world.times.tick);
}

}  // namespace fairlead::sandbox::ecs
