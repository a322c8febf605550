// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

/// What an approval should be, said a second time: people are numbers here, there are no identities, events or digests.
namespace fairlead::chat::test {

struct ModelRule {
  std::set<int> groups;  ///< whose members count
  std::set<int> people;  ///< who count by name
  int count = 1;
};

/// One run's approval.
struct ModelApproval {
  std::vector<ModelRule> rules;
  std::set<int> kept_out;                ///< requester, pusher, authors as far as the policy excludes them
  std::string state = "open";            ///< open, passed, rejected, expired, superseded
  std::map<int, std::set<int>> votes;    ///< by person: the rules they could be counted for when they voted
  bool started = false;                  ///< the stage has begun

  std::set<int> counts_for(int person, const std::set<int>& member_of) const {
    std::set<int> fitting;
    for (int r = 0; r < static_cast<int>(rules.size()); ++r) {
      const auto& rule = rules[static_cast<std::size_t>(r)];
      bool fits = rule.people.contains(person);
      for (const int group : rule.groups) fits = fits || member_of.contains(group);
      if (fits) fitting.insert(r);
    }
    return fitting;
  }

  /// Is there a way to seat voters so that every rule has its number? Tries all.
  bool enough() const {
    std::vector<std::set<int>> voters;
    for (const auto& [person, fitting] : votes) voters.push_back(fitting);
    std::vector<int> missing;
    for (const auto& rule : rules) missing.push_back(rule.count);
    const std::function<bool(std::size_t)> seat = [&](std::size_t next) {
      bool full = true;
      for (const int left : missing) full = full && left <= 0;
      if (full || next == voters.size()) return full;
      for (const int rule : voters[next]) {
        auto& left = missing[static_cast<std::size_t>(rule)];
        --left;
        const bool found = seat(next + 1);
        ++left;
        if (found) return true;
      }
      return seat(next + 1);
    };
    return seat(0);
  }

  /// "accepted", "again" or "refused", and what follows.
  std::string approve(int person, const std::set<int>& member_of) {
    if (state != "open") return state == "passed" && votes.contains(person) ? "again" : "refused";
    const auto fitting = counts_for(person, member_of);
    if (fitting.empty() || kept_out.contains(person)) return "refused";
    if (votes.contains(person)) return "again";
    votes[person] = fitting;
    if (enough()) state = "passed";
    return "accepted";
  }
  std::string reject(int person, const std::set<int>& member_of) {
    if (state != "open" || counts_for(person, member_of).empty() || kept_out.contains(person)) return "refused";
    votes.erase(person);
    state = "rejected";
    return "accepted";
  }
  std::string revoke(int person) {
    if ((state != "open" && state != "passed") || started || !votes.contains(person)) return "refused";
    votes.erase(person);
    state = "open";
    return "accepted";
  }
};

}  // namespace fairlead::chat::test
