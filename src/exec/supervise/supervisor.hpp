// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "exec/supervise/link.hpp"
#include "exec/supervise/process.hpp"
#include "fairlead/base/fd.hpp"

namespace fairlead::exec {

/// One job's supervisor: takes orders from whoever owns the folder, runs one process at a time, outlives the server. One
/// thread, one poll(2); sleeps unless there is something to do.
class Supervisor {
 public:
  /// `folder` is the job's, already locked by this process and its current directory. `signals` is a signalfd for SIGCHLD
  /// and SIGTERM, `first` a link inherited from the server, or none.
  Supervisor(Fd folder, Fd signals, Fd listener, Fd first);

  /// Returns when it was told to finish, the folder was removed, or nobody has asked for anything for a day.
  void run();

 private:
  void wait_for_events();
  void on_signals();
  void reap();
  void accept();
  void take(Link&, std::string_view line);
  void obey(Link&, const Json&);
  void start(Link&, const Json&);
  Json status(const std::string& step, const std::string& name) const;
  void broadcast(const Json&);
  void announce_output();
  void look_around();
  void end_if_told();
  std::int64_t next_wake() const;

  Fd folder_, signals_, listener_;
  std::list<Link> links_;
  std::vector<Fd> leftovers_;  ///< pipes that background processes may still write to
  std::shared_ptr<const MaskPatterns> patterns_;
  std::set<std::string> secrets_;
  std::unique_ptr<Process> process_;
  std::map<std::string, Exit> done_;  ///< by "<step>/<name>"
  bool keep_background_ = false, watched_ = false;
  bool was_started_ = false;  ///< by a server, with a link of its own
  bool began_ = false;        ///< a step
  bool finishing_ = false, over_ = false;
  std::int64_t announced_ = 0, announce_at_ = 0;
  std::int64_t look_at_ = 0, last_asked_ = 0;
};

}  // namespace fairlead::exec
