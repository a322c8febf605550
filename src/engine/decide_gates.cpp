// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine/conditions.hpp"
#include "engine/decider.hpp"
#include "fairlead/base/glob.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/engine/approval.hpp"
#include "fairlead/engine/events.hpp"

/// What a stage waits at before it starts. All gates open together, so that people can approve while the calendar is closed;
/// lock, queue, calendar and checks are asked until the very decision that starts the stage.
namespace fairlead::engine {

namespace {

constexpr Duration check_fresh = std::chrono::seconds(10);  ///< an answer older than this is asked again

/// "check http https://status.example.com/ok"
std::string check_name(const Json& check) {
  const std::string kind = text_at(check, "kind");
  const Json& with = member(check, "with");
  const std::string what = text_at(with, "url");
  if (!what.empty()) return "check " + kind + " " + what;
  std::vector<std::string> names;
  for (const auto& name : member(with, "names")) {
    if (name.is_string()) names.push_back(name.get<std::string>());
  }
  return names.empty() ? "check " + kind : "check " + kind + " " + join(names, ", ");
}

std::string refused_branch(const RunState& run, const std::string& environment, const EnvironmentFacts& facts) {
  const std::string allowed = join(facts.branches, ", ");
  const std::string may = " may be deployed to " + environment;
  if (!run.branch.empty()) return "branch " + run.branch + " may not be deployed to " + environment + " (allowed: " + allowed + ")";
  if (!run.tag.empty()) return "tag " + run.tag + " may not be deployed to " + environment + " (allowed: " + allowed + ")";
  return "only commits of a branch" + may + " (allowed: " + allowed + "), and this run is of " +
         (run.ref.empty() ? run.sha.str() : run.ref);
}

/// What a rollback goes back to was let in once.
bool branch_allowed(const RunState& run, const EnvironmentFacts& facts) {
  if (facts.branches.empty() || run.trigger == "rollback") return true;
  const std::string& name = run.branch.empty() ? run.tag : run.branch;
  return !name.empty() && glob_list_match(facts.branches, name);
}

}  // namespace

bool Decider::settle(const StageState& stage, std::string_view kind, std::string_view key, const std::optional<Block>& block) {
  const GateState* gate = stage.gate(key);
  const bool open = gate != nullptr && gate->is_open();
  if (!block) {
    if (open) event(events::gate_closed, {{"stage", stage.name}, {"key", key}, {"state", "passed"}});
    return true;
  }
  if (!open || gate->reason != block->reason || gate->until != block->until) {
    event(events::gate_opened,
          {{"stage", stage.name}, {"kind", kind}, {"key", key}, {"reason", block->reason}, {"until", json_time(block->until)}});
  }
  return false;
}

/// `concurrency: queue`: only before anything of the run has started.
bool Decider::wait_turn(const StageState& stage) {
  std::optional<Block> block;
  const bool in_line = run_.plan->concurrency == pipeline::Concurrency::queue && !run_.started_at && run_.target_environment.empty();
  if (in_line && world_.behind) block = Block{"waits for " + *world_.behind + " (concurrency: queue)", {}};
  return settle(stage, "queue", "concurrency", block);
}

Decider::Passage Decider::pass_gates(std::size_t index) {
  const StageState& stage = run_.stages[index];
  bool passed = wait_turn(stage);
  if (!stage.environment.empty()) {
    const auto facts = world_.environments.find(stage.environment);
    if (facts == world_.environments.end() || !facts->second.known) {
      end_stage(index, State::failed, "there is no environment " + stage.environment + " in the server's configuration");
      return Passage::ended;
    }
    if (is_automatic_rollback(run_)) return pass_queue(stage, facts->second) ? Passage::open : Passage::blocked;
    const Passage environment = pass_environment(index, facts->second);
    if (environment == Passage::ended) return Passage::ended;
    passed = passed && environment == Passage::open;
  }
  const bool asked = pass_plan(index, passed);
  passed = pass_checks(index, passed) && asked && passed;
  // The closing of a gate is folded first: the next decision sees whether all of them hold still.
  return passed && out_.events.empty() ? Passage::open : Passage::blocked;
}

Decider::Passage Decider::pass_environment(std::size_t index, const EnvironmentFacts& facts) {
  const StageState& stage = run_.stages[index];
  if (!branch_allowed(run_, facts)) {
    end_stage(index, State::failed, refused_branch(run_, stage.environment, facts));
    return Passage::ended;
  }
  if (facts.queue_latest && facts.newer && run_.trigger != "rollback" && run_.retried == 0) {
    end_stage(index, State::superseded, "superseded by " + *facts.newer + ", which goes to " + stage.environment + " too");
    return Passage::ended;
  }
  const bool doors = pass_lock_queue_calendar(stage, facts);
  const bool waited = pass_wait(stage, facts.wait_timer);
  const Passage approval = pass_approval(index, facts);
  if (approval == Passage::ended) {
    // Nothing else of this decision counts when the approval ends the stage.
    const GateState& gate = *stage.gate("approval");
    out_ = {};
    end_stage(index, State::failed, gate.reason);
    return approval;
  }
  return doors && waited ? approval : Passage::blocked;
}

bool Decider::pass_lock_queue_calendar(const StageState& stage, const EnvironmentFacts& facts) {
  std::optional<Block> lock, calendar;
  if (facts.lock) lock = Block{*facts.lock, facts.lock_until};
  if (facts.calendar_closed) calendar = Block{*facts.calendar_closed, facts.calendar_changes_at};
  for (const auto& block : {lock, calendar}) {
    if (block) wake(block->until);
  }
  const bool unlocked = settle(stage, "lock", "lock", lock);
  const bool free = pass_queue(stage, facts);
  return settle(stage, "calendar", "calendar", calendar) && free && unlocked;
}

/// Rollbacks go before everything that waits.
bool Decider::pass_queue(const StageState& stage, const EnvironmentFacts& facts) {
  std::optional<Block> queue;
  if (facts.holder) {
    queue = Block{*facts.holder + " is being deployed to " + stage.environment, {}};
  } else if (!facts.queue_latest && facts.ahead > 0 && run_.trigger != "rollback") {
    queue = Block{"earlier runs of " + run_.app + " go to " + stage.environment + " first", {}};
  }
  return settle(stage, "queue", "queue", queue);
}

/// Runs once, from the moment the stage could have started.
bool Decider::pass_wait(const StageState& stage, Duration timer) {
  const GateState* gate = stage.gate("wait");
  if (timer <= Duration::zero() || (gate != nullptr && !gate->is_open())) return settle(stage, "wait", "wait", std::nullopt);
  const Time until = gate != nullptr && gate->until ? *gate->until : world_.now + timer;
  if (world_.now >= until) return settle(stage, "wait", "wait", std::nullopt);
  wake(until);
  return settle(stage, "wait", "wait", Block{"wait-timer of " + stage.environment + ": " + format_duration(timer), until});
}

Decider::Passage Decider::pass_approval(std::size_t index, const EnvironmentFacts& facts) {
  const StageState& stage = run_.stages[index];
  const GateState* gate = stage.gate("approval");
  if (!facts.approval) {
    settle(stage, "approval", "approval", std::nullopt);
    return Passage::open;
  }
  if (gate == nullptr) {
    open_approval(index, *facts.approval);
    return Passage::blocked;
  }
  if (gate->state == "passed" || gate->state == "bypassed") return Passage::open;
  if (!gate->is_open()) return Passage::ended;
  if (gate->expires_at && world_.now >= *gate->expires_at) {
    const std::string why = "approval expired: nobody who may decided within " + format_duration(*gate->expires_at - gate->opened_at);
    event(events::gate_closed, {{"stage", stage.name}, {"key", gate->key}, {"state", "expired"}, {"reason", why}});
    return Passage::blocked;
  }
  wake(gate->expires_at);
  if (!keep_plan(index, *gate, *facts.approval)) return Passage::blocked;
  remind(stage, *gate, *facts.approval);
  return Passage::blocked;
}

void Decider::remind(const StageState& stage, const GateState& gate, const ApprovalPolicy& policy) {
  int due = 0;
  for (const Duration after : policy.remind) {
    const Time at = gate.opened_at + after;
    if (at <= world_.now) {
      ++due;
    } else {
      wake(at);
    }
  }
  if (due > gate.reminded) out_.wants.emplace_back(WantReminder{stage.name, due});
}

bool Decider::pass_checks(std::size_t index, bool others_passed) {
  const Json& checks = run_.index->stages[index].plan->checks;
  if (!checks.is_array() || checks.empty()) return true;
  const StageState& stage = run_.stages[index];
  std::optional<Time> fence;  // answers from before the last other gate opened count no more
  for (const auto& gate : stage.gates) {
    if (gate.kind != "check" && gate.closed_at && (!fence || *fence < *gate.closed_at)) fence = gate.closed_at;
  }
  bool passed = true;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    passed = pass_check(stage, "check:" + std::to_string(i), check_name(checks[i]), others_passed, fence) && passed;
  }
  return passed;
}

/// Asked when the stage arrives, until it holds; and anew in the last moment, when everything else lets it pass.
bool Decider::pass_check(const StageState& stage, const std::string& key, const std::string& what, bool others_passed,
                         std::optional<Time> fence) {
  const GateState* gate = stage.gate(key);
  const bool held = gate != nullptr && gate->state == "passed";
  if (held && !others_passed) return false;
  const auto fact = world_.checks.find(stage.name + "/" + key);
  const bool known = fact != world_.checks.end() && world_.now - fact->second.at <= check_fresh && (!fence || fact->second.at >= *fence);
  if (!known) {
    out_.wants.emplace_back(WantCheck{stage.name, key});
    if (gate == nullptr) settle(stage, "check", key, Block{what + " is being asked", {}});
    return false;
  }
  if (fact->second.ok) {
    if (gate == nullptr || held) return true;
    event(events::gate_closed, {{"stage", stage.name}, {"key", key}, {"state", "passed"}, {"reason", what + " holds"}});
    return true;
  }
  wake(fact->second.at + check_fresh + Duration(1));
  return settle(stage, "check", key, Block{what + ": " + fact->second.detail, {}});
}

}  // namespace fairlead::engine
