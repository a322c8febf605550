// SPDX-License-Identifier: Apache-2.0
#include "fairlead/engine/approval.hpp"

#include <algorithm>

#include "engine/gate_plan.hpp"
#include "engine/quorum.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/engine/events.hpp"

namespace fairlead::engine {

namespace {

using Kind = VoteResult::Kind;

VoteResult refuse(std::string text, Kind kind = Kind::refused) { return {kind, std::move(text), {}}; }

std::string label(const RunState& run) { return run.app + "#" + std::to_string(run.number); }

/// The stage a ballot is about: the named one, or the only one with an open approval. Text of the refusal otherwise.
const StageState* find_stage(const RunState& run, const std::string& name, std::string& why) {
  if (!name.empty()) {
    const StageState* stage = run.stage(name);
    if (stage == nullptr) why = label(run) + " has no stage " + name;
    return stage;
  }
  std::vector<const StageState*> open, any;
  for (const auto& stage : run.stages) {
    const GateState* gate = stage.gate("approval");
    if (gate == nullptr) continue;
    any.push_back(&stage);
    if (gate->is_open()) open.push_back(&stage);
  }
  if (open.size() == 1) return open.front();
  if (open.empty() && !any.empty()) return any.back();
  why = open.empty() ? label(run) + " does not wait for an approval (it is " + std::string(to_string(run.state)) + ")"
                     : label(run) + " has several stages that wait for an approval: name one with --stage";
  return nullptr;
}

std::string voters(const GateState& gate, bool approve) {
  std::vector<std::string> names;
  for (const auto& vote : gate.votes) {
    if (vote.approve == approve) names.push_back(vote.person);
  }
  return join(names, ", ");
}

std::string decided_text(const StageState& stage, const GateState& gate) {
  const std::string when = gate.closed_at ? " at " + format_time(*gate.closed_at) : "";
  if (gate.state == "passed") return stage.name + " was already approved by " + voters(gate, true) + when;
  if (gate.state == "bypassed") return "the approval of " + stage.name + " was bypassed by " + gate.by + when;
  if (gate.state == "rejected") return stage.name + " was already rejected by " + gate.by + when;
  return "the approval of " + stage.name + " is " + gate.state + when;
}

/// Identities are compared without regard to case; an e-mail address without a prefix is a user's.
bool same_person(const Person& person, const std::string& who) {
  const std::string wanted = to_lower(who.contains(':') ? who : "user:" + who);
  const auto matches = [&](const std::string& id) { return to_lower(id) == wanted; };
  return matches(person.id) || std::ranges::any_of(person.aliases, matches);
}

/// The same, also by what the person once was: for what keeps somebody out.
bool same_human(const Person& person, const std::string& who) {
  const std::string wanted = to_lower(who.contains(':') ? who : "user:" + who);
  return same_person(person, who) || std::ranges::any_of(person.excluded_as, [&](const std::string& id) { return to_lower(id) == wanted; });
}

bool has_voted(const GateState& gate, const Person& person) {
  return std::ranges::any_of(gate.votes, [&](const Vote& vote) { return vote.approve && same_human(person, vote.person); });
}

/// Why this person is kept out whatever the rules say, or empty.
std::string exclusion(const RunState& run, const ApprovalPolicy& policy, const Person& person) {
  const auto excludes = [&](std::string_view what) { return std::ranges::find(policy.exclude, what) != policy.exclude.end(); };
  const auto among = [&](const std::vector<std::string>& people) {
    return std::ranges::any_of(people, [&](const std::string& who) { return same_human(person, who); });
  };
  const bool own = same_human(person, run.actor);
  if (own && !policy.self_allowed) return "you asked for this run, and one's own runs need someone else's approval";
  if (excludes("pusher") && among(run.excluded)) return "you pushed this commit (exclude: pusher)";
  if (excludes("commit-authors") && among(run.authors)) return "you are an author of this commit (exclude: commit-authors)";
  return "";
}

std::string who_can(const GateState& gate, const ApprovalPolicy& policy) {
  const std::string missing = missing_text(gate, policy);
  return missing.empty() ? "" : "; it needs " + missing;
}

store::NewEvent close(const StageState& stage, const GateState& gate, std::string_view state, const std::string& reason,
                      const Ballot& ballot) {
  const Json payload{{"stage", stage.name}, {"key", gate.key},        {"state", state},
                     {"reason", reason},    {"by", ballot.person.id}, {"via", ballot.via}};
  return {.type = std::string(events::gate_closed), .payload = dump(payload), .actor = ballot.person.id};
}

VoteResult bypass(const RunState& run, const StageState& stage, const GateState& gate, const ApprovalPolicy& policy, const Ballot& ballot) {
  const auto allowed = [&](const std::string& who) { return ballot.person.is(who); };
  if (policy.break_glass.empty()) return refuse("nobody may bypass the approval of " + stage.name + " (no break-glass in its policy)");
  if (std::ranges::none_of(policy.break_glass, allowed)) {
    return refuse(ballot.person.id + " may not bypass the approval of " + stage.name + "; " + join(policy.break_glass, ", ") + " may");
  }
  if (trim(ballot.reason).empty()) return refuse("bypassing the approval of " + stage.name + " needs a reason");
  const std::string text = "bypassed by " + ballot.person.id + ": " + ballot.reason;
  return {Kind::accepted,
          "the approval of " + stage.name + " of " + label(run) + " is bypassed",
          {close(stage, gate, "bypassed", text, ballot)}};
}

Json voted(const StageState& stage, const GateState& gate, const Ballot& ballot, const Eligible& rules) {
  return {{"stage", stage.name}, {"key", gate.key}, {"person", ballot.person.id}, {"approve", ballot.approve}, {"reason", ballot.reason},
          {"rule", -1},          {"rules", rules},  {"needs", gate.needs},        {"via", ballot.via}};
}

VoteResult rejection(const RunState& run, const StageState& stage, const GateState& gate, const Ballot& ballot, const Eligible& rules) {
  std::string text = "rejected by " + ballot.person.id;
  if (!ballot.reason.empty()) text += ": " + ballot.reason;
  return {Kind::accepted,
          stage.name + " of " + label(run) + " is rejected",
          {{.type = std::string(events::gate_voted), .payload = dump(voted(stage, gate, ballot, rules)), .actor = ballot.person.id},
           close(stage, gate, "rejected", text, ballot)}};
}

VoteResult approval(const RunState& run, const StageState& stage, const GateState& gate, const ApprovalPolicy& policy, const Ballot& ballot,
                    const Eligible& rules) {
  GateState after = gate;
  after.votes.push_back(
      {.person = ballot.person.id, .approve = true, .reason = ballot.reason, .at = {}, .rule = -1, .rules = rules, .via = {}});
  const Quorum quorum = count_votes(after.votes, policy);
  Json payload = voted(stage, gate, ballot, rules);
  payload["rule"] = quorum.rule_of.back();
  payload["needs"] = quorum.missing;
  const std::string missing = missing_text(after, policy);
  if (quorum.missing > 0) payload["missing"] = "needs approval by " + missing;
  VoteResult result{Kind::accepted, "", {{.type = std::string(events::gate_voted), .payload = dump(payload), .actor = ballot.person.id}}};
  if (quorum.missing > 0) {
    result.text = "approved " + stage.name + " of " + label(run) + "; it still needs " + missing;
  } else {
    result.events.push_back(close(stage, gate, "passed", "approved by " + voters(after, true), ballot));
    result.text = "approved " + stage.name + " of " + label(run);
  }
  return result;
}

}  // namespace

bool Person::is(const std::string& who) const { return who == "*" || groups.contains(who) || same_person(*this, who); }

const StageState& approval_stage(const RunState& run, const std::string& name) {
  std::string why;
  const StageState* stage = find_stage(run, name, why);
  if (stage == nullptr) throw Error(ErrorKind::conflict, why);
  return *stage;
}

VoteResult vote(const RunState& run, const std::string& stage_name, const ApprovalPolicy& policy, const Ballot& ballot, Time now) {
  std::string why;
  const StageState* stage = find_stage(run, stage_name, why);
  if (stage == nullptr) return refuse(why);
  const GateState* gate = stage->gate("approval");
  if (gate == nullptr)
    return refuse(stage->name + " of " + label(run) + " does not wait for an approval (it is " + std::string(to_string(stage->state)) +
                  ")");
  if (stage->state == State::superseded || stage->state == State::canceled) {
    const std::string reason = stage->reason.empty() ? std::string(to_string(stage->state)) : stage->reason;
    return refuse(stage->name + " of " + label(run) + " waits for nobody any more: " + reason);
  }
  if (!gate->is_open()) {
    const bool repeated = gate->state == "passed" && ballot.approve && !ballot.break_glass && has_voted(*gate, ballot.person);
    return refuse(decided_text(*stage, *gate), repeated ? Kind::idempotent : Kind::refused);
  }
  if (gate->expires_at && now >= *gate->expires_at)
    return refuse("the approval of " + stage->name + " expired at " + format_time(*gate->expires_at));
  if ((!ballot.plan_digest.empty() && ballot.plan_digest != gate->plan_digest) ||
      gate->plan_digest != bound_digest(run.plan_digest, gate->steps_digest)) {
    return refuse("what " + stage->name + " would do has changed since you looked at it; look again before you decide", Kind::stale);
  }
  if (ballot.break_glass) return bypass(run, *stage, *gate, policy, ballot);
  if (ballot.approve && !gate->plan_error.empty()) {
    return refuse("what " + stage->name + " would do is not known yet (" + gate->plan_error + "); approve it when it is", Kind::stale);
  }

  const Eligible rules = eligible_rules(ballot.person, policy);
  if (rules.empty()) {
    return refuse(ballot.person.id + " may not decide about " + stage->name + who_can(*gate, policy));
  }
  if (const std::string excluded = exclusion(run, policy, ballot.person); !excluded.empty())
    return refuse(excluded + who_can(*gate, policy));
  if (ballot.approve && has_voted(*gate, ballot.person)) {
    return refuse("you have already approved " + stage->name + who_can(*gate, policy), Kind::idempotent);
  }
  const bool needs_reason = ballot.approve ? policy.approve_reason_required : policy.reject_reason_required;
  if (needs_reason && trim(ballot.reason).empty()) {
    return refuse(std::string(ballot.approve ? "approving " : "rejecting ") + stage->name + " needs a reason");
  }
  return ballot.approve ? approval(run, *stage, *gate, policy, ballot, rules) : rejection(run, *stage, *gate, ballot, rules);
}

VoteResult revoke(const RunState& run, const std::string& stage_name, const ApprovalPolicy& policy, const Person& person, Time) {
  std::string why;
  const StageState* stage = find_stage(run, stage_name, why);
  if (stage == nullptr) return refuse(why);
  const GateState* gate = stage->gate("approval");
  const bool may = gate != nullptr && (gate->is_open() || gate->state == "passed");
  if (!may || !has_voted(*gate, person)) return refuse("you have no approval of " + stage->name + " of " + label(run) + " to take back");
  if (stage->state != State::queued && stage->state != State::waiting) {
    return refuse(stage->name + " of " + label(run) + " has already started; cancel the run instead: fairlead cancel " + label(run));
  }
  GateState after = *gate;
  const auto own = std::ranges::find_if(after.votes, [&](const Vote& vote) { return vote.approve && same_person(person, vote.person); });
  const std::string voter = own->person;
  after.votes.erase(own);
  const Json payload{{"stage", stage->name},
                     {"key", gate->key},
                     {"person", voter},
                     {"needs", count_votes(after.votes, policy).missing},
                     {"missing", "needs approval by " + missing_text(after, policy)}};
  return {Kind::accepted,
          "your approval of " + stage->name + " is taken back",
          {{.type = std::string(events::gate_revoked), .payload = dump(payload), .actor = person.id}}};
}

std::string missing_text(const GateState& gate, const ApprovalPolicy& policy) {
  const Quorum quorum = count_votes(gate.votes, policy);
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < policy.require.size(); ++i) {
    const auto& rule = policy.require[i];
    const int missing = rule.count - quorum.counted[i];
    if (missing <= 0) continue;
    parts.push_back(join(rule.from, " or ") + " (" + std::to_string(missing) + " of " + std::to_string(rule.count) + " missing)");
  }
  return join(parts, " and ");
}

}  // namespace fairlead::engine
