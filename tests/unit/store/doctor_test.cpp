// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "unit/store/raw_sql.hpp"
#include "unit/store/store_fixture.hpp"

namespace fairlead::store {
namespace {

class DoctorTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    transact([](Tx& tx) {
      for (std::string id : {"1", "2", "3"}) {
        tx.append("run:" + id, 0, {event("run.created"), event("run.finished")});
        RunRow row = run_row(id, "shop", tx.next("run/shop"));
        row.environments = " staging ";
        tx.put_run(row);
      }
    });
  }
  static void project(Tx& tx, const Event& e) {
    if (e.type == "run.created") return tx.put_run(run_row(e.stream.substr(4), "shop", e.seq));
    RunRow row = *tx.run(RunId(e.stream.substr(4)));
    row.state = "succeeded";
    tx.put_run(row);
  }
};

TEST_F(DoctorTest, rebuild_makes_the_projections_from_the_log_alone) {
  close();
  raw_sql(file(),
          "INSERT INTO run SELECT 'ghost', app, 99, state, ref, sha, cause, actor, environments, reason, created_at, started_at, "
          "finished_at, version FROM run LIMIT 1");
  open();
  EXPECT_EQ(run(store->rebuild(project)), 6);
  const auto rows = read([](View& view) { return view.runs({}); });
  ASSERT_EQ(rows.size(), 3u);
  for (const auto& row : rows) EXPECT_EQ(row.state, "succeeded");
  EXPECT_EQ(read([](View& view) { return view.runs({.environment = "staging"}); }).size(), 0u);
  EXPECT_EQ(transact([](Tx& tx) { return tx.next("run/shop"); }), 4);
}

TEST_F(DoctorTest, a_rebuild_that_fails_changes_nothing) {
  auto fail = [&] { run(store->rebuild([](Tx&, const Event&) { throw Error(ErrorKind::invalid, "unknown event"); })); };
  EXPECT_EQ(kind_thrown(fail), ErrorKind::invalid);
  EXPECT_EQ(read([](View& view) { return view.runs({.environment = "staging"}); }).size(), 3u);
}

TEST_F(DoctorTest, a_backup_is_a_whole_database_readable_by_its_owner_and_never_overwrites) {
  const auto copy = temp.path() / "copy" / "fairlead.db";
  make_folders(copy.parent_path());
  run(store->backup(copy));
  struct stat info{};
  ASSERT_EQ(::stat(copy.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(kind_thrown([&] { run(store->backup(copy)); }), ErrorKind::refused);
  const std::string id = store->install_id();
  close();
  open({.folder = copy.parent_path(), .reserve_bytes = 0, .min_free = 0});
  EXPECT_EQ(store->install_id(), id);
  EXPECT_EQ(store->head(), 6);
  EXPECT_TRUE(run(store->verify()).ok);
}

TEST_F(DoctorTest, check_finds_nothing_wrong_with_a_good_database_and_names_a_broken_reference) {
  EXPECT_THAT(run(store->check()), testing::IsEmpty());
  close();
  raw_sql(file(), "INSERT INTO run_environment VALUES('staging', 'nobody', 'shop')");
  open();
  EXPECT_THAT(run(store->check()), testing::ElementsAre(testing::HasSubstr("run_environment")));
}

}  // namespace
}  // namespace fairlead::store
