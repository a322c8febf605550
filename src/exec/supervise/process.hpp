// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "exec/log/log_file.hpp"
#include "exec/supervise/protocol.hpp"
#include "fairlead/base/fd.hpp"
#include "fairlead/exec/masker.hpp"

namespace fairlead::exec {

/// Milliseconds of CLOCK_BOOTTIME: deadlines keep counting while the machine sleeps.
std::int64_t boot_clock_ms();

/// The running process of a step: its output pipe, its log, its deadlines, its end. Driven by the supervisor's loop.
class Process {
 public:
  /// Creates the files and starts it. A program that cannot be started is a process that says so and exits 127.
  /// Throws Error(conflict) when it was started before, Error(io).
  Process(int job_folder, Order, std::shared_ptr<const MaskPatterns>);

  const Order& order() const { return order_; }
  pid_t pid() const { return pid_; }
  /// The pipe to watch; -1 once nobody writes to it any more.
  int output() const { return eof_ ? -1 : output_.get(); }
  std::int64_t log_length() const { return log_.length(); }
  bool stopping() const { return kill_at_ != 0; }

  void on_output();
  void on_exit(int wait_status, const rusage&);
  /// TERM now, KILL at the end of the grace; the first reason stays.
  void stop(const char* reason, std::int64_t grace_ms);

  /// When `on_time` wants to be called; 0: never.
  std::int64_t next_deadline() const;
  void on_time();

  /// Set once it is over, everything left of it is gone and its log is complete.
  const std::optional<Exit>& exit() const { return exit_; }
  /// The pipe, when background processes may still write to it.
  Fd take_output() { return std::move(output_); }

 private:
  bool read_some();
  void settle();
  void conclude();

  Order order_;
  Fd step_folder_, output_;
  LogFile log_;
  Masker masker_;
  std::string ready_;
  pid_t pid_ = -1;
  std::int64_t last_output_ = 0, timeout_at_ = 0, kill_at_ = 0, drain_until_ = 0;
  std::optional<std::int64_t> exited_at_;
  bool eof_ = false;
  Exit result_;
  std::optional<Exit> exit_;
};

/// Writes `<name>exit.json` durably: temporary file, fsync, rename, fsync of the folder. False when the disk refuses.
bool write_exit(int step_folder, const std::string& name, const Exit&);

}  // namespace fairlead::exec
