// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <random>

#include "unit/store/fault_vfs.hpp"
#include "unit/store/store_fixture.hpp"

namespace fairlead::store {
namespace {

using FaultDeathTest = StoreTest;

class PowerLossTest : public StoreTest {
 protected:
  void SetUp() override {}

  /// Writes transactions of a few pages each; notes how many changes of files had been made when each was acknowledged.
  std::vector<std::size_t> write(FaultVfs& disk, int transactions) {
    std::vector<std::size_t> acknowledged;
    open();
    for (int i = 0; i < transactions; ++i) {
      transact([i](Tx& tx) {
        const std::string payload = R"({"text":")" + std::string(static_cast<std::size_t>(i % 7) * 3000, 'x') + R"("})";
        tx.append("run:" + std::to_string(i % 5), -1, {event("step", payload), event("step")});
        tx.put_run(run_row(std::to_string(i), "shop", i + 1));
      });
      acknowledged.push_back(disk.changes());
    }
    close();
    return acknowledged;
  }

  /// The store opened on an image: everything acknowledged is there, and the history and the file are whole.
  void expect_whole(const std::map<std::string, std::string>& image, std::int64_t acknowledged) {
    const TempFolder copy;
    for (const auto& [name, content] : image) write_file(copy.path() / name, content);
    open({.folder = copy.path(), .reserve_bytes = 0, .min_free = 0});
    EXPECT_GE(store->head(), 2 * acknowledged);
    const auto report = run(store->verify());
    EXPECT_TRUE(report.ok) << report.problem;
    EXPECT_EQ(2 * static_cast<std::int64_t>(read([](View& view) { return view.runs({.limit = 100'000}); }).size()), report.events);
    EXPECT_THAT(run(store->check()), testing::IsEmpty());
    close();
  }
};

TEST_F(PowerLossTest, what_was_acknowledged_is_there_after_a_power_loss_at_any_instant) {
  std::vector<std::size_t> acknowledged;
  std::vector<std::map<std::string, std::string>> images;
  std::vector<std::int64_t> promised;
  {
    FaultVfs disk;
    acknowledged = write(disk, 320);
    std::mt19937 random(20261120);
    for (unsigned i = 0; i < 60; ++i) {
      const std::size_t point = random() % (disk.changes() + 1);
      images.push_back(disk.image(point, i));
      promised.push_back(std::ranges::upper_bound(acknowledged, point) - acknowledged.begin());
    }
  }
  for (std::size_t i = 0; i < images.size(); ++i) {
    SCOPED_TRACE("image " + std::to_string(i));
    expect_whole(images[i], promised[i]);
    images[i].clear();
  }
}

TEST_F(FaultDeathTest, a_sync_that_fails_ends_the_process_before_anyone_is_told) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        close();
        FaultVfs disk;
        open();
        disk.fail_syncs();
        transact([](Tx& tx) { tx.append("run:1", 0, {event("run.created")}); });
        std::_Exit(1);  // acknowledged: wrong
      },
      testing::ExitedWithCode(74), "store.failed doing=committing");
}

}  // namespace
}  // namespace fairlead::store
