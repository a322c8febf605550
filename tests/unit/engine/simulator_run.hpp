// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "run_driver.hpp"
#include "simulator.hpp"

namespace fairlead::engine::test {

inline const std::vector<Person> people{{"user:ann", {"github:ann"}, {"slack:@deployers"}},
                                        {"user:bob", {}, {"slack:@deployers", "slack:@sre"}},
                                        {"user:cat", {}, {"slack:@sre", "slack:@leads"}},
                                        {"user:dan", {}, {}}};

struct Simulator::Run {
  RunState state;
  std::vector<store::Event> log;
  std::set<std::string> slots;   ///< jobs that were given one
  std::set<std::string> asked;
  std::map<std::string, CheckFact> checks;
  std::map<std::string, PlanFact> plans;
  std::map<std::string, std::string> digest_at_vote;  ///< by person: of the plan that they saw
  Decision last;
  std::map<std::string, State> seen;     ///< last known state of stages and jobs
  std::map<std::string, int> rounds;     ///< by job: how often its attempts were counted anew
  std::map<std::string, std::set<std::string>> groups_at_vote;  ///< by person: at the moment of their vote
  bool canceled = false;
  bool dirty = true;  ///< something happened to it since the last decision

  std::string label() const { return state.app + "#" + std::to_string(state.number); }
  bool over() const { return is_terminal(state.state); }
  std::string slot_key(const std::string& job) const { return label() + "/" + job; }
  bool waits_at(const std::string& environment) const {
    if (over()) return false;
    for (const auto& stage : state.stages) {
      if (stage.environment == environment && stage.state == State::waiting) return true;
    }
    return false;
  }
};

}  // namespace fairlead::engine::test
