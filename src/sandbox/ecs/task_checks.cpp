// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbox/ecs/ecs.hpp"

namespace fairlead::sandbox::ecs {

namespace {

const Json& check_of(const Container& container) { return member(container.definition, "healthCheck"); }

Duration seconds(const Json& check, const char* key, std::int64_t fallback) {
  return std::chrono::seconds(number_of(check, key, fallback));
}

void count(Context& c, Task& task, Container& container, bool healthy) {
  const Json& check = check_of(container);
  const auto was = text_at(container.view, "healthStatus", "UNKNOWN");
  const bool grace = c.now() < *task.running_at + c.world.times.scaled(seconds(check, "startPeriod", 0));
  if (healthy) container.bad_checks = 0, container.view["healthStatus"] = "HEALTHY";
  if (!healthy && !grace && ++container.bad_checks >= number_of(check, "retries", 3)) container.view["healthStatus"] = "UNHEALTHY";
  if (text_at(container.view, "healthStatus", "UNKNOWN") == was) return;
  const auto service = c.region.services.find(task.service);
  if (service != c.region.services.end()) wake(c, service->second);
}

}  // namespace

void plan_checks(Context& c, Task& task) {
  for (const auto& container : task.containers)
    if (!check_of(container).is_null()) c.in(seconds(check_of(container), "interval", 30), Timer::Kind::check, task.arn, container.name);
}

void on_check_due(Context& c, Task& task, const std::string& name) {
  if (task.phase != Phase::running) return;
  for (auto& container : task.containers) {
    if (container.name != name) continue;
    const Json& check = check_of(container);
    if (task.faults.contains("failing-health"))
      count(c, task, container, false);
    else if (task.kind == "sim")
      count(c, task, container, true);
    else
      c.world.commands.emplace_back(CheckContainer{task.arn, name, texts_of(check, "command"), seconds(check, "timeout", 5)});
    c.in(seconds(check, "interval", 30), Timer::Kind::check, task.arn, name);
  }
}

void check_ended(Context& c, Task& task, const CheckEnded& fact) {
  if (task.phase != Phase::running) return;
  for (auto& container : task.containers)
    if (container.name == fact.container) count(c, task, container, fact.healthy);
}

bool checks_health(const Task& task) {
  return std::ranges::any_of(task.containers, [](const Container& one) { return one.essential && !check_of(one).is_null(); });
}

std::string container_health(const Task& task) {
  std::string health = "UNKNOWN";
  for (const auto& container : task.containers) {
    if (!container.essential || check_of(container).is_null()) continue;
    const auto its = text_at(container.view, "healthStatus", "UNKNOWN");
    if (its != "HEALTHY") return its;
    health = its;
  }
  return health;
}

bool is_healthy(Context& c, const Task& task) {
  if (task.phase != Phase::running) return false;
  bool checked = checks_health(task);
  if (checked && container_health(task) != "HEALTHY") return false;
  for (const auto& [group, key] : task.targets) {
    checked = true;
    const auto found = c.region.groups.find(group);
    if (found == c.region.groups.end()) return false;
    const auto target = found->second.targets.find(key);
    if (target == found->second.targets.end() || target->second.state != "healthy") return false;
  }
  return checked || c.now() >= *task.running_at + c.world.times.scaled(c.world.times.settle);
}

}  // namespace fairlead::sandbox::ecs
