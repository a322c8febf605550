// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <latch>

#include "unit/store/store_fixture.hpp"

namespace fairlead::store {
namespace {

class GroupCommitTest : public StoreTest {
 protected:
  struct Outcome {
    bool resumed = false;
    std::exception_ptr error;
  };

  /// Starts a transaction without waiting for it.
  Outcome& start(std::function<void(Tx&)> work, Purpose purpose = Purpose::progress) {
    auto& outcome = outcomes_.emplace_back(std::make_unique<Outcome>());
    asio::co_spawn(io, store->transact_erased(std::move(work), purpose), [out = outcome.get()](std::exception_ptr error) {
      out->resumed = true;
      out->error = error;
    });
    return *outcome;
  }

  /// Holds the writer in a transaction until all started afterwards are queued: they share the next one.
  void together(const std::function<void()>& start_all) {
    std::latch writing(1), queued(1);
    start([&](Tx&) {
      writing.count_down();
      queued.wait();
    });
    io.restart();
    io.poll();
    writing.wait();
    start_all();
    io.poll();
    queued.count_down();
    drain();
  }

 private:
  std::vector<std::unique_ptr<Outcome>> outcomes_;
};

TEST_F(GroupCommitTest, a_closure_that_throws_takes_nobody_with_it) {
  Outcome *before = nullptr, *thrower = nullptr, *after = nullptr;
  together([&] {
    before = &start([](Tx& tx) { tx.append("run:1", 0, {event("run.created")}); });
    thrower = &start([](Tx& tx) {
      tx.append("run:2", 0, {event("run.created"), event("run.planned")});
      tx.put("lock", "staging", "{}");
      throw Error(ErrorKind::refused, "not today");
    });
    after = &start([](Tx& tx) { tx.append("run:3", 0, {event("run.created")}); });
  });
  EXPECT_TRUE(before->resumed && !before->error);
  EXPECT_TRUE(after->resumed && !after->error);
  ASSERT_TRUE(thrower->error);
  EXPECT_EQ(describe(thrower->error).find("not today"), 0u);
  read([](View& view) {
    EXPECT_EQ(view.head(), 2);
    EXPECT_EQ(view.version("run:1"), 1);
    EXPECT_EQ(view.version("run:2"), 0);
    EXPECT_EQ(view.version("run:3"), 1);
    EXPECT_FALSE(view.get("lock", "staging"));
  });
  EXPECT_TRUE(run(store->verify()).ok);
}

TEST_F(GroupCommitTest, of_two_that_expect_the_same_version_one_wins) {
  Outcome *first = nullptr, *second = nullptr;
  together([&] {
    first = &start([](Tx& tx) { tx.append("run:1", 0, {event("run.created")}); });
    second = &start([](Tx& tx) { tx.append("run:1", 0, {event("run.created")}); });
  });
  EXPECT_FALSE(first->error);
  EXPECT_EQ(kind_thrown([&] { std::rethrow_exception(second->error); }), ErrorKind::conflict);
}

TEST_F(GroupCommitTest, callers_resume_only_when_their_transaction_is_durable) {
  Outcome* outcome = nullptr;
  together([&] {
    outcome = &start([](Tx& tx) { tx.append("run:1", 0, {event("run.created")}); });
    EXPECT_FALSE(outcome->resumed);
  });
  EXPECT_TRUE(outcome->resumed);
  EXPECT_EQ(store->head(), 1);
}

TEST_F(GroupCommitTest, a_lone_closure_that_throws_leaves_nothing) {
  auto work = [&] {
    transact([](Tx& tx) {
      tx.append("run:1", 0, {event("run.created")});
      tx.append("env:staging", 0, {event("env.locked")});
      throw Error(ErrorKind::refused, "no");
    });
  };
  EXPECT_EQ(kind_thrown(work), ErrorKind::refused);
  EXPECT_EQ(read([](View& view) { return view.head() + view.version("run:1") + view.version("env:staging"); }), 0);
  transact([](Tx& tx) { tx.append("run:1", 0, {event("run.created")}); });
  EXPECT_TRUE(run(store->verify()).ok);
}

TEST_F(GroupCommitTest, streams_of_one_transaction_become_visible_together) {
  bool torn = false;
  bool writing = true;
  auto look = [](Store& s, bool& going, bool& saw) -> Awaitable<void> {
    while (going) {
      co_await s.read([&saw](View& view) { saw = saw || view.version("run:1") != view.version("env:staging"); });
    }
  };
  auto write = [](Store& s, bool& going) -> Awaitable<void> {
    for (int i = 0; i < 200; ++i) {
      co_await s.transact([i](Tx& tx) {
        tx.append("run:1", i, {event("step")});
        tx.append("env:staging", i, {event("step")});
      });
    }
    going = false;
  };
  spawn(io.get_executor(), "look", look(*store, writing, torn));
  run(write(*store, writing));
  EXPECT_FALSE(torn);
  EXPECT_EQ(store->head(), 400);
}

TEST_F(GroupCommitTest, another_program_that_holds_the_file_delays_and_loses_nothing) {
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(file().c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  Outcome& outcome = start([](Tx& tx) { tx.append("run:1", 0, {event("run.created")}); });
  io.restart();
  io.poll();
  EXPECT_FALSE(outcome.resumed);
  ASSERT_EQ(sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  drain();
  EXPECT_TRUE(outcome.resumed && !outcome.error);
  EXPECT_EQ(store->head(), 1);
}

TEST_F(GroupCommitTest, everything_queued_is_done_before_the_store_closes) {
  Outcome* last = nullptr;
  for (int i = 0; i < 50; ++i) last = &start([](Tx& tx) { tx.append("run:1", -1, {event("step")}); });
  io.restart();
  io.poll();
  store->close();
  EXPECT_EQ(kind_thrown([&] { transact([](Tx&) {}); }), ErrorKind::canceled);
  EXPECT_TRUE(last->resumed && !last->error);
  store.reset();
  open();
  EXPECT_EQ(store->head(), 50);
}

TEST_F(GroupCommitTest, the_head_wakes_whoever_waits_for_it) {
  std::int64_t seen = 0;
  asio::co_spawn(io, store->wait_past(0), [&seen](std::exception_ptr, std::int64_t head) { seen = head; });
  transact([](Tx& tx) { tx.append("run:1", 0, {event("run.created")}); });
  EXPECT_EQ(seen, 1);
  EXPECT_EQ(run(store->wait_past(0)), 1);
}

}  // namespace
}  // namespace fairlead::store
