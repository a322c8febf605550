// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/pool.hpp"
#include "fairlead/store/rows.hpp"

namespace fairlead::store {

/// Reads inside one consistent snapshot. Valid only during the call that was given it; thread of that call.
class View {
 public:
  virtual ~View() = default;

  /// Number of events in the stream, 0 when it does not exist.
  virtual std::int64_t version(std::string_view stream) = 0;
  virtual std::vector<Event> events(std::string_view stream, std::int64_t after_version = 0, int limit = 1 << 30) = 0;
  /// Events of the whole log after `after_seq`, oldest first.
  virtual std::vector<Event> feed(std::int64_t after_seq, int limit, const Filter& filter = {}) = 0;
  virtual std::int64_t head() = 0;

  virtual std::optional<RunRow> run(const RunId&) = 0;
  virtual std::optional<RunRow> run(std::string_view app, std::int64_t number) = 0;
  /// The newest, but no run that nobody asked for and that did nothing (a push that its pipeline ignores) when there is another.
  virtual std::optional<RunRow> latest_run(std::string_view app) = 0;
  virtual std::vector<RunRow> runs(const RunQuery&) = 0;
  virtual std::vector<RunRow> unfinished_runs() = 0;  ///< all, oldest first

  virtual std::optional<DeploymentRow> deployment(std::string_view id) = 0;
  virtual std::vector<DeploymentRow> deployments(const DeploymentQuery&) = 0;

  virtual std::optional<OpRow> op(std::string_view key) = 0;
  virtual std::vector<OpRow> ops(const RunId&) = 0;

  /// Content-addressed text (frozen plans, pipeline sources).
  virtual std::optional<std::string> blob(std::string_view digest) = 0;
  virtual std::optional<DeliveryRow> delivery(std::string_view source, std::string_view id) = 0;

  virtual std::optional<Doc> get(std::string_view kind, std::string_view key) = 0;
  virtual std::vector<Doc> list(std::string_view kind, std::string_view key_prefix = {}) = 0;
};

/// One transaction. Everything done through it becomes durable together or not at all. Runs on the writer thread:
/// compute only, no I/O of your own, no waiting. An exception rolls back this transaction alone (others of the same
/// group commit are untouched) and is rethrown to its caller. May be run again after a serialization failure
/// (PostgreSQL), so it must not have effects outside `Tx` before it returns.
class Tx : public View {
 public:
  /// Appends to a stream whose version must be `expected` (-1: any). Returns the new version.
  /// Throws Error(conflict) when another writer was first.
  virtual std::int64_t append(std::string_view stream, std::int64_t expected, const std::vector<NewEvent>&) = 0;

  /// Next value of a durable counter, from 1 (run numbers: "run/<app>").
  virtual std::int64_t next(std::string_view counter) = 0;

  virtual void put_run(const RunRow&) = 0;
  virtual void put_deployment(const DeploymentRow&) = 0;
  virtual void put_op(const OpRow&) = 0;
  virtual void put_blob(std::string_view digest, std::string_view text) = 0;
  /// false when (source, id) is already there: a duplicate, nothing written.
  virtual bool put_delivery(const DeliveryRow&) = 0;

  virtual void put(std::string_view kind, std::string_view key, std::string_view body) = 0;
  virtual bool erase(std::string_view kind, std::string_view key) = 0;
  /// Forgets the oldest deliveries that were received before `then`, or documents of `kind` that were not written since: at most `limit`,
  /// so that the transaction stays short. Returns how many it were; fewer than `limit`: there are no more. Events are never erased.
  virtual int erase_deliveries(Time then, int limit) = 0;
  virtual int erase_documents(std::string_view kind, Time then, int limit) = 0;

  /// Takes or renews the lease `name` for `owner` until now + ttl. Returns the fence (grows with every change of owner),
  /// or nullopt when someone else holds it. SQLite has one server, so it is granted unless the rows say otherwise.
  virtual std::optional<std::int64_t> lease(std::string_view name, std::string_view owner, Duration ttl) = 0;
  /// Throws Error(conflict) when `fence` is no longer the lease's: a stale owner writes nothing.
  virtual void require_fence(std::string_view name, std::int64_t fence) = 0;
  virtual void release(std::string_view name, std::string_view owner) = 0;
};

/// Why a transaction is made: when the disk is nearly full, intake is refused (Error unavailable) so that what
/// finishes, cancels and records can still be written (reliability.md R8).
enum class Purpose { intake, progress };

/// State of the store for /readyz, doctor and every surface that must say it.
struct Health {
  bool accepting = true;  ///< false: intake is refused
  std::string reason;  ///< why, and what to do
  std::int64_t free_bytes = 0;
  std::int64_t head = 0;
};

struct AuditReport {
  std::int64_t events = 0;
  bool ok = true;
  std::string problem;  ///< first broken row: "event 812 (run:… 4): hash does not follow"
};

/// The durable log and its projections. Owned by the io thread; every member may be called from it and resumes on it.
/// A failed fsync or commit of unknown outcome ends the process with exit code 74 (architecture.md §8).
class Store {
 public:
  virtual ~Store() = default;

