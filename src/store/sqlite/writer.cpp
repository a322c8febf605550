// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/writer.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>

#include "fairlead/base/log.hpp"

namespace fairlead::store::sqlite {

namespace {

constexpr std::size_t largest_batch = 512;
constexpr std::size_t longest_queue = 8192;  // of intake; at a second per commit that is already minutes of work
constexpr int frames_when_idle = 1'000;
constexpr int frames_when_busy = 4'000;
constexpr int frames_too_many = 16'384;  // 64 MiB of log: readers keep it from restarting, wait for them shortly
constexpr int exit_broken_disk = 74;     // EX_IOERR

/// What is on the disk is unknown: only a restart, which reads it back, can tell.
[[noreturn]] void give_up(std::string_view doing, const std::exception& error) {
  log::error("store.failed", {{"doing", doing},
                              {"error", error.what()},
                              {"now", "the process ends; the next start reads what is on the disk and goes on from there"}});
  std::_Exit(exit_broken_disk);
}

bool is_full(const std::exception_ptr& error) {
  try {
    if (error) std::rethrow_exception(error);
  } catch (const SqliteError& e) {
    return e.full();
  } catch (...) {
    return false;
  }
  return false;
}

/// The work of one job; its exception is kept for its caller, except that a broken disk ends the process.
void perform(Job& job, SqliteTx& tx) {
  job.error = nullptr;
  try {
    job.work(tx);
  } catch (const SqliteError& error) {
    if (error.broken_disk()) give_up("writing", error);
    job.error = std::current_exception();
  } catch (...) {
    job.error = std::current_exception();
  }
}

}  // namespace

Writer::Writer(std::unique_ptr<Connection> connection, Clock clock, Chain chain, DiskGuard& disk, Done done)
    : connection_(std::move(connection)), tx_(*connection_, std::move(clock), std::move(chain)), disk_(disk), done_(std::move(done)) {
  auto count = [](void* frames, sqlite3*, const char*, int pages) {
    *static_cast<int*>(frames) = pages;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(connection_->handle(), count, &wal_frames_);
  thread_ = std::jthread([this] { loop(); });
}

Writer::~Writer() { close(); }

bool Writer::submit(Job& job) {
  {
    std::lock_guard lock(mutex_);
    if (closed_ || (job.purpose == Purpose::intake && queue_.size() >= longest_queue)) return false;
    queue_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

void Writer::close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Writer::loop() {
  for (;;) {
    std::vector<Job> batch;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return closed_ || !queue_.empty(); });
      if (queue_.empty()) return;
      const auto count = static_cast<std::ptrdiff_t>(std::min(queue_.size(), largest_batch));
      batch.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(queue_.begin() + count));
      queue_.erase(queue_.begin(), queue_.begin() + count);
    }
    write(batch);
    done_(std::move(batch), tx_.chain().seq);
    std::unique_lock lock(mutex_);
    const bool idle = queue_.empty();
    lock.unlock();
    checkpoint(idle);
  }
}

void Writer::write(std::vector<Job>& batch) {
  disk_.look();
  const Outcome outcome = try_write(batch);
  if (outcome != Outcome::settled) write_one_by_one(batch, outcome == Outcome::full);
}

/// One transaction for all.
///
/// A full disk at COMMIT is a known outcome: SQLite answers FULL only when writing a frame failed, and a transaction
/// whose last frame is incomplete does not exist, now or after a crash. A failed sync is IOERR and ends the process.
Writer::Outcome Writer::try_write(std::span<Job> batch) {
  const Chain before = tx_.chain();
  try {
    Query(*connection_, "BEGIN IMMEDIATE").run();
    for (auto& job : batch) {
      batch.size() == 1 ? run_alone(job) : run_in_savepoint(job);
      if (is_full(job.error) || !connection_->in_transaction()) break;
    }
    return end_transaction(batch, before);
  } catch (const SqliteError& error) {
    if (error.broken_disk()) give_up("committing", error);
    if (connection_->in_transaction()) sqlite3_exec(connection_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    tx_.set_chain(before);
    if (error.full()) return Outcome::full;
    for (auto& job : batch) job.error = std::current_exception();  // another program held the file for too long, mostly
    return Outcome::settled;
  }
}

Writer::Outcome Writer::end_transaction(std::span<Job> batch, const Chain& before) {
  const bool full = std::ranges::any_of(batch, [](const Job& job) { return is_full(job.error); });
  if (connection_->in_transaction() && !full) {
    Query(*connection_, "COMMIT").run();
    return Outcome::settled;
  }
  if (connection_->in_transaction()) Query(*connection_, "ROLLBACK").run();
  tx_.set_chain(before);
  if (full) return Outcome::full;
  return batch.size() == 1 ? Outcome::settled : Outcome::lost;  // a lone closure that threw has its outcome
}

void Writer::run_alone(Job& job) {
  perform(job, tx_);
  if (job.error && connection_->in_transaction()) Query(*connection_, "ROLLBACK").run();
}

void Writer::run_in_savepoint(Job& job) {
  const Chain before = tx_.chain();
  Query(*connection_, "SAVEPOINT job").run();
  perform(job, tx_);
  if (!connection_->in_transaction()) return;  // SQLite rolled everything back
  if (job.error) {
    Query(*connection_, "ROLLBACK TO job").run();
    tx_.set_chain(before);
  }
  Query(*connection_, "RELEASE job").run();
}

/// Each closure in its own transaction. On a full disk the ballast is given back first: what records progress may use
/// that space, intake waits.
void Writer::write_one_by_one(std::span<Job> batch, bool disk_full) {
  if (disk_full) disk_.disk_full();
  for (auto& job : batch) {
    if (disk_full && job.purpose == Purpose::intake) {
      job.error = std::make_exception_ptr(Error(ErrorKind::unavailable, disk_.look().reason));
    } else if (try_write(std::span(&job, 1)) == Outcome::full) {
      disk_.disk_full();
      job.error = std::make_exception_ptr(Error(ErrorKind::unavailable, "the disk of the data folder is full: nothing was recorded",
                                                "free some space; the store goes on by itself"));
    }
  }
}

/// Moves the log into the database when nobody waits, or when the log grows. Its failure is a broken disk as well.
void Writer::checkpoint(bool idle) {
  if (wal_frames_ < checkpointed_) checkpointed_ = 0;  // the log began anew
  if (wal_frames_ - checkpointed_ < (idle ? frames_when_idle : frames_when_busy)) return;
  const int mode = wal_frames_ > frames_too_many ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
  sqlite3_busy_timeout(connection_->handle(), 200);
  const int code = sqlite3_wal_checkpoint_v2(connection_->handle(), nullptr, mode, nullptr, nullptr);
  sqlite3_busy_timeout(connection_->handle(), 10'000);
  checkpointed_ = wal_frames_;
  if ((code & 0xff) == SQLITE_IOERR) give_up("checkpointing", SqliteError(ErrorKind::io, code, sqlite3_errmsg(connection_->handle()), {}));
  if ((code & 0xff) == SQLITE_FULL) disk_.disk_full();
}

}  // namespace fairlead::store::sqlite
