// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/ec2/fleet.hpp"
#include "fairlead/base/json_fwd.hpp"

/// The rolling deploy of a fleet of hosts as a pure machine: what was seen goes in, what to do next comes out. No clock, no I/O; one
/// value, one owner.
namespace fairlead::deploy::ec2 {

struct Settings {
  Pace pace;
  std::string release;     ///< SHA-256 that `current` is to point to
  bool balanced = false;   ///< a load balancer says who serves; else whoever is not being worked on and has not failed
  bool told = false;       ///< it can be asked: who comes back into traffic without us is seen
  bool resumes = false;    ///< hosts that serve `release` already are left alone
  bool dynamic = false;    ///< found by tag or group: a host may leave the fleet at any time
  bool roll_back = true;
  std::vector<Share> checkpoints;               ///< ascending: once so many hosts serve the new release, people are asked
  Duration patience = std::chrono::hours(1);    ///< how long they are asked
  Duration bake{0};                             ///< watched when all hosts are done
  bool probed = false;      ///< a host was found good by itself before it joins: when the load balancer disagrees, that is a verdict;
                            ///< without one, its own word is what is watched
  Duration stability{0};                        ///< healthy for so long without a break, until a host counts as good
  Duration drain = std::chrono::seconds(300);   ///< longest
  Duration health = std::chrono::minutes(2);    ///< from joining until the load balancer says healthy
  Duration progress = std::chrono::minutes(10); ///< nothing moved for this long: it is given up
};

/// Where a host is on its way. In order of an undisturbed one; what goes wrong goes on at `switching` with `back` set.
enum class At { waiting, leaving, draining, switching, joining, settling, verifying, done, restored, quarantined, unreachable, gone };
std::string_view to_string(At);

/// What a load balancer says of a host, over all of its groups.
struct Traffic {
  enum class Kind { serving, starting, draining, unhealthy, out } kind = Kind::out;
  std::string reason;
};

/// How the script on a host ended.
struct Switched {
  bool ok = false;
  bool nothing_to_go_back_to = false;
  std::string reason;  ///< one sentence when it is not ok
};

enum class Do {
  protect,      ///< keep the auto-scaling groups from interfering
  look,         ///< at the load balancers; without one, probes the hosts that `probes` names: saw()
  leave,        ///< take hosts out of traffic: left()
  leave_again,  ///< one that has left and is in traffic all the same; beside what else is done to it: left_again()
  connections,  ///< how many a draining host still has: saw_connections()
  switch_over,  ///< to the new release: switched()
  switch_back,  ///< to the one before: switched()
  join,         ///< put back into traffic: joined()
  verify,       ///< ask the host itself: verified()
  list,         ///< take the inventory again: listed()
  present,      ///< which hosts are there still: saw_present()
  unprotect,
  wait,
  finish
};
std::string_view to_string(Do);

/// What people may answer at a checkpoint.
inline const std::vector<std::string> checkpoint_answers{"continue", "rollback", "stop"};
struct Asked {
  int round = 0;
  std::string text;
  Time until{};
};

struct Command {
  Do what = Do::finish;
  std::vector<std::string> hosts;
  Time until{};  ///< of `wait`
};

enum class Outcome { succeeded, failed, canceled };
struct Verdict {
  Outcome outcome = Outcome::failed;
  std::string reason;    ///< one sentence
  std::string rollback;  ///< what became of the rollback, one sentence; empty when there was none
};

class Rollout {
 public:
  /// `hosts` in the order in which they are done.
  Rollout(Settings, std::vector<Host> hosts, Time started);

  /// What to do now, without what was asked for already and is not answered. Commands of different hosts may go on side by side.
  std::vector<Command> next(Time now);

  void is_protected(Time now);
  void saw(const std::map<std::string, Traffic>&, Time now);
  void left(const std::string& host, Time now);
  void left_again(const std::string& host, Time now);
  /// `count` connections, seen in each of `looks` looks a second apart.
  void saw_connections(const std::string& host, int count, Time now, int looks = 1);
  void switched(const std::string& host, const Switched&, Time now);
  void joined(const std::string& host, Time now);
  void verified(const std::string& host, const std::string& problem, Time now);  ///< empty: it is good
  void listed(const std::vector<Host>&, Time now);
  void saw_present(const std::set<std::string>& hosts, Time now);
  void is_unprotected(Time now);
  /// A command cannot be done. `hosts` empty: it concerned none.
  void refused(Do, const std::vector<std::string>& hosts, const std::string& why, Time now);
  void cancel(const std::string& why, Time now);
  /// Something outside says that the new release is bad (an alarm).
  void condemn(const std::string& why, Time now);
  /// One of `checkpoint_answers`, to what `asked` says. Without an open question it changes nothing.
  void answered(const std::string& choice, const std::string& by, Time now);

