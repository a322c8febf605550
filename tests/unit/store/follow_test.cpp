// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <boost/asio/cancellation_signal.hpp>

#include "fairlead/base/json.hpp"
#include "unit/store/store_fixture.hpp"

namespace fairlead::store {
namespace {

using testing::ElementsAre;

class FollowTest : public StoreTest {
 protected:
  using Handle = std::function<Awaitable<void>(const Event&)>;

  /// Starts a reader; it ends when the store closes.
  void start(const std::string& name, Filter filter, Handle handle) {
    spawn(io.get_executor(), name, follow(*store, name, std::move(filter), std::move(handle)));
  }
  Handle collect(std::vector<std::int64_t>& into) {
    return [&into](const Event& e) { return keep(&into, e.seq); };
  }
  static Awaitable<void> keep(std::vector<std::int64_t>* into, std::int64_t seq) {
    into->push_back(seq);
    co_return;
  }
  void append(const std::string& stream, int count) {
    transact_now([=](Tx& tx) {
      for (int i = 0; i < count; ++i) tx.append(stream, -1, {event("step")});
    });
  }
  /// As transact, with readers in the background.
  template <class F>
  void transact_now(F work) {
    bool done = false;
    asio::co_spawn(io, store->transact(std::move(work)), [&](std::exception_ptr) { done = true; });
    run_until([&] { return done; });
  }
  template <class P>
  void run_until(P reached) {
    io.restart();
    while (!reached()) io.run_one();
  }
  std::int64_t cursor(const std::string& name) {
    std::optional<Doc> doc;
    bool done = false;
    asio::co_spawn(io, store->read([&](View& view) { doc = view.get("cursor", name); }), [&](std::exception_ptr) { done = true; });
    run_until([&] { return done; });
    return doc ? number_at(parse_json(doc->body), "seq") : -1;
  }
};

TEST_F(FollowTest, sees_what_matches_in_order_before_and_after_it_started) {
  std::vector<std::int64_t> seen;
  append("run:1", 2);
  append("server", 1);
  start("reader", {.stream = "run:*"}, collect(seen));
  append("run:2", 1);
  run_until([&] { return seen.size() == 3; });
  EXPECT_THAT(seen, ElementsAre(1, 2, 4));
}

TEST_F(FollowTest, goes_on_where_it_was_after_a_restart) {
  std::vector<std::int64_t> seen;
  start("reader", {}, collect(seen));
  append("run:1", 3);
  run_until([&] { return cursor("reader") == 3; });
  reopen();
  append("run:1", 1);
  start("reader", {}, collect(seen));
  run_until([&] { return seen.size() == 4; });
  EXPECT_THAT(seen, ElementsAre(1, 2, 3, 4));
}

TEST_F(FollowTest, writes_its_cursor_once_for_many_events) {
  std::vector<std::int64_t> seen;
  append("run:1", 200);
  int cursor_writes = 0;
  start("reader", {}, collect(seen));
  std::int64_t last = -1;
  while (last != 200) {
    if (const auto now_at = cursor("reader"); now_at != last) {
      last = now_at;
      ++cursor_writes;
    }
  }
  EXPECT_LE(cursor_writes, 2);  // none, then all
}

TEST_F(FollowTest, a_handler_that_throws_is_tried_again_and_others_go_on) {
  std::vector<std::int64_t> seen, others;
  int failures = 2;
  start("fails", {}, [&](const Event& e) {
    if (e.seq == 2 && (failures-- > 0 || others.size() < 3)) throw Error(ErrorKind::unavailable, "the chat is down");
    return keep(&seen, e.seq);
  });
  start("works", {}, collect(others));
  append("run:1", 3);
  run_until([&] { return others.size() == 3; });
  EXPECT_LT(seen.size(), 2u);
  run_until([&] { return seen.size() == 3; });
  EXPECT_THAT(seen, ElementsAre(1, 2, 3));
}

TEST_F(FollowTest, events_that_do_not_match_move_the_cursor_from_time_to_time) {
  std::vector<std::int64_t> seen;
  start("reader", {.type = "never"}, collect(seen));
  append("run:1", 1500);
  run_until([&] { return cursor("reader") == 1500; });
  EXPECT_THAT(seen, ElementsAre());
}

}  // namespace
}  // namespace fairlead::store
