// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "deploy/ecs/classifier.hpp"
#include "deploy/ecs/observation.hpp"
#include "fairlead/base/json_fwd.hpp"

/// The rolling deploy of one ECS service as a pure machine: what was seen goes in, what to do next comes out.
/// No clock, no I/O; one value, one owner.
namespace fairlead::deploy::ecs {

/// In the order of a deploy; a failure goes on at `rollback`.
enum class Phase { registering, updating, correlate, monitor, serving, bake, rollback, verify, diagnose, done };
std::string_view to_string(Phase);

struct Settings {
  bool wait_for_completed = false;  ///< COMPLETED instead of SERVING
  Duration stability = std::chrono::seconds(30);
  Duration bake{0};
  Duration progress = std::chrono::minutes(10);  ///< fails when nothing has moved for this long
  bool roll_back = true;
  std::vector<std::string> alarms;
  Duration patience = std::chrono::hours(1);  ///< how long people are asked what to do when there is no room
};

/// What the machine asks people: there is no room for the tasks, and no version is to blame. It goes on looking meanwhile.
struct Asked {
  int round = 1;     ///< of this deploy
  std::string text;
  Time until{};      ///< then it is rolled back
};
/// Answers to it: wait as long again, go back, or leave everything as it is.
inline const std::vector<std::string> stall_answers{"continue", "rollback", "stop"};

/// What was true before anything was changed; remembered, so that a restarted server has the same.
struct Baseline {
  std::string task_definition;  ///< ARN
  std::string deployment;       ///< id of the PRIMARY
  bool completed = true;        ///< its rollout had ended: StopServiceDeployment goes back to it
  bool serves = true;           ///< at least one of its tasks ran: it is worth going back to
  int desired = 0;
  int min_percent = 100, max_percent = 200;
  std::vector<std::string> target_groups;
  bool health_checked = false;  ///< a container of the new revision has a health check
  bool reuse = false;           ///< the service already runs exactly this: nothing is registered or updated
  std::string revision;  ///< ARN to set the service to as it is (a rollback's), not to register one; other deployments may have it
  std::set<std::string> deployments;  ///< ids of what was there already; with `revision` one of them may be of the same revision
};

/// New tasks that ECS may start before it must wait for others, 1 … desired.
int wave_of(int desired, int min_percent, int max_percent);
/// Failures of the version's own that condemn it: max(2, half a wave).
int strikes_allowed(int wave);

enum class Outcome { serving, completed, failed, canceled, superseded, stalled, not_started, unreadable };
std::string_view to_string(Outcome);
constexpr bool is_good(Outcome outcome) { return outcome <= Outcome::completed; }

enum class RolledBack {
  no,  ///< nothing was undone: not asked for, or not ours to undo
  done,  ///< the baseline serves again
  by_ecs,  ///< ECS did it by itself, and the baseline serves again
  failed  ///< it was tried, and the baseline does not serve
};
std::string_view to_string(RolledBack);

struct Verdict {
  Outcome outcome = Outcome::failed;
  RolledBack rolled_back = RolledBack::no;
  std::string reason;  ///< one sentence
  std::string rollback;  ///< what became of the rollback, one sentence; empty when there was none
};

/// A stopped task of our deployment.
struct Strike {
  Cause cause = Cause::app;
  std::string fingerprint, sentence, advice;
  Time at{};
};

enum class Do {
  register_revision,
  update_service,
  read_service,  ///< DescribeServices
  read_stopped,  ///< stopped tasks of the service
  read_tasks,  ///< tasks of our deployment
  read_targets,  ///< health in every target group
  read_alarms,
  stop_deployment,  ///< StopServiceDeployment(ROLLBACK) of ours
  restore,  ///< UpdateService to the baseline
  diagnose,  ///< logs and reasons, while they are still there
  wait,
  finish
};

struct Command {
  Do what = Do::finish;
  Time until{};  ///< of `wait`
};

class Rollout {
 public:
  Rollout(Settings, Baseline, Time started);

  /// What to do now. Each command is answered by exactly one of the functions below, except `wait` and `finish`.
  Command next(Time now) const;

  void registered(const std::string& task_definition, Time now);
  /// `deployment`: id of the PRIMARY in the answer of UpdateService; empty when the answer did not name ours.
  void updated(const std::string& deployment, Time now);
  void saw(const Service&, Time now);
  void saw_stopped(const std::vector<Task>&, Time now);
  void saw_tasks(const std::vector<Task>&, Time now);
  void saw_targets(const std::vector<Target>&, Time now);
  void saw_alarms(const std::vector<Alarm>&, Time now);
  /// A read did not come back. `denied`: it never will; the machine goes on without it where it can.
  void unread(Do what, const std::string& why, bool denied, Time now);
  void stopped(Time now);  ///< ECS took the stop
  void stop_refused(const std::string& why, Time now);  ///< it did not (finished, not permitted)
  void restored(Time now);
  void restore_refused(const std::string& why, Time now);
  void diagnosed(Time now);
  void cancel(const std::string& why, Time now);
  /// One of `stall_answers`, to what `asked` says. Without an open question it changes nothing.
  void answered(const std::string& choice, const std::string& by, Time now);

