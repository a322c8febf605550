// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine/decider.hpp"
#include "engine/gate_plan.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/engine/approval.hpp"
#include "fairlead/engine/events.hpp"

/// An approval binds to what the steps of the stage say they would do: it is asked before people are, and again in the last moment.
/// What cannot be asked is never taken for agreed.
namespace fairlead::engine {

namespace {

constexpr Duration fresh_for = std::chrono::seconds(10);
constexpr Duration again_after = std::chrono::seconds(15);  ///< when it could not be told

std::string approvers(const GateState& gate) {
  std::vector<std::string> names;
  for (const auto& vote : gate.votes) {
    if (vote.approve) names.push_back(vote.person);
  }
  return join(names, ", ");
}

}  // namespace

/// Whether a step of the stage can say what it would do.
bool Decider::says_what(std::size_t index) const {
  if (world_.planning.empty()) return false;
  const auto tells = [&](const pipeline::PlanStep& step) { return step.skip.empty() && world_.planning.contains(step.action); };
  return std::ranges::any_of(run_.index->stages[index].jobs, [&](const PlanIndex::Job& job) {
    return job.plan->skip.empty() && std::ranges::any_of(job.plan->steps, tells);
  });
}

/// The last answer, while it is young enough to act on; else it is asked.
const PlanFact* Decider::fresh_plan(const StageState& stage) {
  const auto found = world_.plans.find(stage.name);
  if (found != world_.plans.end()) {
    const PlanFact& fact = found->second;
    const Duration age = world_.now - fact.at;
    const bool fresh = age <= (fact.known ? fresh_for : again_after);
    if (fresh && !fact.known) wake(fact.at + again_after + Duration(1));
    if (fresh) return &fact;
  }
  out_.wants.emplace_back(WantStagePlan{stage.name});
  return nullptr;
}

/// Opens the approval, or asks anew: with another plan the votes so far are void.
void Decider::ask_people(const StageState& stage, const ApprovalPolicy& policy, const PlanFact* fact, const std::string& why) {
  const GateState* gate = stage.gate("approval");
  const bool open = gate != nullptr && gate->is_open();
  int needs = 0;
  for (const auto& rule : policy.require) needs += rule.count;
  auto expires = policy.expires ? std::optional<Time>(world_.now + *policy.expires) : std::nullopt;
  if (open) expires = gate->expires_at;
  const std::string missing = "needs approval by " + missing_text({}, policy);
  Json payload{{"stage", stage.name},
               {"kind", "approval"},
               {"key", "approval"},
               {"reason", why.empty() ? missing : why + "; " + missing},
               {"until", json_time(expires)},
               {"expires_at", json_time(expires)},
               {"needs", needs},
               {"plan_digest", run_.plan_digest}};
  if (fact != nullptr) {
    const std::string steps = fact->known ? fact->digest : "";
    payload["plan_digest"] = bound_digest(run_.plan_digest, steps);
    payload["steps_digest"] = steps;
    if (!fact->known) payload["plan_error"] = fact->why;
    if (fact->known && fact->steps) payload["plan"] = shown_plan(*fact->steps);
  }
  event(events::gate_opened, payload);
}

/// False while what it would do is being asked.
bool Decider::open_approval(std::size_t index, const ApprovalPolicy& policy) {
  const StageState& stage = run_.stages[index];
  if (!says_what(index)) {
    ask_people(stage, policy, nullptr, {});
    return true;
  }
  const PlanFact* fact = fresh_plan(stage);
  if (fact == nullptr) return false;
  ask_people(stage, policy, fact, fact->known ? "" : "what it would do is not known: " + fact->why);
  return true;
}

/// While people are asked: a plan that was not known is asked for until it is; one that was found to be another replaces what is shown.
/// False when the gate is asked anew.
bool Decider::keep_plan(std::size_t index, const GateState& gate, const ApprovalPolicy& policy) {
  if (!says_what(index)) return true;
  const StageState& stage = run_.stages[index];
  if (!gate.steps_digest.empty()) {
    const auto found = world_.plans.find(stage.name);
    if (found == world_.plans.end() || !found->second.known || found->second.digest == gate.steps_digest) return true;
    ask_people(stage, policy, &found->second, change_of(gate, found->second));
    return false;
  }
  const PlanFact* fact = fresh_plan(stage);
  if (fact == nullptr || (!fact->known && !gate.plan_error.empty())) return true;
  ask_people(stage, policy, fact, fact->known ? "" : "what it would do is not known: " + fact->why);
  return false;
}

std::string Decider::change_of(const GateState& gate, const PlanFact& fact) const {
  if (gate.steps_digest.empty()) return "what it would do was not known when it was approved";
  const std::string who = approvers(gate);
  const Json none = Json::array();
  const std::string change = change_text(gate.plan ? *gate.plan : none, fact.steps ? *fact.steps : none);
  return "what it would do has changed" + (who.empty() ? "" : " since " + who + " approved it") + (change.empty() ? "" : ", " + change);
}

/// In the last moment, when everything else lets an approved stage pass: would it still do what was approved?
bool Decider::pass_plan(std::size_t index, bool others_passed) {
  const StageState& stage = run_.stages[index];
  const GateState* gate = stage.gate("approval");
  const auto facts = world_.environments.find(stage.environment);
  const bool bound = gate != nullptr && gate->state == "passed" && facts != world_.environments.end() && facts->second.approval;
  if (!bound || !says_what(index)) return settle(stage, "check", "plan", std::nullopt);
  if (!others_passed) return false;
  const PlanFact* fact = fresh_plan(stage);
  if (fact == nullptr) return false;
  if (!fact->known) return settle(stage, "check", "plan", Block{"cannot be asked what it would do: " + fact->why, {}});
  if (fact->digest == gate->steps_digest) return settle(stage, "check", "plan", std::nullopt);
  settle(stage, "check", "plan", std::nullopt);
  ask_people(stage, *facts->second.approval, fact, change_of(*gate, *fact));
  return false;
}

}  // namespace fairlead::engine
