// SPDX-License-Identifier: Apache-2.0
#include "fairlead/triggers/declarations.hpp"

#include "unit/triggers/trigger_world.hpp"

namespace fairlead::triggers {
namespace {

class DeclarationsTest : public TriggerTest {
 protected:
  void SetUp() override {
    TriggerTest::SetUp();
    scheduler.emplace(
        Scheduler::Parts{.executor = io.get_executor(), .store = store.get(), .clock = clock, .starter = starter(), .calendar = {}});
    declarations.emplace(Declarations::Parts{.executor = io.get_executor(),
                                             .store = store.get(),
                                             .scheduler = &*scheduler,
                                             .read = [this](std::string) { return file(); },
                                             .retry = std::chrono::milliseconds(1)});
  }
  Awaitable<std::optional<Declared>> file() {
    ++reads;
    if (unreachable-- > 0) throw Error(ErrorKind::unavailable, "Git cannot be reached");
    co_return declared;
  }

  int reads = 0;
  int unreachable = 0;
  std::optional<Declared> declared;
  std::optional<Scheduler> scheduler;
  std::optional<Declarations> declarations;
};

TEST_F(DeclarationsTest, schedules_and_the_http_secret_follow_the_file) {
  Schedule nightly;
  nightly.timing.cron = "0 3 * * *";
  declared = Declared{.schedules = {nightly}, .http_secret = "NIGHTLY_HOOK"};
  run(declarations->refresh("shop"));
  EXPECT_EQ(run(scheduler->list()).front().app, "shop");
  EXPECT_EQ(run(declarations->http_secret("shop")), "NIGHTLY_HOOK");
  EXPECT_EQ(run(declarations->http_secret("other")), std::nullopt);
  declared = std::nullopt;
  run(declarations->refresh("shop"));
  EXPECT_EQ(run(scheduler->list()).size(), 1u);
  declared = Declared{};
  run(declarations->refresh("shop"));
  EXPECT_TRUE(run(scheduler->list()).empty());
  EXPECT_EQ(run(declarations->http_secret("shop")), std::nullopt);
}

TEST_F(DeclarationsTest, a_file_that_cannot_be_read_is_tried_again) {
  declared = Declared{.schedules = {}, .http_secret = "HOOK"};
  unreachable = 2;
  declarations->moved("shop");
  declarations->moved("shop");
  asio::cancellation_signal stop;
  asio::co_spawn(io, declarations->run(), asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {}));
  auto deadline = deadline_in(std::chrono::seconds(20));
  while (reads < 3 && std::chrono::steady_clock::now() < deadline) io.run_one_for(std::chrono::milliseconds(100));
  EXPECT_EQ(reads, 3);
  stop.emit(asio::cancellation_type::terminal);
  drain();
}

}  // namespace
}  // namespace fairlead::triggers
