// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "store/sqlite/schema.hpp"
#include "unit/store/raw_sql.hpp"
#include "unit/store/store_fixture.hpp"

namespace fairlead::store {
namespace {

using testing::HasSubstr;

class OpenTest : public StoreTest {
 protected:
  void append(int count) {
    transact([count](Tx& tx) {
      for (int i = 0; i < count; ++i) tx.append("run:1", -1, {event("step", R"({"n":1})")});
    });
  }
  std::string message_of_open() {
    try {
      open();
    } catch (const Error& error) {
      return std::string(to_string(error.kind())) + ": " + error.message();
    }
    return "opened";
  }
  /// Makes the folder hold what the fixture's SQL makes.
  void lay(const std::string& fixture) {
    close();
    std::filesystem::remove(file());
    raw_sql(file(), read_file(std::filesystem::path(FIXTURES) / "store" / fixture));
  }
};

TEST_F(OpenTest, a_second_server_on_the_folder_is_refused_and_told_who_has_it) {
  try {
    auto second = open_sqlite(io.get_executor(), pool, options());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::refused);
    EXPECT_THAT(error.message(), HasSubstr("in use by another fairlead server (process " + std::to_string(::getpid()) + ")"));
    EXPECT_FALSE(error.hint().empty());
  }
  reopen();  // the lock goes with its holder
}

TEST_F(OpenTest, settings_are_those_that_durability_and_safety_hang_on) {
  close();
  sqlite::Connection connection(file(), sqlite::Access::write);
  auto pragma = [&](const std::string& name) {
    sqlite::Query query(connection, "PRAGMA " + name);
    return query.step() ? query.text(0) : std::string();
  };
  EXPECT_EQ(pragma("journal_mode"), "wal");
  EXPECT_EQ(pragma("synchronous"), "2");
  EXPECT_EQ(pragma("foreign_keys"), "1");
  EXPECT_EQ(pragma("trusted_schema"), "0");
  EXPECT_EQ(pragma("cell_size_check"), "1");
}

TEST_F(OpenTest, an_older_database_is_copied_and_brought_up_to_date_with_its_history) {
  lay("version-1.sql");
  open();
  EXPECT_EQ(store->head(), 3);
  EXPECT_TRUE(run(store->verify()).ok) << run(store->verify()).problem;
  EXPECT_EQ(store->install_id(), "0198f3a0-0000-7000-8000-000000000001");
  transact([](Tx& tx) { tx.put("lock", "staging", "{}"); });
  const auto copy = folder() / "fairlead-v1.backup.db";
  EXPECT_THAT(raw_sql(copy, "PRAGMA user_version"), testing::ElementsAre("1"));
  EXPECT_THAT(raw_sql(copy, "SELECT count(*) FROM event"), testing::ElementsAre("3"));
}

TEST_F(OpenTest, a_migration_that_fails_leaves_the_database_as_it_was) {
  append(2);
  close();
  auto steps = sqlite::migrations();
  const int last = steps.back().version;
  steps.push_back({last + 1, "004_bad", "CREATE TABLE half(a); CREATE TABLE half(a);"});
  sqlite::Connection connection(file(), sqlite::Access::write);
  EXPECT_EQ(kind_thrown([&] { sqlite::migrate(connection, folder(), steps); }), ErrorKind::internal);
  EXPECT_EQ(sqlite::schema_version(connection), last);
  EXPECT_THAT(raw_sql(file(), "SELECT count(*) FROM sqlite_schema WHERE name='half'"), testing::ElementsAre("0"));
}

TEST_F(OpenTest, a_database_of_a_newer_version_is_refused_untouched) {
  close();
  raw_sql(file(), "PRAGMA user_version=99");
  EXPECT_THAT(message_of_open(), HasSubstr("invalid: opening the store in " + folder().string()));
  EXPECT_THAT(message_of_open(), HasSubstr("has version 99, this fairlead knows up to"));
  EXPECT_THAT(raw_sql(file(), "PRAGMA user_version"), testing::ElementsAre("99"));
}

TEST_F(OpenTest, a_file_that_is_no_database_is_refused) {
  close();
  write_file(file(), std::string(8192, 'x'));
  EXPECT_THAT(message_of_open(), HasSubstr("invalid: "));
  EXPECT_THAT(message_of_open(), HasSubstr("not a database"));
}

TEST_F(OpenTest, events_cannot_be_changed_or_removed_by_sql) {
  append(1);
  close();
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(file().c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, "UPDATE event SET actor='user:other'", nullptr, nullptr, nullptr), SQLITE_CONSTRAINT);
  EXPECT_EQ(sqlite3_exec(db, "DELETE FROM event", nullptr, nullptr, nullptr), SQLITE_CONSTRAINT);
  sqlite3_close(db);
}

TEST_F(OpenTest, an_edited_event_is_found_by_verify_and_named) {
  append(600);
  close();
  raw_sql(file(), "DROP TRIGGER event_is_never_changed; UPDATE event SET actor='user:other' WHERE seq=42");
  open();  // the tail of the log is checked at every start; older events by verify
  const auto report = run(store->verify());
  EXPECT_FALSE(report.ok);
  EXPECT_EQ(report.problem, "event 42 (run:1 42): hash does not follow");
  EXPECT_EQ(report.events, 41);
}

TEST_F(OpenTest, an_edited_end_of_the_log_is_refused_at_start) {
  append(10);
  close();
  raw_sql(file(), "DROP TRIGGER event_is_never_changed; UPDATE event SET payload='{\"n\":2}' WHERE seq=9");
  EXPECT_THAT(message_of_open(), HasSubstr("the log is damaged: event 9 (run:1 9) does not follow"));
}

TEST_F(OpenTest, a_log_whose_end_was_cut_off_is_found_by_verify) {
  append(10);
  close();
  raw_sql(file(), "DROP TRIGGER event_is_never_removed; DELETE FROM event WHERE seq>8");
  open();
  const auto report = run(store->verify());
  EXPECT_FALSE(report.ok);
  EXPECT_THAT(report.problem, HasSubstr("stream run:1: it is at version 10 but has 8 events"));
}

TEST_F(OpenTest, flipped_bytes_of_the_file_never_give_another_history) {
  append(200);
  close();
  const std::string good = read_file(file());
  unsigned seed = 7;
  for (int round = 0; round < 60; ++round) {
    std::string bad = good;
    for (int i = 0; i < 4; ++i) {
      seed = seed * 1664525u + 1013904223u;
      bad[seed % bad.size()] = static_cast<char>(bad[seed % bad.size()] ^ static_cast<char>(1u << (seed >> 29)));
    }
    write_file(file(), bad);
    try {
      open();
      const auto report = run(store->verify());
      if (report.ok) EXPECT_EQ(report.events, 200) << "round " << round;
    } catch (const Error& error) {
      EXPECT_NE(error.kind(), ErrorKind::conflict) << error.what();
    }
    close();
    std::filesystem::remove(file() += "-wal");
  }
}

}  // namespace
}  // namespace fairlead::store
