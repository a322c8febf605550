// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/fd.hpp"

namespace fairlead {

/// How a child is started. The environment is exactly `env` (nothing is inherited); descriptors other than the
/// listed ones are closed in the child; signals are reset; the child leads a new process group (or session).
struct Spawn {
  std::vector<std::string> argv;
  std::map<std::string, std::string> env;
  std::filesystem::path cwd;            ///< empty: this process's
  int in = -1;                          ///< -1: /dev/null
  int out = -1;                         ///< -1: /dev/null
  int err = -1;                         ///< -1: /dev/null
  std::vector<std::pair<int, int>> fds; ///< {ours, number in the child ≥ 3}, e.g. an inherited pipe
  bool new_session = false;             ///< setsid instead of setpgid
};

struct ExitStatus {
  int code = -1;    ///< exit code, or -1 when ended by a signal
  int signal = 0;
  bool ok() const { return signal == 0 && code == 0; }
  /// "exit 3" or "signal 9 (Killed)".
  std::string text() const;
};

/// A child of this process, watched through its pidfd. Move-only. Destruction does not end the child, which is then
/// reaped whenever it ends; until then its pid cannot be reused, also after wait(). io thread only.
class Child {
 public:
  /// Throws Error(not_found) when the program does not exist, Error(io) otherwise.
  static Child start(const asio::any_io_executor&, const Spawn&);
  Child(Child&&) noexcept;
  Child& operator=(Child&&) noexcept;
  ~Child();

  pid_t pid() const;
  Awaitable<ExitStatus> wait();
  /// Signal to the whole process group; harmless when it is gone.
  void signal_group(int sig);

 private:
  struct State;
  explicit Child(std::shared_ptr<State>);
  std::shared_ptr<State> state_;
};

struct RunResult {
  ExitStatus status;
  std::string out;          ///< at most the limit, then cut
  std::string err;
  bool timed_out = false;
};

/// Starts `spec` (its out/err are ignored), collects both streams up to `limit` bytes each, and kills the whole group
/// (TERM, 2 s, KILL) at the deadline or when the awaiting coroutine is cancelled. `input` is written to stdin.
Awaitable<RunResult> run_process(Spawn spec, Deadline deadline, std::size_t limit = 4u << 20, std::string input = {});

/// Value of an environment variable of this process.
std::optional<std::string> env_value(const std::string& name);
/// Only PATH, HOME, LANG, TZ and TMPDIR of this process: what every child may see.
std::map<std::string, std::string> minimal_env();

}  // namespace fairlead
