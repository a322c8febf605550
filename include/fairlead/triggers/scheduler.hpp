// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/json_fwd.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/triggers/due.hpp"
#include "fairlead/triggers/starter.hpp"

namespace fairlead::store {
class Store;
}

namespace fairlead::triggers {

/// A run that starts by itself: from a pipeline's `on.schedule`, or made by a person (`deploy --at`, `--cron`).
struct Schedule {
  std::string id;           ///< "shop-api-1a2b3c4d"
  std::string app;
  std::string origin;       ///< "pipeline" or "person"
  Timing timing;
  std::string ref;          ///< empty: the app's branch
  std::string environment;  ///< empty: the whole pipeline
  std::string inputs = "{}";
  std::string reason;
  std::string created_by;   ///< "user:ops@example.com"; runs act in this name
  Time created_at{};
  std::string paused_by;    ///< empty: active
  Time handled{};           ///< every due instant up to here is decided
  std::string idempotency_key;  ///< for `add`: the same key and app give the same schedule again, whatever became of it
  bool existed = false;         ///< of `add`: it was made by an earlier request
};
Json to_json(const Schedule&);

/// Durable schedules. Each due instant is run once or recorded as skipped with the reason, never early: the record
/// (`schedule.fired`, `schedule.skipped` in the stream `app:<name>`), the new `handled` and the run are one transaction.
/// One timer. io thread; `store` outlives it. Names of schedules in errors come with what there is.
class Scheduler {
 public:
  struct Parts {
    asio::any_io_executor executor;
    store::Store* store = nullptr;
    Clock clock = now;
    Starter starter;
    CalendarCheck calendar;  ///< throws Error(not_found) for an unknown calendar: the due instant is then skipped
  };
  explicit Scheduler(Parts);

  /// What the pipeline file on the app's branch asks for now: replaces what it asked for before. Those that did not change
  /// keep their state. A timing that cannot be read is reported in the log and left out.
  Awaitable<void> declare(std::string app, std::vector<Schedule> wanted);
  /// Throws Error(invalid) for a bad cron expression, zone or a time that has passed. Fills id, created_at and handled.
  Awaitable<Schedule> add(Schedule);
  /// Active and paused, by next due time.
  Awaitable<std::vector<Schedule>> list();
  /// The next `count` due instants of all active schedules, soonest first.
  Awaitable<std::vector<std::pair<Time, Schedule>>> upcoming(std::size_t count);
  /// Throw Error(not_found).
  Awaitable<void> remove(std::string id, std::string who);
  Awaitable<void> pause(std::string id, std::string who);
  Awaitable<void> resume(std::string id, std::string who);

  /// Decides everything that is due by now; returns when it is durable. Part of `run`, alone for the boot and for tests.
  Awaitable<void> run_due();
  /// Runs until cancelled.
  Awaitable<void> run();

 private:
  Awaitable<std::vector<Schedule>> read_all();
  Awaitable<std::optional<Time>> next_instant();
  Awaitable<void> decide(Schedule);
  Awaitable<void> change(std::string id, std::string who, bool pause);

  Parts parts_;
  Signal changed_;
  bool stale_ = false;  ///< changed since the last look
};

}  // namespace fairlead::triggers
