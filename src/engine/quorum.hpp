// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "fairlead/engine/approval.hpp"

namespace fairlead::engine {

/// Positions of the rules in ApprovalPolicy::require that a person may be counted for.
using Eligible = std::vector<int>;

Eligible eligible_rules(const Person&, const ApprovalPolicy&);

struct Quorum {
  std::vector<int> counted;  ///< by rule: votes that count for it
  std::vector<int> rule_of;  ///< by vote: the rule it counts for, -1 for none
  int missing = 0;           ///< over all rules
};

/// Counts every approval for one rule at most, so that as many as possible are satisfied: a maximum matching, because a
/// greedy count could use up the one person whom another rule needs.
Quorum count_votes(const std::vector<Vote>&, const ApprovalPolicy&);

}  // namespace fairlead::engine
