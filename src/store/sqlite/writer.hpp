// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>

#include "store/sqlite/disk_guard.hpp"
#include "store/sqlite/tx.hpp"

namespace fairlead::store::sqlite {

/// One closure that waits for its transaction.
struct Job {
  std::function<void(SqliteTx&)> work;
  Purpose purpose = Purpose::progress;
  std::exception_ptr error;                         ///< its outcome, set by the writer
  std::move_only_function<void(std::exception_ptr)> resume;  ///< for `Done`; called once, not by the writer
};

/// The one thread that writes. Everything that waits when a transaction ends goes into the next one (group commit);
/// each closure has its own savepoint, so one that throws takes nobody with it. A commit of unknown outcome ends the
/// process with exit code 74: an fsync is never tried twice.
class Writer {
 public:
  /// Gets the durable (or failed) jobs of one transaction and the new head, on the writer's thread.
  using Done = std::function<void(std::vector<Job>, std::int64_t head)>;

  Writer(std::unique_ptr<Connection>, Clock, Chain, DiskGuard&, Done);
  ~Writer();

  /// Any thread. false when the writer is closed or (for intake) too far behind; the job is then untouched.
  bool submit(Job& job);
  /// Ends the thread after everything submitted is done. Once.
  void close();

 private:
  void loop();
  /// settled: each job has its outcome; full: the disk is, nothing was written; lost: SQLite rolled all back.
  enum class Outcome { settled, full, lost };
  void write(std::vector<Job>& batch);
  Outcome try_write(std::span<Job> batch);
  Outcome end_transaction(std::span<Job> batch, const Chain& before);
  void run_alone(Job&);
  void run_in_savepoint(Job&);
  void write_one_by_one(std::span<Job> batch, bool disk_full);
  void checkpoint(bool idle);

  std::unique_ptr<Connection> connection_;
  SqliteTx tx_;
  DiskGuard& disk_;
  Done done_;
  int wal_frames_ = 0;     ///< in the write-ahead log after the last commit
  int checkpointed_ = 0;   ///< of them, when the last checkpoint was made

  std::mutex mutex_;  // guards the queue and closed_
  std::condition_variable wake_;
  std::deque<Job> queue_;
  bool closed_ = false;
  std::jthread thread_;
};

}  // namespace fairlead::store::sqlite
