// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "fairlead/sandbox/world.hpp"
#include "sandbox/faults.hpp"
#include "sandbox/fleet/state.hpp"

/// What the world is made of: plain values, so that a world can be copied (stale reads answer from a copy).
namespace fairlead::sandbox {

enum class Phase { provisioning, pending, running, deactivating, stopping, deprovisioning, stopped };
std::string_view to_string(Phase);

struct Container {
  std::string name;
  Json definition;  ///< of the task definition, with the overrides applied
  Json view;        ///< as DescribeTasks shows it
  bool essential = true;
  bool started = false, ended = false;
  std::map<int, int> ports;  ///< container port → local port
  std::string log_group, log_stream;
  int bad_checks = 0;
};

struct Task {
  std::string arn, id;
  Json view;  ///< as DescribeTasks shows it, without `containers`, `lastStatus`, `healthStatus`
  Phase phase = Phase::provisioning;
  std::string service;     ///< ARN; empty: RunTask
  std::string deployment;  ///< ecs-svc/…
  std::string kind;        ///< process | container | sim
  std::vector<Container> containers;
  std::vector<std::pair<std::string, std::string>> targets;  ///< target group ARN, target key
  std::optional<Time> running_at, healthy_at;
  bool was_healthy = false;
  bool stop_wanted = false;
  bool start_due = false;  ///< its start time has passed
  std::string address;  ///< private IPv4 of its interface
  Faults faults;        ///< that were drawn for it when it was made

  bool live() const { return phase != Phase::stopped; }
  bool wanted() const { return live() && !stop_wanted; }
};

struct Deployment {
  std::string id, revision, service_deployment, status, rollout, reason;
  Time created{}, updated{};
  int failed = 0;
  bool counting = true;  ///< failures still count (none of its tasks was healthy yet)
  bool rollback = false;
  bool halted = false;   ///< launches nothing more
  std::optional<Time> bake_until;
};

struct ServiceDeployment {
  std::string arn, service, status, reason, target;
  std::vector<std::pair<std::string, int>> sources;  ///< revision and its tasks at the start
  Time created{};
  std::optional<Time> started, finished, stopped;
  Time updated{};
  Json rollback, configuration;
  std::string breaker = "DISABLED", alarms = "DISABLED", stage;
  std::vector<std::string> triggered;
  int failures = 0, threshold = 0;
};

struct Service {
  std::string arn, name, cluster;
  Json fields;  ///< as DescribeServices shows it, without what is counted
  int desired = 0;
  bool active = true, draining = false;
  std::vector<Deployment> deployments;  ///< newest first
  std::deque<Json> events;              ///< newest first
  std::vector<std::string> tasks;       ///< shown ones, oldest first
  std::string completed;                ///< revision of the last completed deployment
  std::string token;
  std::optional<Time> look_at;
  bool steady = false;
  int start_failures = 0;
  std::optional<Time> hold_until;  ///< launch throttling
  std::set<std::string> told;      ///< events that are said once a deployment
};

struct Target {
  std::string id, zone;
  int port = 0;
  std::string state = "initial", reason = "Elb.RegistrationInProgress", description = "Target registration is in progress";
  int good = 0, bad = 0;
  std::uint64_t turn = 0;  ///< probes of an earlier registration are not counted
  std::string task;        ///< ARN when it is a task of ours
  std::string instance;    ///< id when it is an instance of ours
  Time registered{};
  std::string host;
  int local = 0;
};

struct TargetGroup {
  Json view;
  Json attributes;
  std::map<std::string, Target> targets;  ///< by "id:port"
};

struct Region {
  std::string account, name;
  std::map<std::string, Json> clusters;                       ///< by name
  std::map<std::string, std::vector<Json>> task_definitions;  ///< by family, oldest first
  std::map<std::string, Service> services;                    ///< by ARN
  std::map<std::string, Json> revisions;                      ///< by ARN
  std::map<std::string, ServiceDeployment> service_deployments;
  std::map<std::string, Task> tasks;    ///< by ARN
  std::map<std::string, Json> tokens;   ///< RunTask by "cluster clientToken": the request and its tasks
  std::map<std::string, Instance> instances;           ///< by id
  std::map<std::string, ScalingGroup> scaling_groups;  ///< by name
  std::map<std::string, LaunchTemplate> launch_templates;  ///< by id
  std::map<std::string, TargetGroup> groups;
  std::map<std::string, Json> balancers, listeners, rules;  ///< by ARN
  std::map<std::string, int> ports;                         ///< listener → local port
  std::map<std::string, Json> tags;                         ///< by ARN
  std::map<std::string, std::map<std::string, std::deque<Json>>> logs;  ///< group → stream → events
  std::map<std::string, Json> log_groups;
  /// Everything that only has to be kept and given back, by kind and name: repositories, images, parameters, secrets, alarms, rules …
  std::map<std::string, std::map<std::string, Json>> things;
};

struct Timer {
  enum class Kind {
    look,
    provisioned,
    pulled,
    start,
    end_stop,
    probe,
    check,
    drained,
    forget,
    crash,
    spot,
    settle,
    bake,
    kill,
    instance_booted,
    instance_ready,
    instance_drained,
    instance_ended,
    instance_forgotten,
    group_look
  };
  Kind kind{};
  std::string place, subject, detail;
  std::uint64_t turn = 0;
};

struct Bucket {
  double tokens = 0;
  Time at{};
};

struct World::State {
  Times times;
  Time now{};
  std::mt19937_64 random;
  std::map<std::string, Region> regions;  ///< by "account region"
  std::multimap<Time, Timer> timers;
  std::vector<Command> commands;
  std::vector<FaultRule> faults;
  std::map<std::string, Bucket> buckets;
  std::map<std::string, std::string> accounts;  ///< access key → assumed role ARN
  Json ledger = Json::array();
  std::map<std::string, std::map<std::string, std::int64_t>> calls;
  std::uint64_t serial = 0;
  std::uint64_t instances = 0;  ///< how many there have been
  int network = 77;             ///< the second number of their addresses
  bool throttles = true;  ///< the documented rates
  std::shared_ptr<std::map<std::string, Region>> before;  ///< what stale reads see
  std::optional<Time> before_until;

  Region& region(const std::string& account, const std::string& name);
  Region& place(const std::string& key) { return regions.at(key); }
  void in(Duration span, Timer timer) { timers.emplace(now + times.scaled(span), std::move(timer)); }
  std::string hex_id(int digits);
  std::string uuid();
  std::string number_id(int digits);
  std::uint64_t next() { return ++serial; }
  double chance() { return std::uniform_real_distribution<double>(0, 1)(random); }
};

inline std::string key_of(const Region& region) { return region.account + " " + region.name; }

}  // namespace fairlead::sandbox