  const std::optional<Asked>& asked() const { return asked_; }
  Phase phase() const { return phase_; }
  /// Set once the outcome is decided; `rolled_back` is final in phase done.
  const std::optional<Verdict>& verdict() const { return verdict_; }
  const std::string& task_definition() const { return task_definition_; }
  const std::string& deployment() const { return deployment_; }
  const std::map<std::string, Strike>& strikes() const { return strikes_; }
  const Baseline& baseline() const { return baseline_; }
  int desired() const { return desired_; }
  int running() const { return running_; }
  int healthy() const { return healthy_; }
  Time started() const { return started_; }
  const std::string& stalled() const { return stalled_; }
  /// What happened since the last call, one line each, for the log.
  std::vector<std::string> take_notes();

  /// Everything that a restarted server cannot see again. Given to `recall` of a fresh machine before anything else; the
  /// journal then answers register and update again.
  Json memory() const;
  void recall(const Json& memory, Time now);

 private:
  enum class Identity { ours, not_yet, rolled_back, superseded };
  struct Window {
    Time since{};
    std::set<std::string> tasks;
  };

  Identity identify(const Service&);
  void monitor(const Service&, const Deployment&, Time now);
  void read_events(const Service&, Time now);
  void tell_event(const std::string& text);
  void look_at_counts(const Service&, const Deployment&, Time now);
  void check_deadline(Time now);
  bool late(Time now) const;
  void check_strikes(Time now);
  void evaluate(Time now);
  bool is_ours(const Task&, Time now) const;
  bool is_healthy(const Task&) const;
  std::set<std::string> healthy_tasks() const;
  void open_window(const std::set<std::string>& healthy, Time now);
  void look_at_the_end();
  void close_window(const std::string& why);
  void serve(Time now);
  void end_well(bool completed);
  void advance(Time now);
  void progress(Time now);
  void ask(Time now);
  std::string standstill() const;
  void fail(Outcome, std::string reason, Time now);
  void begin_rollback(Time now);
  void verify(const Service&, Time now);
  void end_verify(RolledBack, std::string text);
  void note(std::string text) { notes_.push_back(std::move(text)); }
  Command read_or_wait(Time now) const;
  void plan_reads(Time now);
  void forget_tasks(Time now);
  bool checks_health() const { return baseline_.health_checked || !baseline_.target_groups.empty(); }
  bool proven() const;

  Settings settings_;
  Baseline baseline_;
  Time started_;

  Phase phase_ = Phase::registering;
  std::string task_definition_;
  std::string deployment_;
  Time updated_at_{};
  Time incomplete_at_{};  ///< the last look that saw fewer tasks running than wanted
  Time progress_at_{};
  std::optional<Verdict> verdict_;
  std::map<std::string, Strike> strikes_;  ///< by task ARN
  std::set<std::string> seen_events_;
  std::map<std::string, int> event_kinds_;  ///< how often an event was told of, ids and numbers aside
  std::string stalled_;
  std::optional<Asked> asked_;
  int rounds_ = 0;  ///< questions so far
  std::string last_event_;
  Time last_event_at_{};
  Time told_until_{};  ///< events up to here were told by an earlier machine
  std::string unread_why_;
  bool blind_ = false;  ///< tasks or targets may not be read
  bool completed_ = false;
  bool by_ecs_ = false;
  bool diagnosed_ = false;
  bool stop_tried_ = false, restore_tried_ = false;
  Time rollback_at_{};
  Time serving_at_{};
  Time back_since_{};  ///< since when the baseline serves again

  int desired_ = 0, running_ = 0, pending_ = 0, healthy_ = 0, failed_ = 0, old_running_ = 0, service_running_ = 0;
  int best_running_ = 0, best_healthy_ = 0;
  std::vector<Task> tasks_;
  std::vector<Target> targets_;
  std::optional<Window> window_;
  int early_reads_ = 0;
  int looks_ = 0;  ///< at the service, by this machine
  bool recalled_ = false;  ///< it goes on where another machine was

  Time service_due_{}, stopped_due_{}, tasks_due_{}, targets_due_{}, alarms_due_{};
  Time service_at_{}, stopped_at_{}, tasks_at_{}, targets_at_{};
  std::vector<std::string> notes_;
};

}  // namespace fairlead::deploy::ecs
