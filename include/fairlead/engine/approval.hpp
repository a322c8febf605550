// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "fairlead/engine/run_state.hpp"
#include "fairlead/engine/world.hpp"

namespace fairlead::engine {

/// Someone who acts, as authenticated by the transport. `groups` are resolved at the moment of the act; a group that could
/// not be looked up is not in it (fail closed).
struct Person {
  std::string id;                ///< "user:lead@example.com", "token:ci", "local:root"
  std::set<std::string> aliases; ///< other identities linked to the same person
  std::set<std::string> groups;  ///< "slack:@deployers", "github:team:acme/sre"
  /// Identities that this person has or had but that prove nothing now (an earlier e-mail address, an account that was unlinked): they
  /// keep the person from approving their own runs and give no right.
  std::set<std::string> excluded_as = {};
  bool is(const std::string& who) const;  ///< `who` is the id, an alias, a group of theirs, or "*"
};

struct Ballot {
  Person person;
  bool approve = true;
  bool break_glass = false;
  std::string reason;
  std::string plan_digest;  ///< what the person saw; empty: not bound (CLI without --plan)
  std::string via;          ///< cli, api, slack, console
};

/// Outcome of a ballot: the events to append, or why it is refused (kind and text for the person, naming who can).
struct VoteResult {
  enum class Kind { accepted, idempotent, refused, stale } kind = Kind::refused;
  std::string text;
  std::vector<store::NewEvent> events;
};

/// The stage that a ballot is about: the named one; without a name the only one whose approval is open, else the last one that
/// asked for one (so that whoever comes late hears who decided). Throws Error(conflict) saying what the run does instead.
const StageState& approval_stage(const RunState&, const std::string& name);

/// The one code path of every approval, rejection and bypass (design/chat.md, Approvals). Pure; called inside the
/// transaction that appends its events. `stage` empty: the only waiting stage.
VoteResult vote(const RunState&, const std::string& stage, const ApprovalPolicy&, const Ballot&, Time now);

/// Takes back one's own approval, until the stage starts.
VoteResult revoke(const RunState&, const std::string& stage, const ApprovalPolicy&, const Person&, Time now);

/// Who can still approve, for messages: "slack:@deployers (1 of 1 missing)".
std::string missing_text(const GateState&, const ApprovalPolicy&);

}  // namespace fairlead::engine
