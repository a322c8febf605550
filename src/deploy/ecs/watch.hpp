// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "deploy/ecs/observation.hpp"
#include "deploy/ecs/poller.hpp"

namespace fairlead::deploy::ecs {

/// The eyes of one deploy: reads one service and what belongs to it, as few calls as possible. Lives as long as its step.
class Watch {
 public:
  Watch(aws::Aws& aws, Poller& poller, aws::Scope scope, std::string cluster, std::string service);

  /// The service; status INACTIVE when it is gone.
  Awaitable<Service> service();
  /// Stopped tasks that were not told before.
  Awaitable<std::vector<Task>> stopped();
  /// Tasks of a deployment; known ones are described without listing them again while there are enough.
  Awaitable<std::vector<Task>> tasks(std::string deployment, int wanted);
  Awaitable<std::vector<Target>> targets(std::vector<std::string> groups);
  Awaitable<std::vector<Alarm>> alarms(std::vector<std::string> names);

  const std::vector<ServiceEvent>& events() const { return events_; }
  const aws::Scope& scope() const { return scope_; }
  const std::string& cluster() const { return cluster_; }
  aws::Aws& aws() { return aws_; }

 private:
  Awaitable<std::vector<Task>> describe(std::vector<std::string> arns);

  aws::Aws& aws_;
  Poller& poller_;
  Poller::Watching watching_;
  aws::Scope scope_;
  std::string cluster_, service_;
  std::set<std::string> told_;
  std::vector<std::string> known_;
  std::string known_of_;
  std::vector<ServiceEvent> events_;
};

}  // namespace fairlead::deploy::ecs
