// SPDX-License-Identifier: Apache-2.0
#include "unit/store/store_fixture.hpp"

namespace fairlead::store {
namespace {

using namespace std::chrono_literals;

class LeaseTest : public StoreTest {
 protected:
  void SetUp() override { open_at(from_micros(1'700'000'000'000'000)); }
  void open_at(Time start) {
    time = start;
    SqliteOptions with = options();
    with.clock = [this] { return time.load(); };
    open(with);
  }
  std::optional<std::int64_t> lease(std::string owner) {
    return transact([owner](Tx& tx) { return tx.lease("run:1", owner, 30s); });
  }
  std::optional<ErrorKind> require(std::int64_t fence) {
    return kind_thrown([&] { transact([fence](Tx& tx) { tx.require_fence("run:1", fence); }); });
  }
  std::atomic<Time> time{};
};

TEST_F(LeaseTest, one_owner_at_a_time_who_renews_with_the_same_fence) {
  EXPECT_EQ(lease("a"), 1);
  EXPECT_EQ(lease("a"), 1);
  EXPECT_EQ(lease("b"), std::nullopt);
  EXPECT_EQ(require(1), std::nullopt);
}

TEST_F(LeaseTest, an_expired_lease_changes_hands_and_the_old_fence_writes_nothing) {
  EXPECT_EQ(lease("a"), 1);
  time = time.load() + 31s;
  EXPECT_EQ(lease("b"), 2);
  auto stale = [&] {
    transact([](Tx& tx) {
      tx.append("run:1", 0, {event("run.created")});
      tx.require_fence("run:1", 1);
    });
  };
  EXPECT_EQ(kind_thrown(stale), ErrorKind::conflict);
  EXPECT_EQ(store->head(), 0);
  EXPECT_EQ(require(2), std::nullopt);
}

TEST_F(LeaseTest, a_released_lease_is_free_at_once_and_its_fence_is_void) {
  EXPECT_EQ(lease("a"), 1);
  transact([](Tx& tx) { tx.release("run:1", "b"); });
  EXPECT_EQ(require(1), std::nullopt);
  transact([](Tx& tx) { tx.release("run:1", "a"); });
  EXPECT_EQ(require(1), ErrorKind::conflict);
  EXPECT_EQ(lease("b"), 2);
}

TEST_F(LeaseTest, a_new_server_on_the_folder_does_not_wait_for_the_leases_of_the_old_one) {
  EXPECT_EQ(lease("old server"), 1);
  close();
  open_at(time);
  EXPECT_EQ(lease("new server"), 2);
  EXPECT_EQ(require(1), ErrorKind::conflict);
}

}  // namespace
}  // namespace fairlead::store
