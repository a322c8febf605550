// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "exec/supervise/protocol.hpp"
#include "fairlead/base/fd.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::exec {

/// A real supervisor in a folder, and the server's end of its link. Everything blocks, at most for ten seconds.
class Supervised {
 public:
  explicit Supervised(const std::filesystem::path& folder);
  ~Supervised();
  Supervised(const Supervised&) = delete;
  Supervised& operator=(const Supervised&) = delete;

  void send(const Json&);
  /// The next message; nullopt when the supervisor has closed the link.
  std::optional<Json> receive();
  /// The next message for which this member has this value.
  Json until(const std::string& member, const Json& value);

  Order shell(const std::string& step, const std::string& script) const;
  void start(const Order&);
  /// Starts it and waits for its end.
  Exit run(const Order&);
  Exit run(const std::string& step, const std::string& script) { return run(shell(step, script)); }
  Exit done(const std::string& step);

  void disconnect() { link_.reset(); }
  void connect();
  void finish();
  /// The supervisor's own end.
  int wait();

  std::string log(const std::string& step) const;
  long peak_memory_kib() const;
  /// Processor time it has used.
  long processor_ms() const;
  pid_t pid() const { return pid_; }

 private:
  std::filesystem::path folder_;
  Fd link_;
  std::string received_;
  pid_t pid_ = -1;
};

/// The word with this process' own number: no process of another test that runs beside this one has it. A time for `sleep`, too.
std::string rare(const std::string& word);
/// Is there no process (any more) whose command line has this word? One that has just been killed may take a moment.
bool gone(const std::string& word);

}  // namespace fairlead::exec
