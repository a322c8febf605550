// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "sandbox/ecs/ecs.hpp"
#include "sandbox/ecs/task_start.hpp"
#include "sandbox/elb/elb.hpp"

namespace fairlead::sandbox::ecs {

namespace {

constexpr int exit_of_term = 143, exit_of_kill = 137;

void changed(Task& task) { task.view["version"] = number_at(task.view, "version") + 1; }

Service* service_of(Context& c, const Task& task) {
  const auto found = c.region.services.find(task.service);
  return found == c.region.services.end() ? nullptr : &found->second;
}

void set_attachment(Task& task, const char* status) {
  for (auto& one : task.view["attachments"]) one["status"] = status;
}

void end_containers(Task& task, std::optional<int> code) {
  for (auto& container : task.containers) {
    if (container.ended) continue;
    container.ended = true;
    if (container.started && code) container.view["exitCode"] = *code;
  }
}

void finish(Context& c, Task& task) {
  task.phase = Phase::stopped;
  end_containers(task, std::nullopt);
  set_attachment(task, "DELETED");
  task.view["desiredStatus"] = "STOPPED";
  task.view["stoppedAt"] = epoch(c.now());
  changed(task);
  c.in(c.world.times.keep, Timer::Kind::forget, task.arn);
  if (Service* service = service_of(c, task)) wake(c, *service);
}

/// All containers are gone: the interface goes, then the task is STOPPED.
void deprovision(Context& c, Task& task) {
  if (task.phase >= Phase::deprovisioning) return;
  task.phase = Phase::deprovisioning;
  task.view["executionStoppedAt"] = epoch(c.now());
  changed(task);
  c.in(c.world.times.stop, Timer::Kind::end_stop, task.arn);
}

bool all_ended(const Task& task) {
  return std::ranges::all_of(task.containers, [](const Container& one) { return one.ended || !one.started; });
}

void begin_stopping(Context& c, Task& task) {
  task.phase = Phase::stopping;
  changed(task);
  elb::leave_all(c, task);
  if (all_ended(task)) return deprovision(c, task);
  if (task.kind == "sim") return c.in(c.world.times.stop, Timer::Kind::end_stop, task.arn);
  std::int64_t patience = 30;
  for (auto& container : task.containers) {
    if (!container.started || container.ended) continue;
    c.world.commands.emplace_back(StopContainer{task.arn, container.name, false});
    patience = number_of(container.definition, "stopTimeout", patience);
  }
  // A real process ends in real time, however fast the world is.
  c.world.timers.emplace(c.now() + std::max<Duration>(std::chrono::seconds(2), c.world.times.scaled(std::chrono::seconds(patience))),
                         Timer{Timer::Kind::kill, c.place(), task.arn, {}, 0});
}

void want_stop(Context& c, Task& task, const std::string& code, const std::string& reason) {
  task.stop_wanted = true;
  task.view["desiredStatus"] = "STOPPED";
  task.view["stoppingAt"] = epoch(c.now());
  task.view["stopCode"] = code;
  task.view["stoppedReason"] = reason;
  changed(task);
}

void become_running(Context& c, Task& task) {
  task.phase = Phase::running;
  task.running_at = c.now();
  task.view["startedAt"] = epoch(c.now());
  changed(task);
  c.in(c.world.times.settle, Timer::Kind::settle, task.arn);
  elb::join(c, task);
  plan_checks(c, task);
  if (const auto fault = task.faults.find("crash-after-running"); fault != task.faults.end())
    c.in(fault->second.after, Timer::Kind::crash, task.arn, std::to_string(fault->second.exit_code));
  if (const auto fault = task.faults.find("spot-stop"); fault != task.faults.end()) c.in(fault->second.after, Timer::Kind::spot, task.arn);
  if (Service* service = service_of(c, task)) wake(c, *service);
}

}  // namespace

void fail_to_start(Context& c, Task& task, const std::string& reason, const std::string& container) {
  if (task.stop_wanted) return;
  want_stop(c, task, "TaskFailedToStart", reason);
  for (auto& one : task.containers)
    if (one.name == container) one.view["reason"] = reason;
  if (Service* service = service_of(c, task)) count_failure(c, *service, task);
  begin_stopping(c, task);
}

void stop_task(Context& c, Task& task, const std::string& code, const std::string& reason) {
  if (task.stop_wanted) return;
  want_stop(c, task, code, reason);
  const auto delay = elb::begin_drain(c, task);
  if (task.phase != Phase::running || !delay) return begin_stopping(c, task);
  task.phase = Phase::deactivating;
  c.in(*delay, Timer::Kind::drained, task.arn);
}

void on_provisioned(Context& c, Task& task) {
  if (task.phase != Phase::provisioning) return;
  task.phase = Phase::pending;
  set_attachment(task, "ATTACHED");
  task.view["connectivity"] = "CONNECTED";
  task.view["connectivityAt"] = epoch(c.now());
  task.view["pullStartedAt"] = epoch(c.now());
  changed(task);
  const auto slow = task.faults.find("slow-pull");
  c.in(c.world.times.pull + (slow == task.faults.end() ? Duration{} : slow->second.after), Timer::Kind::pulled, task.arn);
}

void on_pulled(Context& c, Task& task) {
  if (task.phase != Phase::pending) return;
  if (const auto problem = start_problem(c, task)) return fail_to_start(c, task, problem->reason, problem->container);
  task.view["pullStoppedAt"] = epoch(c.now());
  changed(task);
  start_containers(c, task);
  const auto slow = task.faults.find("slow-start");
  c.in(c.world.times.start + (slow == task.faults.end() ? Duration{} : slow->second.after), Timer::Kind::start, task.arn);
}

void on_start_due(Context& c, Task& task) {
  if (task.phase != Phase::pending || task.stop_wanted) return;
  task.start_due = true;
  const auto crash = task.faults.find("crash-on-start");
  for (auto& container : task.containers) container.started = container.started || task.kind == "sim" || crash != task.faults.end();
  if (crash != task.faults.end()) {
    for (auto& container : task.containers)
      if (container.essential) return container_exited(c, task, container.name, crash->second.exit_code);
  }
  if (std::ranges::all_of(task.containers, [](const Container& one) { return one.started; })) become_running(c, task);
}

void container_started(Context& c, Task& task, const ContainerStarted& fact) {
  for (auto& container : task.containers) {
    if (container.name != fact.container) continue;
    container.started = true;
    container.ports = fact.ports;
    if (!fact.digest.empty()) container.view["imageDigest"] = fact.digest;
    container.view["runtimeId"] = task.id + "-" + c.world.number_id(10);
  }
  if (task.stop_wanted) {
    c.world.commands.emplace_back(StopContainer{task.arn, fact.container, true});
    return;
  }
  if (task.start_due && task.phase == Phase::pending &&
      std::ranges::all_of(task.containers, [](const Container& one) { return one.started; }))
    become_running(c, task);
}

void container_failed(Context& c, Task& task, const ContainerFailed& fact) { fail_to_start(c, task, fact.reason, fact.container); }

void container_exited(Context& c, Task& task, const std::string& name, int code) {
  bool essential = false;
  for (auto& container : task.containers) {
    if (container.name != name || container.ended) continue;
    container.ended = true;
    container.view["exitCode"] = code;
    if (code == exit_of_kill && !task.stop_wanted) container.view["reason"] = "OutOfMemoryError: Container killed due to memory usage";
    essential = container.essential;
  }
  changed(task);
  if (task.stop_wanted) {
    if (task.phase == Phase::stopping && all_ended(task)) deprovision(c, task);
    return;
  }
  if (!essential && !all_ended(task)) return;
  want_stop(c, task, "EssentialContainerExited", "Essential container in task exited");
  if (Service* service = service_of(c, task)) count_failure(c, *service, task);
  begin_stopping(c, task);
}

void on_drained(Context& c, Task& task) {
  if (task.phase == Phase::deactivating) begin_stopping(c, task);
}

void on_stop_due(Context& c, Task& task) {
  if (task.phase == Phase::deprovisioning) return finish(c, task);
  if (task.phase != Phase::stopping) return;
  end_containers(task, exit_of_term);
  deprovision(c, task);
}

void on_kill(Context& c, Task& task) {
  if (task.phase != Phase::stopping) return;
  for (const auto& container : task.containers)
    if (container.started && !container.ended) c.world.commands.emplace_back(StopContainer{task.arn, container.name, true});
}

void on_crash(Context& c, Task& task, int code) {
  if (task.phase != Phase::running || task.stop_wanted) return;
  const auto first = std::ranges::find_if(task.containers, [](const Container& one) { return one.essential; });
  const bool real = task.kind != "sim";
  if (real) c.world.commands.emplace_back(StopContainer{task.arn, first->name, true});
  container_exited(c, task, first->name, code);
}

}  // namespace fairlead::sandbox::ecs
