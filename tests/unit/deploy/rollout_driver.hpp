// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "deploy/ecs/rollout.hpp"
#include "fake_ecs.hpp"

namespace fairlead::deploy::ecs::test {

inline const Time start = from_micros(1'795'000'000'000'000);
inline const std::string revision = "arn:aws:ecs:eu-west-1:111122223333:task-definition/api:2";
inline const std::string foreign = "arn:aws:ecs:eu-west-1:111122223333:task-definition/other:9";

/// Walks a rollout through the model until it ends: the shell, without a network. A call takes no time.
struct Driver {
  explicit Driver(World, Behaviour = {}, Settings = {});

  /// `between` is called before each command with the seconds since the start.
  const Verdict& run(std::function<void(Driver&, int)> between = {}, int limit = 7200);
  void perform(const Command&);
  int seconds() const;
  std::vector<Task> described(std::vector<Task>);
  /// The server dies and comes back: a new machine with what the journal and the memory have.
  void restart();

  FakeEcs ecs;
  Settings settings;
  Baseline baseline;
  Rollout rollout;
  int calls = 0;
  std::set<std::string> known;
  std::map<Do, int> count;
  int verdict_second = -1;  ///< when the outcome was decided
  std::string updated_deployment;
  bool registered = false;
  Time now = start;
  Duration skew{0};  ///< of ECS's clock, seen from ours
  std::vector<std::string> notes;
};

}  // namespace fairlead::deploy::ecs::test
