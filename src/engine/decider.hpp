// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/plan_index.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/engine/world.hpp"

namespace fairlead::engine {

/// One call of decide(): collects the decision while it walks the run. Lives on the stack.
class Decider {
 public:
  Decider(const RunState& run, const World& world) : run_(run), world_(world) {}
  Decision decide();

 private:
  enum class Passage { open, blocked, ended };

  // decide.cpp
  void plan_first();
  bool give_way();
  void stages();
  void finish_run();
  void want_rollbacks();
  bool rollback_pending() const;
  void consider_stage(std::size_t);
  bool may_start(std::size_t);
  std::optional<std::string> left_out(std::size_t) const;
  void start_stage(std::size_t);
  void end_stage(std::size_t, State, const std::string& reason);

  // decide_gates.cpp
  Passage pass_gates(std::size_t);
  bool wait_turn(const StageState&);
  Passage pass_environment(std::size_t, const EnvironmentFacts&);
  bool pass_lock_queue_calendar(const StageState&, const EnvironmentFacts&);
  bool pass_queue(const StageState&, const EnvironmentFacts&);
  bool pass_wait(const StageState&, Duration timer);
  Passage pass_approval(std::size_t, const EnvironmentFacts&);
  void ask_people(const StageState&, const ApprovalPolicy&, const PlanFact*, const std::string& why);
  // decide_plan.cpp
  bool says_what(std::size_t) const;
  const PlanFact* fresh_plan(const StageState&);
  bool open_approval(std::size_t, const ApprovalPolicy&);
  bool keep_plan(std::size_t, const GateState&, const ApprovalPolicy&);
  bool pass_plan(std::size_t, bool others_passed);
  std::string change_of(const GateState&, const PlanFact&) const;
  void remind(const StageState&, const GateState&, const ApprovalPolicy&);
  bool pass_checks(std::size_t, bool others_passed);
  bool pass_check(const StageState&, const std::string& key, const std::string& what, bool others_passed, std::optional<Time> fence);
  struct Block {
    std::string reason;
    std::optional<Time> until;
  };
  /// Opens, updates or closes the gate; true when it is not in the way.
  bool settle(const StageState&, std::string_view kind, std::string_view key, const std::optional<Block>&);

  // decide_jobs.cpp
  struct Group {
    const JobState* failed = nullptr;
    int active = 0;
  };
  void jobs(std::size_t);
  void walk_jobs(std::size_t);
  std::vector<Group> groups(std::size_t) const;
  void running_job(const JobState&, const Group&);
  void waiting_job(const JobState&);
  void ready_job(std::size_t stage, std::size_t job);
  void blocked_job(std::size_t stage, std::size_t job, Group&);
  bool stopped(std::size_t stage, std::size_t job, const Group&);
  void finish_stage(std::size_t);
  bool retry_stage(std::size_t, State result);
  State result_of(std::size_t stage) const;
  int band(const StageState&) const;

  void event(std::string_view type, const Json& payload);
  void end_job(const JobState&, State, const std::string& reason);
  void wake(std::optional<Time>);

  const RunState& run_;
  const World& world_;
  Decision out_;
};

}  // namespace fairlead::engine
