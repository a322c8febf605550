// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/watch.hpp"

#include <algorithm>

#include "fairlead/aws/alarms.hpp"
#include "fairlead/aws/ecs.hpp"
#include "fairlead/aws/elb.hpp"

namespace fairlead::deploy::ecs {

Watch::Watch(aws::Aws& aws, Poller& poller, aws::Scope scope, std::string cluster, std::string service)
    : aws_(aws),
      poller_(poller),
      watching_(poller, scope, cluster),
      scope_(std::move(scope)),
      cluster_(std::move(cluster)),
      service_(std::move(service)) {}

Awaitable<Service> Watch::service() {
  const Json seen = co_await poller_.service(scope_, cluster_, service_);
  if (seen.is_null()) {
    Service gone;
    gone.name = service_;
    gone.status = "INACTIVE";
    co_return gone;
  }
  Service service = service_from(seen);
  events_ = service.events;
  co_return service;
}

Awaitable<std::vector<Task>> Watch::describe(std::vector<std::string> arns) {
  std::vector<Task> tasks;
  if (arns.empty()) co_return tasks;
  const auto described = co_await aws::ecs::describe_tasks(aws_, scope_, cluster_, std::move(arns));
  for (const Json& task : described.found) tasks.push_back(task_from(task));
  co_return tasks;
}

Awaitable<std::vector<Task>> Watch::stopped() {
  auto arns = co_await aws::ecs::list_tasks(aws_, scope_, cluster_, service_, "STOPPED");
  std::erase_if(arns, [this](const std::string& arn) { return told_.contains(arn); });
  auto tasks = co_await describe(std::move(arns));
  for (const Task& task : tasks) {
    if (task.stopped_at) told_.insert(task.arn);
  }
  co_return tasks;
}

Awaitable<std::vector<Task>> Watch::tasks(std::string deployment, int wanted) {
  if (deployment == known_of_ && static_cast<int>(known_.size()) >= wanted) {
    auto tasks = co_await describe(known_);
    const auto running = std::ranges::count(tasks, std::string("RUNNING"), &Task::status);
    if (running >= wanted) co_return tasks;
  }
  Json params{{"cluster", cluster_}, {"startedBy", deployment}};
  const Json listed = co_await aws::all_pages(aws_, scope_, "ecs:ListTasks", std::move(params), "taskArns");
  known_.clear();
  known_of_ = deployment;
  for (const Json& arn : member(listed, "taskArns")) known_.push_back(arn.get<std::string>());
  co_return co_await describe(known_);
}

Awaitable<std::vector<Target>> Watch::targets(std::vector<std::string> groups) {
  std::vector<Target> all;
  for (const auto& group : groups) {
    auto targets = co_await aws::elb::target_health(aws_, scope_, group);
    for (auto& it : targets) all.push_back({it.id, it.port, it.state, it.reason, it.description});
  }
  co_return all;
}

Awaitable<std::vector<Alarm>> Watch::alarms(std::vector<std::string> names) {
  std::vector<Alarm> all;
  const auto states = co_await aws::alarm_states(aws_, scope_, std::move(names));
  for (const auto& it : states) all.push_back({it.name, it.state, it.reason});
  co_return all;
}

}  // namespace fairlead::deploy::ecs
