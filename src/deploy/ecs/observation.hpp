// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/json_fwd.hpp"
#include "fairlead/base/time.hpp"

/// What was seen of a service, as values: the machine never meets AWS's own JSON. Plain values, any thread.
namespace fairlead::deploy::ecs {

struct Deployment {
  std::string id;               ///< "ecs-svc/…", also the startedBy of its tasks
  std::string status;           ///< PRIMARY | ACTIVE | INACTIVE
  std::string task_definition;  ///< ARN
  std::string rollout;          ///< IN_PROGRESS | COMPLETED | FAILED; empty with a Classic Load Balancer
  std::string rollout_reason;
  int desired = 0;
  int pending = 0;
  int running = 0;
  int failed = 0;  ///< consecutive failures; ECS sets it back to 0 as soon as one task runs
  Time created_at{};
};

struct ServiceEvent {
  std::string id;
  Time at{};
  std::string text;
};

struct Service {
  std::string arn;
  std::string cluster_arn;
  std::string name;
  std::string status;      ///< ACTIVE | DRAINING | INACTIVE
  std::string controller;  ///< ECS | CODE_DEPLOY | EXTERNAL
  std::string task_definition;
  int desired = 0;
  int running = 0;
  int min_percent = 100;
  int max_percent = 200;
  std::vector<std::string> target_groups;  ///< ARNs
  std::vector<Deployment> deployments;
  std::vector<ServiceEvent> events;  ///< newest first

  const Deployment* primary() const;
  const Deployment* find(const std::string& id) const;
};

struct Container {
  std::string name;
  std::optional<int> exit_code;  ///< absent when it never started
  std::string reason;
  std::string health;  ///< HEALTHY | UNHEALTHY | UNKNOWN; UNKNOWN also without a health check
};

struct Task {
  std::string arn;
  std::string deployment;  ///< startedBy
  std::string task_definition;
  std::string status;  ///< lastStatus
  std::string health;  ///< HEALTHY | UNHEALTHY | UNKNOWN
  std::string stop_code;
  std::string stopped_reason;
  std::vector<Container> containers;
  std::vector<std::string> addresses;  ///< IPs of its network interfaces, or its instance's id
  std::optional<Time> created_at, started_at, stopping_at, stopped_at;
};

struct Target {
  std::string id;  ///< IP or instance id
  int port = 0;
  std::string state;  ///< initial | healthy | unhealthy | draining | unused | unavailable
  std::string reason;
  std::string description;
};

struct Alarm {
  std::string name;
  std::string state;  ///< OK | ALARM | INSUFFICIENT_DATA | MISSING
  std::string reason;
};

/// From the answers of DescribeServices, DescribeTasks; unknown members are ignored, absent ones keep their default.
Service service_from(const Json&);
Task task_from(const Json&);

/// "6f1b…" of "arn:aws:ecs:…:task/web/6f1b…".
std::string short_id(const std::string& arn);
/// "api:42" of "arn:aws:ecs:…:task-definition/api:42".
std::string revision_of(const std::string& arn);

}  // namespace fairlead::deploy::ecs
