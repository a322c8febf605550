// SPDX-License-Identifier: Apache-2.0
#include "rollout_driver.hpp"

#include <algorithm>
#include <stdexcept>

#include "fairlead/base/json.hpp"

namespace fairlead::deploy::ecs::test {

using namespace std::chrono_literals;

namespace {

Baseline baseline_of(const World& world) {
  Baseline it;
  it.task_definition = FakeEcs::baseline;
  it.deployment = "ecs-svc/0";
  it.desired = world.desired;
  it.min_percent = world.min_percent;
  it.max_percent = world.max_percent;
  if (world.load_balancer) it.target_groups = {"tg"};
  return it;
}

}  // namespace

Driver::Driver(World world, Behaviour behaviour, Settings given)
    : ecs(world, start), settings(std::move(given)), baseline(baseline_of(world)), rollout(settings, baseline, start) {
  ecs.behave(revision, behaviour);
}

int Driver::seconds() const { return static_cast<int>(std::chrono::duration_cast<std::chrono::seconds>(now - start).count()); }

void Driver::restart() {
  const Json memory = rollout.memory();
  rollout = Rollout(settings, baseline, start);
  rollout.recall(memory, now);
}

/// A list is one call more to describe what is new in it; tasks that are known are described without listing them again.
std::vector<Task> Driver::described(std::vector<Task> tasks) {
  bool fresh = false;
  for (Task& task : tasks) {
    fresh |= known.insert(task.arn).second;
    for (auto* at : {&task.created_at, &task.started_at, &task.stopped_at}) {
      if (*at) **at += skew;
    }
  }
  calls += fresh;
  return tasks;
}

void Driver::perform(const Command& command) {
  if (command.what != Do::wait && command.what != Do::diagnose && command.what != Do::finish) {
    ++calls;
  }
  ++count[command.what];
  switch (command.what) {
    case Do::register_revision: registered = true; return rollout.registered(revision, now);
    case Do::update_service:
      if (updated_deployment.empty()) updated_deployment = ecs.update(rollout.task_definition());  // the journal answers the second time
      return rollout.updated(updated_deployment, now);
    case Do::read_service: {
      Service service = ecs.service();
      for (auto& deployment : service.deployments) deployment.created_at += skew;
      for (auto& event : service.events) event.at += skew;
      return rollout.saw(service, now);
    }
    case Do::read_stopped: return rollout.saw_stopped(described(ecs.stopped_tasks()), now);
    case Do::read_tasks: return rollout.saw_tasks(described(ecs.tasks(rollout.task_definition())), now);
    case Do::read_targets: return rollout.saw_targets(ecs.targets(), now);
    case Do::read_alarms: return rollout.saw_alarms({}, now);
    case Do::stop_deployment:
      return ecs.stop_deployment(rollout.deployment()) ? rollout.stopped(now) : rollout.stop_refused("ConflictException", now);
    case Do::restore: ecs.update(baseline.task_definition); return rollout.restored(now);
    case Do::diagnose: return rollout.diagnosed(now);
    case Do::wait:
      if (command.until <= now) throw std::logic_error("the machine waits for the past");
      now = std::max(command.until, now + 100ms);
      return ecs.advance_to(now);
    case Do::finish: return;
  }
}

const Verdict& Driver::run(std::function<void(Driver&, int)> between, int limit) {
  for (int idle = 0; rollout.phase() != Phase::done; ++idle) {
    if (seconds() > limit) throw std::logic_error("no verdict after " + std::to_string(seconds()) + " s");
    if (idle > 200'000) throw std::logic_error("the machine spins");
    if (between) between(*this, seconds());
    const Command command = rollout.next(now);
    if (command.what == Do::finish) break;
    perform(command);
    for (auto& note : rollout.take_notes()) notes.push_back(std::to_string(seconds()) + "s " + note);
    if (rollout.verdict() && verdict_second < 0) verdict_second = seconds();
  }
  return *rollout.verdict();
}

}  // namespace fairlead::deploy::ecs::test
