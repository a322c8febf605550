// SPDX-License-Identifier: Apache-2.0
#include "fake_ecs.hpp"

#include <algorithm>

namespace fairlead::deploy::ecs::test {

using namespace std::chrono_literals;
using Kind = Behaviour::Kind;

FakeEcs::FakeEcs(World world, Time start) : world_(world), now_(start), random_(world.seed) {
  service_.name = "api";
  service_.status = "ACTIVE";
  service_.task_definition = baseline;
  if (world_.load_balancer) service_.target_groups = {"tg"};
  Deployment deployment;
  deployment.id = "ecs-svc/0";
  deployment.status = "PRIMARY";
  deployment.task_definition = baseline;
  deployment.rollout = "COMPLETED";
  deployment.created_at = start - 24h;
  service_.deployments = {deployment};
  for (int i = 0; i < world_.desired; ++i) {
    Actor actor;
    actor.task.arn = "task/" + std::to_string(++ids_);
    actor.task.deployment = deployment.id;
    actor.task.task_definition = baseline;
    actor.task.status = "RUNNING";
    actor.task.addresses = {"10.0.0." + std::to_string(ids_)};
    actor.task.started_at = start - 23h;
    actor.run_at = -1000;
    actor.healthy = true;
    tasks_.push_back(actor);
  }
  snapshot();
}

void FakeEcs::advance_to(Time until) {
  while (now_ + 1s <= until) step();
}

void FakeEcs::step() {
  now_ += 1s;
  ++second_;
  for (std::size_t i = 0; i < tasks_.size(); ++i) live(tasks_[i]);
  if (second_ % 5 == 0) schedule();
  snapshot();
}

void FakeEcs::add_event(std::string text) {
  service_.events.insert(service_.events.begin(), ServiceEvent{"event-" + std::to_string(++ids_), now_, std::move(text)});
}

void FakeEcs::stop(Actor& actor, std::string code, std::string reason, std::optional<int> exit_code, std::string container_reason,
                   bool counts) {
  actor.task.status = "STOPPED";
  actor.task.stop_code = std::move(code);
  actor.task.stopped_reason = std::move(reason);
  actor.task.stopped_at = now_;
  actor.task.containers = {{"app", exit_code, std::move(container_reason), "UNKNOWN"}};
  actor.stop_at = second_;
  actor.healthy = false;
  Deployment* deployment = nullptr;
  for (auto& it : service_.deployments) {
    if (it.id == actor.task.deployment) deployment = &it;
  }
  if (!counts || deployment == nullptr) return;
  ++deployment->failed;
  if (deployment == &primary() && world_.circuit_breaker && primary().task_definition != baseline &&
      deployment->failed >= world_.breaker_threshold) {
    trip("ECS deployment circuit breaker: tasks failed to start.");
  }
}

void FakeEcs::live(Actor& actor) {
  Task& task = actor.task;
  if (task.status == "STOPPED") return;
  const Behaviour& how = actor.behaviour;
  if (actor.drain_until >= 0) {
    if (second_ >= actor.drain_until)
      stop(actor, "ServiceSchedulerInitiated", "Scaling activity initiated by (deployment " + primary().id + ")", 0, "", false);
    return;
  }
  if (task.status == "PENDING") {
    const int age = second_ - actor.born;
    if (how.kind == Kind::pull_error && age >= 25)
      return stop(actor, "TaskFailedToStart",
                  "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref api:nope: not found", {},
                  "", true);
    if (how.kind == Kind::registry_down && age >= 25)
      return stop(actor, "TaskFailedToStart", "CannotPullContainerError: failed to do request: dial tcp 10.0.0.1:443: i/o timeout", {}, "",
                  true);
    if (how.kind == Kind::exec_error && age >= how.start)
      return stop(actor, "TaskFailedToStart", "CannotStartContainerError: exec: \"/app/serve\": no such file or directory", {}, "", true);
    if (age < how.start || how.kind == Kind::pull_error || how.kind == Kind::registry_down) return;
    task.status = "RUNNING";
    task.started_at = now_;
    task.addresses = {"10.0." + std::to_string(actor.born % 200) + "." + task.arn.substr(5)};
    actor.run_at = second_;
    if (how.kind == Kind::crash_at_once) stop(actor, "EssentialContainerExited", "Essential container in task exited", 1, "", false);
    for (auto& it : service_.deployments) {
      if (it.id == task.deployment && task.status == "RUNNING") it.failed = 0;  // as ECS does
    }
    return;
  }
  const int ran = second_ - actor.run_at;
  if (how.kind == Kind::crash && ran >= how.crash_after)
    return stop(actor, "EssentialContainerExited", "Essential container in task exited", 1, "", false);
  if (how.kind == Kind::out_of_memory && ran >= how.crash_after)
    return stop(actor, "EssentialContainerExited", "Essential container in task exited", 137,
                "OutOfMemoryError: Container killed due to memory usage", false);
  if (how.kind == Kind::unhealthy && world_.load_balancer && ran >= 60)
    return stop(actor, "ServiceSchedulerInitiated",
                "Task failed ELB health checks in (target-group "
                "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/api/0123456789abcdef)",
                143, "", true);
  if (world_.spot > 0 && std::uniform_real_distribution<>(0, 1)(random_) < world_.spot)
    return stop(actor, "SpotInterruption", "Your Spot Task was interrupted.", 143, "", false);
  actor.healthy = !world_.load_balancer || (how.kind != Kind::unhealthy && ran >= how.healthy);
}

int FakeEcs::live_of(const std::string& deployment) const {
  return static_cast<int>(std::ranges::count_if(tasks_, [&](const Actor& actor) {
    return actor.task.deployment == deployment && actor.task.status != "STOPPED" && actor.drain_until < 0;
  }));
}

void FakeEcs::trip(const std::string& reason) {
  primary().rollout = "FAILED";
  primary().rollout_reason = reason;
  update(baseline);
}

std::string FakeEcs::update(const std::string& task_definition) {
  if (primary().task_definition == task_definition) return primary().id;  // set-like
  primary().status = "ACTIVE";
  Deployment deployment;
  deployment.id = "ecs-svc/" + std::to_string(++ids_);
  deployment.status = "PRIMARY";
  deployment.task_definition = task_definition;
  deployment.rollout = "IN_PROGRESS";
  deployment.created_at = now_;
  service_.deployments.insert(service_.deployments.begin(), deployment);
  service_.task_definition = task_definition;
  return deployment.id;
}

bool FakeEcs::stop_deployment(const std::string& id) {
  if (primary().id != id || primary().rollout != "IN_PROGRESS") return false;
  trip("Service deployment was stopped");
  return true;
}

void FakeEcs::stop_one() {
  for (auto& actor : tasks_) {
    if (actor.task.deployment != primary().id || actor.task.status != "RUNNING") continue;
    return stop(actor, "UserInitiated", "Task stopped by user", 143, "", false);
  }
}

void FakeEcs::schedule() {
  const std::string id = primary().id;
  const std::string revision = primary().task_definition;
  const Behaviour how = behaviours_[revision];
  int all = 0, healthy = 0, ours_healthy = 0;
  for (const auto& actor : tasks_) {
    if (actor.task.status == "STOPPED" || actor.drain_until >= 0) continue;
    ++all;
    healthy += actor.healthy;
    ours_healthy += actor.healthy && actor.task.deployment == id;
  }
  const int room = world_.desired * world_.max_percent / 100 - all;
  int start = std::min(world_.desired - live_of(id), room);
  if (start > 0 && how.kind == Kind::no_capacity) {
    if (second_ % 30 == 0) add_event("(service api) was unable to place a task because no container instance met all of its requirements.");
    start = 0;
  }
  for (int i = 0; i < start; ++i) {
    Actor actor;
    actor.task.arn = "task/" + std::to_string(++ids_);
    actor.task.deployment = id;
    actor.task.task_definition = revision;
    actor.task.status = "PENDING";
    actor.task.created_at = now_;
    actor.born = second_;
    actor.behaviour = how;
    tasks_.push_back(actor);
  }
  const int fewest = (world_.desired * world_.min_percent + 99) / 100;
  int surplus_ours = live_of(id) - world_.desired;
  for (auto& actor : tasks_) {
    if (actor.task.status == "STOPPED" || actor.drain_until >= 0) continue;
    const bool old = actor.task.deployment != id;
    if (!old && surplus_ours <= 0) continue;
    if (actor.healthy && healthy - 1 < fewest) continue;
    if (old && !actor.healthy && actor.task.status == "PENDING" && ours_healthy == 0 && revision != baseline) continue;
    healthy -= actor.healthy;
    if (!old) --surplus_ours;
    actor.drain_until = second_ + (world_.load_balancer ? world_.drain : 1);
    actor.healthy = false;
  }
  const bool alone =
      std::ranges::none_of(tasks_, [&](const Actor& actor) { return actor.task.deployment != id && actor.task.status != "STOPPED"; });
  if (ours_healthy >= world_.desired && alone && primary().rollout == "IN_PROGRESS") {
    primary().rollout = "COMPLETED";
    service_.deployments.resize(1);
  }
}

void FakeEcs::snapshot() {
  for (auto& deployment : service_.deployments) {
    deployment.running = deployment.pending = 0;
    deployment.desired = world_.desired;
    for (const auto& actor : tasks_) {
      if (actor.task.deployment != deployment.id || actor.drain_until >= 0) continue;
      deployment.running += actor.task.status == "RUNNING";
      deployment.pending += actor.task.status == "PENDING";
    }
  }
  Snapshot it;
  service_.desired = world_.desired;
  service_.running = 0;
  for (const auto& actor : tasks_) {
    service_.running += actor.task.status == "RUNNING";
    (actor.task.status == "STOPPED" ? it.stopped : it.live).push_back(actor.task);
    if (!world_.load_balancer || actor.task.status != "RUNNING") continue;
    const std::string state = actor.drain_until >= 0 ? "draining" : actor.healthy ? "healthy" : "initial";
    it.targets.push_back({actor.task.addresses.front(), 80, state, "", ""});
  }
  it.service = service_;
  if (it.service.events.size() > 100) it.service.events.resize(100);
  history_.push_back(std::move(it));
  if (history_.size() > 8) history_.pop_front();
}

const FakeEcs::Snapshot& FakeEcs::seen() {
  const int most = std::min<int>(world_.lag, static_cast<int>(history_.size()) - 1);
  const int age = most > 0 ? std::uniform_int_distribution<>(0, most)(random_) : 0;
  return history_[history_.size() - 1 - static_cast<std::size_t>(age)];
}

Service FakeEcs::service() { return seen().service; }
std::vector<Task> FakeEcs::stopped_tasks() { return seen().stopped; }
std::vector<Target> FakeEcs::targets() { return seen().targets; }

std::vector<Task> FakeEcs::tasks(const std::string& task_definition) {
  std::vector<Task> found;
  for (const Task& task : seen().live) {
    if (task.task_definition == task_definition) found.push_back(task);
  }
  return found;
}

int FakeEcs::healthy(const std::string& task_definition) const {
  return static_cast<int>(
      std::ranges::count_if(tasks_, [&](const Actor& actor) { return actor.healthy && actor.task.task_definition == task_definition; }));
}

}  // namespace fairlead::deploy::ecs::test
