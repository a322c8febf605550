// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/sqlite_store.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>

#include "store/sqlite/audit.hpp"
#include "store/sqlite/schema.hpp"

namespace fairlead::store::sqlite {

/// What the writer's thread tells the io thread. Members but `head` are the io thread's.
struct SqliteStore::Shared {
  explicit Shared(const asio::any_io_executor& e) : executor(e), changed(e) {}

  asio::any_io_executor executor;
  Signal changed;
  std::atomic<std::int64_t> head = 0;
  bool closed = false;
};

namespace {

/// Resumes the callers one after another; when one throws out of the loop (spawn escalates), the others still get theirs.
template <class Executor>
void resume_all(const Executor& executor, std::vector<Job> jobs) {
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    try {
      jobs[i].resume(jobs[i].error);
    } catch (...) {
      jobs.erase(jobs.begin(), jobs.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      asio::post(executor, [executor, rest = std::move(jobs)]() mutable { resume_all(executor, std::move(rest)); });
      throw;
    }
  }
}

}  // namespace

SqliteStore::SqliteStore(const asio::any_io_executor& executor, Pool& pool, const SqliteOptions& options, Opened opened)
    : lock_(std::move(opened.lock)),
      install_id_(std::move(opened.install_id)),
      pool_(pool),
      disk_(options.folder, options.reserve_bytes, options.min_free),
      readers_(options.folder / "fairlead.db", static_cast<std::size_t>(options.readers), options.read_limit),
      shared_(std::make_shared<Shared>(executor)) {
  shared_->head = opened.chain.seq;
  auto done = [shared = shared_](std::vector<Job> jobs, std::int64_t head) {
    asio::post(shared->executor, [shared, head, batch = std::move(jobs)]() mutable {
      const bool grew = shared->head.exchange(head) != head;
      if (grew) shared->changed.notify_all();
      resume_all(shared->executor, std::move(batch));
    });
  };
  writer_ = std::make_unique<Writer>(std::move(opened.connection), options.clock, std::move(opened.chain), disk_, std::move(done));
}

SqliteStore::~SqliteStore() { close(); }

void SqliteStore::close() {
  if (!writer_) return;
  writer_->close();
  readers_.close();
  writer_.reset();  // the last connection: moves the log into the database and removes it
  shared_->closed = true;
  shared_->changed.notify_all();
}

void SqliteStore::require_open() const {
  if (!writer_) throw Error(ErrorKind::canceled, "the store is closed: the server is ending");
}

Awaitable<void> SqliteStore::submit(std::function<void(SqliteTx&)> work, Purpose purpose) {
  require_open();
  if (purpose == Purpose::intake) {
    if (const DiskState disk = disk_.look(); !disk.accepting) throw Error(ErrorKind::unavailable, disk.reason);
  }
  auto initiate = [this](auto handler, Job job) {
    // The guard keeps the io thread running while the writer works.
    auto guard = asio::make_work_guard(asio::get_associated_executor(handler, shared_->executor));
    job.resume = [h = std::move(handler), guard = std::move(guard)](std::exception_ptr error) mutable {
      asio::dispatch(guard.get_executor(), [h = std::move(h), error]() mutable { std::move(h)(error); });
    };
    if (writer_->submit(job)) return;
    job.error = std::make_exception_ptr(
        Error(ErrorKind::unavailable, "the store is too far behind: the disk is slow", "try again later; what is accepted is not lost"));
    asio::post(shared_->executor, [refused = std::move(job)]() mutable { refused.resume(refused.error); });
  };
  Job job{.work = std::move(work), .purpose = purpose};
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr)>(std::move(initiate), asio::use_awaitable,
                                                                                         std::move(job));
}

Awaitable<void> SqliteStore::transact_erased(std::function<void(Tx&)> work, Purpose purpose) {
  return submit([work = std::move(work)](SqliteTx& tx) { work(tx); }, purpose);
}

Awaitable<std::int64_t> SqliteStore::rebuild(std::function<void(Tx&, const Event&)> apply) {
  std::int64_t events = 0;
  std::function<void(SqliteTx&)> work = [&events, &apply](SqliteTx& tx) { events = tx.rebuild(apply); };
  co_await submit(std::move(work), Purpose::progress);
  co_return events;
}

Awaitable<void> SqliteStore::read_erased(std::function<void(View&)> work) {
  require_open();
  co_await pool_.run([this, &work] { readers_.read(work); });
}

std::int64_t SqliteStore::head() const { return shared_->head; }

Awaitable<std::int64_t> SqliteStore::wait_past(std::int64_t seq) {
  auto shared = shared_;
  while (shared->head <= seq) {
    if (shared->closed) throw Error(ErrorKind::canceled, "the store is closed: the server is ending");
    co_await shared->changed.wait();
  }
  co_return shared->head;
}

Health SqliteStore::health() const {
  const DiskState disk = disk_.look();
  return {.accepting = disk.accepting && writer_,
          .reason = writer_ ? disk.reason : "the store is closed",
          .free_bytes = disk.free_bytes,
          .head = head()};
}

Awaitable<AuditReport> SqliteStore::verify() {
  co_return co_await pool_.run([this] { return audit(readers_); });
}

Awaitable<void> SqliteStore::backup(std::filesystem::path target) {
  co_await pool_.run([this, &target] {
    Connection connection = readers_.whole_file();
    connection.run("PRAGMA query_only=OFF");  // the copy is written through this connection
    copy_database(connection, target);
  });
}

Awaitable<std::vector<std::string>> SqliteStore::check() {
  co_return co_await pool_.run([this] {
    Connection connection = readers_.whole_file();
    return problems(connection);
  });
}

}  // namespace fairlead::store::sqlite
