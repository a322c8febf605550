// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/async.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/system/system_error.hpp>
#include <string>
#include <thread>
#include <vector>

#include "fairlead/base/pool.hpp"
#include "unit/base/on_loop.hpp"

namespace fairlead {
namespace {

using namespace std::chrono_literals;
using boost::system::system_error;

constexpr auto never = 1h;

Awaitable<int> give(int value) { co_return value; }

Awaitable<int> fail_at_once() {
  throw Error(ErrorKind::refused, "no");
  co_return 0;
}

/// Sets `ended` when its frame goes, whatever the way.
Awaitable<void> sleep_noting_end(bool* ended) {
  struct Note {
    bool* flag;
    ~Note() { *flag = true; }
  } note{ended};
  co_await sleep_for(never);
}

/// Finishes in its own time after it was cancelled, as a process that must be killed first does.
Awaitable<void> end_slowly(bool* ended) {
  try {
    co_await sleep_for(never);
  } catch (const system_error&) {
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await sleep_for(1ms);
  *ended = true;
  throw Error(ErrorKind::io, "torn down");
}

Awaitable<ErrorKind> kind_of_failure(Awaitable<void> work) {
  try {
    co_await std::move(work);
  } catch (const Error& error) {
    co_return error.kind();
  }
  throw std::logic_error("it did not fail");
}

TEST(WithDeadline, GivesTheValueAndDropsTheTimer) {
  auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(on_loop(with_deadline(give(7), deadline_in(never), "giving")), 7);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10min);
}

TEST(WithDeadline, PassesAnErrorOnAtOnce) { EXPECT_THROW(on_loop(with_deadline(fail_at_once(), deadline_in(never), "failing")), Error); }

TEST(WithDeadline, CancelsTheOperationAtTheDeadlineAndNamesIt) {
  bool ended = false;
  try {
    on_loop(with_deadline(sleep_noting_end(&ended), deadline_in(1ms), "the nap"));
    FAIL() << "no time-out";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::timeout);
    EXPECT_EQ(error.message(), "the nap took too long");
  }
  EXPECT_TRUE(ended);
}

TEST(WithDeadline, ReturnsOnlyWhenTheOperationHasEnded) {
  bool ended = false;
  auto work = with_deadline(end_slowly(&ended), deadline_in(1ms), "ending");
  EXPECT_EQ(on_loop(kind_of_failure(std::move(work))), ErrorKind::timeout);
  EXPECT_TRUE(ended);
}

Awaitable<std::string> outcome(Awaitable<void> work) {
  try {
    co_await std::move(work);
  } catch (const Error& error) {
    co_return std::string(to_string(error.kind()));
  } catch (const system_error& error) {
    co_return error.code() == asio::error::operation_aborted ? "aborted" : error.what();
  }
  co_return "ended";
}

/// Starts `work`, lets it get going, cancels it; what became of it.
std::string outcome_when_cancelled(Awaitable<void> work) {
  asio::io_context io;
  asio::cancellation_signal cancel;
  std::string result = "never ended";
  asio::co_spawn(io, outcome(std::move(work)),
                 asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr, std::string text) { result = std::move(text); }));
  asio::post(io, [&] { asio::post(io, [&] { cancel.emit(asio::cancellation_type::all); }); });
  io.run();
  return result;
}

TEST(WithDeadline, PassesCancellationOnAndStillWaitsForTheEnd) {
  bool ended = false;
  EXPECT_EQ(outcome_when_cancelled(with_deadline(sleep_noting_end(&ended), deadline_in(never), "sleeping")), "aborted");
  EXPECT_TRUE(ended);
}

TEST(WithDeadline, NestsAndTheInnerOneDecides) {
  auto work = with_deadline(with_deadline(sleep_for(never), deadline_in(1ms), "inner"), deadline_in(never), "outer");
  try {
    on_loop(std::move(work));
    FAIL() << "no time-out";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "inner took too long");
  }
}

