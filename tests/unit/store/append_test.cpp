// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "unit/store/store_fixture.hpp"

namespace fairlead::store {
namespace {

TEST_F(StoreTest, append_numbers_events_in_their_stream_and_in_the_log) {
  auto version = transact([](Tx& tx) {
    tx.append("run:1", 0, {event("run.created"), event("run.planned")});
    return tx.append("app:shop", -1, {event("app.seen")});
  });
  EXPECT_EQ(version, 1);
  EXPECT_EQ(store->head(), 3);
  auto events = read([](View& view) { return view.events("run:1"); });
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].seq, 2);
  EXPECT_EQ(events[1].version, 2);
  EXPECT_EQ(events[1].type, "run.planned");
  EXPECT_EQ(events[1].hash.size(), 64u);
}

TEST_F(StoreTest, append_with_a_stale_version_conflicts_and_writes_nothing) {
  transact([](Tx& tx) { tx.append("run:1", 0, {event("run.created")}); });
  auto stale = [&] { transact([](Tx& tx) { tx.append("run:1", 0, {event("run.created")}); }); };
  EXPECT_EQ(kind_thrown(stale), ErrorKind::conflict);
  EXPECT_EQ(store->head(), 1);
}

}  // namespace
}  // namespace fairlead::store
