// SPDX-License-Identifier: Apache-2.0
#include "cli/retention.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "fairlead/base/files.hpp"

namespace fairlead::cli {
namespace {

using std::chrono::hours;

TEST(Retention, ForgetsOldDeliveriesAndKeysButNotWhatStillTellsDuplicates) {
  const TempFolder folder;
  const Time today = from_micros(1'790'000'000'000'000);
  Time clock = today;
  asio::io_context io{1};
  Pool pool(1);
  const auto store = store::open_sqlite(
      io.get_executor(), pool, {.folder = folder.path(), .reserve_bytes = 1 << 20, .min_free = 0.0, .clock = [&] { return clock; }});
  bool forgotten = false;
  auto story = [](store::Store& kept, Time* at, Time now, bool* done) -> Awaitable<void> {
    for (const int days : {91, 89, 31, 29, 8, 6}) {
      *at = now - hours(24 * days);
      const auto received = *at;
      co_await kept.transact([&](store::Tx& tx) {
        const auto id = std::to_string(days);
        tx.put_delivery({.source = "github", .id = id, .event = "push", .received_at = received, .headers = "{}", .body = "{}"});
        tx.put("hook-body", id, "{}");
        tx.put("idempotency", id, "{}");
      });
    }
    *at = now;
    co_await forget_expired(kept, now);
    co_await kept.read([](store::View& view) {
      EXPECT_FALSE(view.delivery("github", "31"));
      EXPECT_TRUE(view.delivery("github", "29"));
      EXPECT_FALSE(view.get("hook-body", "91"));
      EXPECT_TRUE(view.get("hook-body", "89"));
      EXPECT_FALSE(view.get("idempotency", "8"));
      EXPECT_TRUE(view.get("idempotency", "6"));
    });
    *done = true;
  };
  spawn(io.get_executor(), "story", story(*store, &clock, today, &forgotten));
  io.run();
  EXPECT_TRUE(forgotten);
  store->close();
  io.restart();
  io.run();
}

}  // namespace
}  // namespace fairlead::cli
