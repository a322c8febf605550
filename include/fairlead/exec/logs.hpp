// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "fairlead/base/async.hpp"
#include "fairlead/base/fd.hpp"
#include "fairlead/base/time.hpp"

namespace fairlead::exec {

/// The log of one step as it lies on the disk: plain while it grows, seekable zstd frames after the job has ended. The bytes are
/// those the step wrote, masked; offsets never change. Every call looks again; small reads of a fresh log come from the page
/// cache. Blocks; any thread. A log that is not there (yet) is empty.
class StepLog {
 public:
  /// `<data>/runs/<run>/<job>/<step>`; see job_folder().
  explicit StepLog(std::filesystem::path folder);

  const std::filesystem::path& folder() const { return folder_; }
  bool exists() const;
  std::uint64_t size() const;
  /// Will nothing be added any more? True once the job is closed.
  bool complete() const;
  /// At most `limit` bytes from `offset`; less at the end. Throws Error(io).
  std::string read(std::uint64_t offset, std::size_t limit) const;
  /// When the byte at `offset` was written, within some 20 ms; nullopt when the log has no times.
  std::optional<Time> written_at(std::uint64_t offset) const;
  /// Where what was written at `time` or later begins; size() when there is none.
  std::uint64_t offset_at(Time) const;
  /// Where the last `count` lines begin. Looks at no more than the last 4 MiB.
  std::uint64_t last_lines(std::size_t count) const;

 private:
  std::filesystem::path folder_;
};

/// The whole log of a step as a plain file, open for reading: itself while it is plain, else unpacked into a file without a name
/// that goes with the descriptor. No descriptor when there is no log. Throws Error(io). Blocks: pool thread.
Fd open_log(const std::filesystem::path& folder);

/// Tells followers that a log has grown: one inotify descriptor for all of them. io thread; outlives its watches.
class LogHub {
 public:
  explicit LogHub(const asio::any_io_executor&);
  ~LogHub();

  /// Interest in one step's folder for as long as the object lives. Take it before looking at the log; then, in a loop: look,
  /// and when there is nothing new, wait.
  class Watch {
   public:
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    /// Resumes when something in the folder changed (or might have); false at the deadline.
    Awaitable<bool> wait_until(Deadline);

   private:
    friend class LogHub;
    struct Topic;
    Watch() = default;
    std::shared_ptr<Topic> topic_;
  };
  std::unique_ptr<Watch> watch(const std::filesystem::path& folder);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace fairlead::exec