Awaitable<void> wait_for_number(Signal* signal, const int* number, std::vector<int>* order, int id) {
  while (*number < id) co_await signal->wait();
  order->push_back(id);
}

Awaitable<void> count_up(Signal* signal, int* number) {
  for (*number = 1; *number < 3; ++*number) {
    signal->notify_all();
    co_await asio::post(asio::use_awaitable);
  }
  signal->notify_all();
}

TEST(Signal, WakesAllThatWaitAndTheyCheckAgain) {
  asio::io_context io;
  Signal signal(io.get_executor());
  int number = 0;
  std::vector<int> order;
  for (int id : {3, 1, 2}) spawn(io.get_executor(), "waiter", wait_for_number(&signal, &number, &order, id));
  spawn(io.get_executor(), "counter", count_up(&signal, &number));
  io.run();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

Awaitable<void> wait_both_ways(bool* late, bool* woken) {
  auto ex = co_await asio::this_coro::executor;
  Signal signal(ex);
  *late = !co_await signal.wait_until(deadline_in(1ms));
  asio::post(ex, [&signal] { signal.notify_all(); });
  *woken = co_await signal.wait_until(deadline_in(never));
}

TEST(Signal, TellsBeingWokenFromBeingLate) {
  bool late = false;
  bool woken = false;
  on_loop(wait_both_ways(&late, &woken));
  EXPECT_TRUE(late);
  EXPECT_TRUE(woken);
}

TEST(Signal, WaitIsCancellable) {
  asio::io_context io;
  Signal signal(io.get_executor());
  asio::cancellation_signal cancel;
  std::string result;
  asio::co_spawn(io, outcome(signal.wait()),
                 asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr, std::string text) { result = std::move(text); }));
  asio::post(io, [&] { asio::post(io, [&] { cancel.emit(asio::cancellation_type::all); }); });
  io.run();
  EXPECT_EQ(result, "aborted");
}

Awaitable<void> throw_error(ErrorKind kind) {
  throw Error(kind, "as asked");
  co_return;
}

void run_spawned(ErrorKind kind) {
  asio::io_context io;
  spawn(io.get_executor(), "doomed", throw_error(kind));
  io.run();
}

TEST(SpawnDeathTest, EndsTheProcessWhenAnErrorLeaves) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(run_spawned(ErrorKind::io), ::testing::ExitedWithCode(70), "task.failed task=doomed error=\"as asked\"");
}

TEST(Spawn, EndsQuietlyWhenCanceled) { run_spawned(ErrorKind::canceled); }

TEST(Spawn, HandsTheErrorToWhoeverAsked) {
  asio::io_context io;
  std::string told;
  spawn(io.get_executor(), "watched", throw_error(ErrorKind::io), [&](std::exception_ptr error) { told = describe(std::move(error)); });
  io.run();
  EXPECT_EQ(told, "as asked");
}

Awaitable<void> note_threads(Pool* pool, std::vector<std::thread::id>* seen) {
  seen->push_back(co_await pool->run([] { return std::this_thread::get_id(); }));
  seen->push_back(std::this_thread::get_id());
}

TEST(Pool, WorksElsewhereAndComesBack) {
  Pool pool(1);
  std::vector<std::thread::id> seen;
  on_loop(note_threads(&pool, &seen));
  EXPECT_NE(seen.at(0), std::this_thread::get_id());
  EXPECT_EQ(seen.at(1), std::this_thread::get_id());
}

TEST(Pool, BringsBackTheException) {
  Pool pool(1);
  EXPECT_THROW(on_loop(pool.run([] { throw Error(ErrorKind::io, "disk"); })), Error);
}

TEST(Pool, RefusesWorkOnceStopped) {
  Pool pool(1);
  pool.stop();
  EXPECT_EQ(on_loop(outcome(pool.run([] {}))), "unavailable");
}

}  // namespace
}  // namespace fairlead