  /// Resumes when the transaction is durable; rethrows what `work` threw.
  virtual Awaitable<void> transact_erased(std::function<void(Tx&)> work, Purpose) = 0;
  /// Runs on a pool thread with its own read connection.
  virtual Awaitable<void> read_erased(std::function<void(View&)> work) = 0;

  template <class F>
  Awaitable<std::invoke_result_t<F, Tx&>> transact(F work, Purpose purpose = Purpose::progress) {
    using R = std::invoke_result_t<F, Tx&>;
    if constexpr (std::is_void_v<R>) {
      co_await transact_erased(std::function<void(Tx&)>(std::move(work)), purpose);
    } else {
      std::optional<R> result;
      co_await transact_erased(std::function<void(Tx&)>([&](Tx& tx) { result.emplace(work(tx)); }), purpose);
      co_return std::move(*result);
    }
  }

  template <class F>
  Awaitable<std::invoke_result_t<F, View&>> read(F work) {
    using R = std::invoke_result_t<F, View&>;
    if constexpr (std::is_void_v<R>) {
      co_await read_erased(std::function<void(View&)>(std::move(work)));
    } else {
      std::optional<R> result;
      co_await read_erased(std::function<void(View&)>([&](View& view) { result.emplace(work(view)); }));
      co_return std::move(*result);
    }
  }

  /// Highest committed sequence number.
  virtual std::int64_t head() const = 0;
  /// Resumes when the head is above `seq` (at once when it already is): how readers follow. Coalesced.
  virtual Awaitable<std::int64_t> wait_past(std::int64_t seq) = 0;

  virtual Health health() const = 0;
  /// Random id of this installation, made with the database: part of every op key.
  virtual const std::string& install_id() const = 0;

  /// Walks the hash chain.
  virtual Awaitable<AuditReport> verify() = 0;
  /// Consistent copy of the database to a new file, while running.
  virtual Awaitable<void> backup(std::filesystem::path target) = 0;
  /// Integrity check and foreign keys: empty, or the problems found.
  virtual Awaitable<std::vector<std::string>> check() = 0;
  /// Empties the projections (run and deployment rows) and hands every event, oldest first, to `apply`, which writes them
  /// anew; one transaction, so either all is rebuilt or nothing changed. For `doctor --rebuild`: nothing else is
  /// written meanwhile. `apply` may only put_run and put_deployment. Returns the number of events.
  virtual Awaitable<std::int64_t> rebuild(std::function<void(Tx&, const Event&)> apply) = 0;

  /// Ends the writer after what is queued; from then on every call throws Error(canceled), and so do those who wait for
  /// the head. Run the io thread until they have ended, then destroy.
  virtual void close() = 0;
};

struct SqliteOptions {
  std::filesystem::path folder;  ///< of fairlead.db; made when absent (0700)
  std::int64_t reserve_bytes = 64ll << 20;  ///< ballast file given back when the disk is full
  double min_free = 0.05;  ///< below this share of the disk (and below 1 GiB) intake is refused
  int readers = 2;  ///< read connections kept
  Duration read_limit = std::chrono::seconds(30);  ///< a snapshot held longer is interrupted: Error(timeout)
  Clock clock = now;  ///< of events and leases
};

/// Opens or creates `<folder>/fairlead.db`. Throws Error(refused) when another server has the folder, Error(invalid) when
/// the file is corrupt or from a newer version, Error(io) otherwise. `executor` is the io thread's.
std::unique_ptr<Store> open_sqlite(const asio::any_io_executor& executor, Pool& pool, const SqliteOptions&);

/// A reader of the log with its own durable cursor: `handle` sees every event that matches once, in order, at least
/// once after a crash. A throwing handler is retried with growing pauses and never blocks others. The cursor is the
/// document ("cursor", name) `{"seq":N}`; without one the reader starts at the first event. Ends by cancellation and
/// when the store is closed, with Error(canceled). `store` outlives it.
Awaitable<void> follow(Store&, std::string name, Filter, std::function<Awaitable<void>(const Event&)> handle);

}  // namespace fairlead::store
