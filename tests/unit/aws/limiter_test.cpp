// SPDX-License-Identifier: Apache-2.0
#include "aws/limiter.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include "aws/limits.hpp"

namespace fairlead::aws {
namespace {

using namespace std::chrono_literals;

const LimitKey writes{"111122223333", "eu-west-1", "ecs/task-definitions-write"};

/// A limiter whose bucket is empty and whose clock stands still until the test moves it.
class LimiterTest : public testing::Test {
 protected:
  LimiterTest() {
    const auto burst = static_cast<int>(limit_of(writes.family).burst);
    for (int i = 0; i < burst; ++i) start(-1);
    io.poll();
    io.restart();
    entered.clear();
    // The next token is only a moment away: that much is waited in real time.
    time += Duration(static_cast<std::int64_t>(1e6 / limit_of(writes.family).rate) - 500);
  }
  void start(int number, asio::cancellation_slot slot = {}) {
    asio::co_spawn(io, enter(number), asio::bind_cancellation_slot(slot, [](std::exception_ptr) {}));
  }
  Awaitable<void> enter(int number) {
    co_await limiter.admit(writes);
    entered.push_back(number);
  }

  asio::io_context io;
  Time time{};
  Limiter limiter{io.get_executor(), [this] { return time; }};
  std::vector<int> entered;
};

TEST_F(LimiterTest, ServesInTheOrderOfArrival) {
  for (int i = 0; i < 5; ++i) start(i);
  io.poll();
  EXPECT_TRUE(entered.empty());
  EXPECT_EQ(limiter.usage().at(0).waiting, 5u);
  time += 1h;
  io.run();
  EXPECT_EQ(entered, (std::vector<int>{0, 1, 2, 3, 4}));
  EXPECT_EQ(limiter.usage().at(0).waiting, 0u);
  EXPECT_GE(limiter.usage().at(0).waited, 5h) << "five calls waited an hour each";
}

TEST_F(LimiterTest, LetsOthersThroughWhenTheFirstGivesUp) {
  asio::cancellation_signal stop;
  start(0, stop.slot());
  start(1);
  io.poll();
  stop.emit(asio::cancellation_type::terminal);
  time += 1h;
  io.run();
  EXPECT_EQ(entered, std::vector<int>{1});
}

TEST_F(LimiterTest, KeepsFamiliesAndRegionsApart) {
  const auto other = [](Limiter& limits, LimitKey key, int& count) -> Awaitable<void> {
    co_await limits.admit(std::move(key));
    ++count;
  };
  int through = 0;
  asio::co_spawn(io, other(limiter, {"111122223333", "us-east-1", writes.family}, through), [](std::exception_ptr) {});
  asio::co_spawn(io, other(limiter, {"111122223333", "eu-west-1", "ecs/services-read"}, through), [](std::exception_ptr) {});
  asio::co_spawn(io, other(limiter, {"444455556666", "eu-west-1", writes.family}, through), [](std::exception_ptr) {});
  io.run();
  EXPECT_EQ(through, 3);
}

}  // namespace
}  // namespace fairlead::aws