  const std::optional<Asked>& asked() const { return asked_; }
  const std::optional<Verdict>& verdict() const { return verdict_; }
  struct Row {
    Host host;
    At at = At::waiting;
    bool back = false;    ///< on its way to the release before
    bool failed = false;
    std::string reason;
    std::string before;    ///< release that it had when it was switched
    Time since{};
    int tries = 0;         ///< times it was begun with again
    int strays = 0;        ///< times it came back into traffic without us
  };
  const std::vector<Row>& rows() const { return rows_; }
  /// Hosts to probe for a `look` when no load balancer tells: those that are done, and those with the release before.
  std::vector<std::string> probes() const;
  int serving() const;
  int needed_now() const;
  /// Whether any host was begun.
  bool changed() const;
  /// Whether anything was done to a host, also when it was taken back.
  bool touched() const;
  int failures() const { return failures_; }
  bool rolling_back() const { return rolling_back_; }
  /// What happened since the last call, one line each, for the log.
  std::vector<std::string> take_notes();

  /// Everything that a restarted server cannot see again; `recall` gives it to a fresh machine of the same settings.
  Json memory() const;
  void recall(const Json& memory, Time now);

 private:
  struct Work : Row {
    bool asked = false;       ///< a command of this host is not answered yet
    bool switched = false;
    bool has_left = false;    ///< out of traffic by us
    int quiet = 0;            ///< looks without a connection, in a row
    int bad = 0;              ///< looks that found it unhealthy after it was good, in a row
    bool seen_out = false;    ///< since it has left, a look found it out of traffic
    int astray = 0;           ///< looks that found it in traffic although it has left, in a row
    Time stray_again_at{};    ///< after one that was refused, not before
    bool stray = false, stray_asked = false;  ///< has to be taken out once more; is being so
    std::optional<Time> good_since;  ///< healthy without a break
    std::optional<std::string> doubt;  ///< it failed, or has it left the fleet?
    Time connections_at{};
    Traffic traffic;
  };

  Work* find(const std::string& host);
  void move(Work&, At, Time now);
  void host_failed(Work&, const std::string& why, Time now);
  void host_goes_back(Work&, const std::string& why, Time now);
  void has_gone(Work&, Time now);
  bool wait_for_late(const std::vector<Host>&, Time now);
  Duration longest(const Work&) const;
  void give_up(Work&, const std::string& why, Time now);
  void stop(Outcome, const std::string& why, Time now);
  void after_drain(Work&, Time now);
  void look_at_strays(Work&, Time now);
  void look_at_settling(Work&, Time now);
  void look_at_done(Work&, Time now);
  int total() const;
  int count(At) const;
  bool waits_at_checkpoint(Time now);
  bool bakes(Time now);
  bool busy() const;
  bool stale(Time now) const;
  bool watches_itself() const { return settings_.probed && !settings_.balanced && !rolling_back_ && !stopped_ && count(At::done) > 0; }
  bool probe_is_due(Time now) const;
  bool doubts() const;
  bool seen_good(Time now);
  void start_batch(Time now);
  int free_places(const std::string& zone) const;
  std::vector<std::size_t> candidates() const;
  void look_at_times(Time now);
  void begin_rollback(Time now);
  void between_batches(std::vector<Command>&, Time now);
  void end(Time now);
  void collect(std::vector<Command>&, Time now);
  void note(std::string text) { notes_.push_back(std::move(text)); }
  bool counts(const Work&) const;
  void publish();

  Settings settings_;
  std::vector<Work> works_;
  std::vector<Row> rows_;
  Time started_;
  Time progress_at_, alive_at_;
  bool protected_ = false, protect_asked_ = false, unprotected_ = false, unprotect_asked_ = false;
  bool look_asked_ = false, list_asked_ = false, present_asked_ = false, final_ = false;
  bool listed_lately_ = false;  ///< who is there was asked since the last batch
  std::optional<Time> looked_at_;
  Time look_again_at_{};   ///< after a look that failed, not before
  std::string look_problem_;
  Time changed_at_{};  ///< last time that we took a host out or put it back, or one without a load balancer was done
  int width_ = 1;
  int finished_batches_ = 0;
  bool in_batch_ = false;
  int failures_ = 0;
  int lists_ = 0;
  std::optional<Time> late_since_;  ///< somebody came in the meantime and cannot be reached yet
  Time list_at_{};                  ///< not before
  std::optional<Time> unlisted_since_;  ///< the hosts cannot be listed at the end
  std::string unlisted_;                ///< nor could they until the end: why
  std::optional<Time> unseen_since_;    ///< hosts without a load balancer cannot be probed at the end
  std::string unseen_;                  ///< nor could they until the end: why
  std::set<std::string> unasked_;       ///< done, but silent at the end
  bool rolling_back_ = false;
  bool kept_ = false;           ///< people said that the hosts stay as they are
  std::size_t checkpoint_ = 0;  ///< checkpoints that are passed
  std::optional<Asked> asked_;
  std::optional<Time> bake_until_;
  std::optional<Verdict> stopped_;  ///< why no further host is begun
  std::optional<Verdict> verdict_;
  std::vector<std::string> notes_;
};

}  // namespace fairlead::deploy::ec2
