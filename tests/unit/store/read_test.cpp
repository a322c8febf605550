// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <latch>

#include "store/sqlite/run_query.hpp"
#include "unit/store/raw_sql.hpp"
#include "unit/store/store_fixture.hpp"

namespace fairlead::store {
namespace {

using namespace std::chrono_literals;

class ReadTest : public StoreTest {
 protected:
  void append(int count) {
    transact([count](Tx& tx) {
      for (int i = 0; i < count; ++i) tx.append("run:1", -1, {event("step")});
    });
  }
};

TEST_F(ReadTest, a_snapshot_does_not_see_what_is_committed_meanwhile) {
  append(1);
  std::int64_t before = 0, after = 0;
  std::latch looked(1), written(1);
  spawn(io.get_executor(), "reader", store->read([&](View& view) {
    before = view.head();
    looked.count_down();
    written.wait();
    after = view.head();
  }));
  spawn(io.get_executor(), "writer", [](Store& s, std::latch& seen, std::latch& done) -> Awaitable<void> {
    seen.wait();
    co_await s.transact([](Tx& tx) { tx.append("run:1", -1, {event("step")}); });
    done.count_down();
  }(*store, looked, written));
  drain();
  EXPECT_EQ(before, 1);
  EXPECT_EQ(after, 1);
  EXPECT_EQ(store->head(), 2);
}

TEST_F(ReadTest, a_reader_that_takes_too_long_is_ended_and_the_next_one_works) {
  append(5000);
  close();
  SqliteOptions with = options();
  with.read_limit = 500ms;
  open(with);
  auto endless = [&] {
    read([](View& view) {
      for (;;) view.feed(0, 5000, {.type = "none"});
    });
  };
  EXPECT_EQ(kind_thrown(endless), ErrorKind::timeout);
  EXPECT_EQ(read([](View& view) { return view.head(); }), 5000);
}

TEST_F(ReadTest, an_exception_of_a_reader_reaches_its_caller) {
  EXPECT_EQ(kind_thrown([&] { read([](View&) { throw Error(ErrorKind::not_found, "no such run"); }); }), ErrorKind::not_found);
}

TEST_F(ReadTest, the_write_ahead_log_stays_small_under_steady_writing_and_reading) {
  bool writing = true;
  auto look = [](Store& s, bool& going) -> Awaitable<void> {
    while (going) co_await s.read([](View& view) { view.feed(0, 50); });
  };
  auto write = [](Store& s, bool& going) -> Awaitable<void> {
    const std::string payload = R"({"text":")" + std::string(3000, 'x') + R"("})";
    for (int i = 0; i < 6000; ++i) {
      co_await s.transact([&payload](Tx& tx) {
        for (int n = 0; n < 4; ++n) tx.append("run:1", -1, {event("step", payload)});
      });
    }
    going = false;
  };
  spawn(io.get_executor(), "look", look(*store, writing));
  run(write(*store, writing));
  EXPECT_LT(std::filesystem::file_size(file() += "-wal"), 64u << 20);
  EXPECT_GT(std::filesystem::file_size(file()), 64u << 20);
}

/// Every combination of filters, on an empty database: the plan depends on the schema alone.
class PlanTest : public ReadTest {
 protected:
  std::string plan(const sqlite::ListSql& list) {
    sqlite3* db = nullptr;
    EXPECT_EQ(sqlite3_open(file().c_str(), &db), SQLITE_OK);
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(db, ("EXPLAIN QUERY PLAN " + list.sql).c_str(), -1, &statement, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db) << " in " << list.sql;
    std::string text;
    while (sqlite3_step(statement) == SQLITE_ROW)
      text += std::string(reinterpret_cast<const char*>(sqlite3_column_text(statement, 3))) + "\n";
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return text;
  }
};

TEST_F(PlanTest, no_page_of_the_history_is_sorted_or_scanned_whole) {
  for (unsigned bits = 0; bits < 64; ++bits) {
    RunQuery query;
    if (bits & 1) query.app = "shop";
    if (bits & 2) query.environment = "staging";
    if (bits & 4) query.state = "failed";
    if (bits & 8) query.actor = "user:a";
    if (bits & 16) query.before = "0198";
    query.unfinished = (bits & 32) != 0;
    const std::string text = plan(sqlite::list_sql(query, "r.id"));
    EXPECT_THAT(text, testing::HasSubstr("USING")) << text;
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("TEMP B-TREE"))) << text;
    const bool whole_list = (bits & ~16u) == 0;  // the newest page walks the index from its end
    if (!whole_list && !query.unfinished) EXPECT_THAT(text, testing::Not(testing::HasSubstr("SCAN"))) << bits << ": " << text;
  }
}

TEST_F(PlanTest, each_filter_has_its_index) {
  auto run_plan = [this](RunQuery query) { return plan(sqlite::list_sql(query, "r.id, r.reason")); };
  EXPECT_THAT(run_plan({.app = "a"}), testing::HasSubstr("run_app (app=?)"));
  EXPECT_THAT(run_plan({.app = "a", .state = "s", .before = "x"}), testing::HasSubstr("run_app_state (app=? AND state=? AND id<?)"));
  EXPECT_THAT(run_plan({.actor = "u"}), testing::HasSubstr("run_actor (actor=?)"));
  EXPECT_THAT(run_plan({.app = "a", .environment = "e"}), testing::HasSubstr("run_environment_app (environment=? AND app=?)"));
  EXPECT_THAT(run_plan({.environment = "e", .before = "x"}), testing::HasSubstr("PRIMARY KEY (environment=? AND run<?)"));
  EXPECT_THAT(run_plan({.unfinished = true}), testing::HasSubstr("run_unfinished"));
  auto deployment_plan = [this](DeploymentQuery query) { return plan(sqlite::list_sql(query, "id, detail")); };
  EXPECT_THAT(deployment_plan({.app = "a", .environment = "e"}),
              testing::HasSubstr("deployment_app_environment (app=? AND environment=?)"));
  EXPECT_THAT(deployment_plan({.environment = "e"}), testing::HasSubstr("deployment_environment (environment=?)"));
}

}  // namespace
}  // namespace fairlead::store
