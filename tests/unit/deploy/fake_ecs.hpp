// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "deploy/ecs/observation.hpp"

/// A small discrete-event model of ECS with one service, one second a step: what a rollout is tested against.
namespace fairlead::deploy::ecs::test {

/// How the tasks of a revision behave.
struct Behaviour {
  enum class Kind { good, pull_error, exec_error, crash, crash_at_once, unhealthy, out_of_memory, no_capacity, registry_down };
  Kind kind = Kind::good;
  int start = 40;        ///< seconds to RUNNING
  int healthy = 20;      ///< seconds from RUNNING to healthy, with a load balancer
  int crash_after = 15;  ///< seconds after RUNNING
};

struct World {
  int desired = 4;
  int min_percent = 100, max_percent = 200;
  bool load_balancer = true;
  int drain = 300;
  bool circuit_breaker = false;
  int breaker_threshold = 3;
  int lag = 0;          ///< reads are up to so many seconds old
  double spot = 0;      ///< chance per task and second that the platform takes it away
  unsigned seed = 1;
};

class FakeEcs {
 public:
  FakeEcs(World world, Time start);

  void behave(const std::string& task_definition, Behaviour behaviour) { behaviours_[task_definition] = behaviour; }
  void advance_to(Time);
  Time now() const { return now_; }

  /// UpdateService: id of the new PRIMARY.
  std::string update(const std::string& task_definition);
  void scale(int desired) { world_.desired = desired; }
  /// Somebody stops a task of the PRIMARY.
  void stop_one();
  /// StopServiceDeployment(ROLLBACK); false when there is nothing to stop.
  bool stop_deployment(const std::string& id);

  // Reads; as old as the lag makes them.
  Service service();
  std::vector<Task> stopped_tasks();
  std::vector<Task> tasks(const std::string& task_definition);
  std::vector<Target> targets();

  // The truth.
  const Service& truth() const { return history_.back().service; }
  /// Healthy tasks of a revision, and the seconds for which at least `count` of them have been healthy at least.
  int healthy(const std::string& task_definition) const;
  int desired() const { return world_.desired; }
  std::size_t task_count() const { return tasks_.size(); }

  static inline const std::string baseline = "arn:aws:ecs:eu-west-1:111122223333:task-definition/api:1";

 private:
  struct Actor {
    Task task;
    int born = 0, run_at = -1, stop_at = -1, drain_until = -1;
    bool healthy = false, counted = false;
    Behaviour behaviour;
  };
  struct Snapshot {
    Service service;
    std::vector<Task> live, stopped;
    std::vector<Target> targets;
  };

  void step();
  void live(Actor&);
  void stop(Actor&, std::string code, std::string reason, std::optional<int> exit_code, std::string container_reason, bool counts);
  void schedule();
  void trip(const std::string& reason);
  Deployment& primary() { return service_.deployments.front(); }
  void add_event(std::string text);
  void snapshot();
  const Snapshot& seen();
  int live_of(const std::string& deployment) const;

  World world_;
  Time now_;
  int second_ = 0;
  int ids_ = 0;
  Service service_;
  std::vector<Actor> tasks_;
  std::map<std::string, Behaviour> behaviours_;
  std::deque<Snapshot> history_;
  std::mt19937 random_;
};

}  // namespace fairlead::deploy::ecs::test
