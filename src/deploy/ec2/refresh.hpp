// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "deploy/ec2/rollout.hpp"

/// An instance refresh of an auto-scaling group as a pure machine: what was seen goes in, what to do next comes out. AWS replaces the
/// instances; this says where it stops for people, when it has failed, and how it goes back. No clock, no I/O; one value, one owner.
namespace fairlead::deploy::ec2 {

struct RefreshSettings {
  std::string version;    ///< of the launch template, a number: what every instance is to run
  std::string baseline;   ///< what they ran before; empty: there is no one way back
  bool reversible = true; ///< AWS itself can go back: the group names the baseline by its number
  bool roll_back = true;
  std::vector<Share> checkpoints;
  Duration patience = std::chrono::hours(1);
  Duration progress = std::chrono::minutes(10);
  Duration grace = std::chrono::minutes(5);  ///< in which a new instance need not be healthy yet
};

/// An instance of the group.
struct Member {
  std::string id, zone;
  std::string version;     ///< of the launch template
  std::string lifecycle;   ///< "InService", "Pending:Wait" …
  bool healthy = true;     ///< as the group says
  std::string traffic;     ///< state in the group's target groups, the worst: "healthy", "initial", "unhealthy" …; empty: it has none
  std::string reason;      ///< what a load balancer says when it is not healthy
};

/// What a look at the group and its newest refresh of ours gave.
struct RefreshLook {
  std::string status;  ///< AWS's word: "InProgress", "Successful" …; empty: there is none
  std::string reason;  ///< AWS's sentence
  int percent = 0;
  int desired = 0;
  std::vector<Member> members;
  std::map<std::string, std::string> failed_launches;  ///< activity id → AWS's sentence, since the deploy began
};

enum class RefreshDo {
  start,      ///< a refresh to the version: started(); `percent`: where it is to stop, 100 for the end
  look,       ///< saw()
  cancel,     ///< the refresh, keeping what is replaced: done()
  undo,       ///< let AWS roll the active refresh back: done()
  start_back, ///< a refresh to the baseline: started()
  wait,
  finish
};
std::string_view to_string(RefreshDo);

struct RefreshCommand {
  RefreshDo what = RefreshDo::finish;
  int round = 0;      ///< of `start`: names the effect
  int percent = 100;
  Time until{};
};

class Refresh {
 public:
  /// `first`: how it is now; also after a restart, before `recall`.
  Refresh(RefreshSettings, RefreshLook first, Time started);

  RefreshCommand next(Time now);
  void started(Time now);
  void saw(const RefreshLook&, Time now);
  void done(RefreshDo, Time now);
  /// A command cannot be done.
  void refused(RefreshDo, const std::string& why, Time now);
  void cancel(const std::string& why, Time now);
  void condemn(const std::string& why, Time now);
  void answered(const std::string& choice, const std::string& by, Time now);

  const std::optional<Asked>& asked() const { return asked_; }
  const std::optional<Verdict>& verdict() const { return verdict_; }
  const RefreshLook& seen() const { return seen_; }
  int updated() const;  ///< instances in service that run the version
  bool rolling_back() const { return phase_ >= Phase::undoing; }
  std::vector<std::string> take_notes();

  Json memory() const;
  void recall(const Json& memory, Time now);

 private:
  enum class Phase { starting, watching, stopping, asking, settling, undoing, clearing, starting_back, returning, over };

  void enter(Phase, Time now);
  void stop(Outcome, const std::string& why, Time now);
  void go_back(Time now);
  void watch(Time now);
  void look_for_strikes(Time now);
  std::string strike_of(const Member&, Time now);
  void settle(Time now);
  bool good(const Member&) const;
  void returned(Time now);
  void reach(Time now);
  void end(Time now);
  int wanted() const;
  int checkpoint_percent() const;
  bool active() const;
  void note(std::string text) { notes_.push_back(std::move(text)); }

  RefreshSettings settings_;
  Phase phase_ = Phase::starting;
  int round_ = 0;                ///< refreshes to the version that were started
  std::size_t checkpoint_ = 0;   ///< checkpoints that are passed
  RefreshLook seen_;
  std::optional<Time> looked_at_;
  std::string signature_;        ///< of what moves
  Time progress_at_, alive_at_;
  bool cancel_sent_ = false;
  bool undone_ = false;          ///< AWS was told to roll the refresh back
  std::map<std::string, Time> in_service_since_;  ///< instances of the version
  std::set<std::string> were_good_;
  std::map<std::string, std::string> strikes_;  ///< instances of the version that were found unhealthy, with the reason
  std::optional<Asked> asked_;
  bool kept_ = false;
  std::optional<Verdict> stopped_, verdict_;
  std::vector<std::string> notes_;
};

}  // namespace fairlead::deploy::ec2
