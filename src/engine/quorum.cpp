// SPDX-License-Identifier: Apache-2.0
#include "engine/quorum.hpp"

#include <algorithm>

namespace fairlead::engine {

namespace {

class Matching {
 public:
  Matching(const std::vector<Vote>& votes, const ApprovalPolicy& policy) : votes_(votes), policy_(policy) {
    quorum_.counted.assign(policy.require.size(), 0);
    quorum_.rule_of.assign(votes.size(), -1);
  }

  Quorum solve() {
    for (std::size_t v = 0; v < votes_.size(); ++v) {
      if (!votes_[v].approve) continue;
      std::vector<bool> seen(policy_.require.size(), false);
      place(v, seen);
    }
    for (std::size_t r = 0; r < policy_.require.size(); ++r) quorum_.missing += std::max(policy_.require[r].count - quorum_.counted[r], 0);
    return std::move(quorum_);
  }

 private:
  /// Kuhn's augmenting path: takes a free seat, or one whose holder can move to another rule.
  bool place(std::size_t vote, std::vector<bool>& seen) {
    for (const int rule : votes_[vote].rules) {
      const auto r = static_cast<std::size_t>(rule);
      if (rule < 0 || r >= seen.size() || seen[r]) continue;
      seen[r] = true;
      if (quorum_.counted[r] < policy_.require[r].count) {
        ++quorum_.counted[r];
        quorum_.rule_of[vote] = rule;
        return true;
      }
      for (std::size_t other = 0; other < votes_.size(); ++other) {
        if (quorum_.rule_of[other] != rule || !place(other, seen)) continue;
        quorum_.rule_of[vote] = rule;  // the other one's seat; it has counted itself elsewhere
        return true;
      }
    }
    return false;
  }

  const std::vector<Vote>& votes_;
  const ApprovalPolicy& policy_;
  Quorum quorum_;
};

}  // namespace

Eligible eligible_rules(const Person& person, const ApprovalPolicy& policy) {
  Eligible rules;
  for (std::size_t i = 0; i < policy.require.size(); ++i) {
    const auto fits = [&](const std::string& who) { return person.is(who); };
    if (std::ranges::any_of(policy.require[i].from, fits)) rules.push_back(static_cast<int>(i));
  }
  return rules;
}

Quorum count_votes(const std::vector<Vote>& votes, const ApprovalPolicy& policy) { return Matching(votes, policy).solve(); }

}  // namespace fairlead::engine
