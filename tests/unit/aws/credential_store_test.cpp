// SPDX-License-Identifier: Apache-2.0
#include "aws/credential_store.hpp"

#include <gtest/gtest.h>

#include "unit/aws/fake_http.hpp"

namespace fairlead::aws {
namespace {

using namespace std::chrono_literals;

const Time start = *parse_time("2026-11-20T03:00:00Z");

TEST(Freshness, RenewsBeforeTheEnd) {
  EXPECT_EQ(freshness(start, std::nullopt, start + 1000h), Freshness::fresh);
  EXPECT_EQ(freshness(start, start + 1h, start), Freshness::fresh);
  EXPECT_EQ(freshness(start, start + 1h, start + 44min), Freshness::fresh);
  EXPECT_EQ(freshness(start, start + 1h, start + 45min), Freshness::renew_soon);
  EXPECT_EQ(freshness(start, start + 1h, start + 58min), Freshness::renew_now);
  EXPECT_EQ(freshness(start, start + 1h, start + 2h), Freshness::renew_now);
}

TEST(Freshness, LeavesShortLivedOnesMostOfTheirLife) {
  EXPECT_EQ(freshness(start, start + 15min, start + 9min), Freshness::fresh);
  EXPECT_EQ(freshness(start, start + 15min, start + 10min), Freshness::renew_soon);
  EXPECT_EQ(freshness(start, start + 15min, start + 14min), Freshness::renew_now);
}

class Store : public testing::Test {
 protected:
  Awaitable<Credentials> fetch(Scope scope) {
    ++fetches;
    co_await asio::post(io.get_executor(), asio::use_awaitable);
    if (failing) throw Error(ErrorKind::unauthorized, "no more");
    co_return Credentials{.access_key = scope.role + "#" + std::to_string(fetches), .expires = time + 1h, .source = "test"};
  }
  std::string get(Scope scope = {}) { return run_on(io, store.get(scope)).access_key; }

  asio::io_context io;
  Time time = start;
  int fetches = 0;
  bool failing = false;
  CredentialStore store{io.get_executor(), [this] { return time; }, [this](Scope scope) { return fetch(std::move(scope)); }};
};

TEST_F(Store, FetchesOncePerScope) {
  EXPECT_EQ(get(), "#1");
  EXPECT_EQ(get(), "#1");
  EXPECT_EQ(get({.role = "r"}), "r#2");
  EXPECT_EQ(get({.role = "r", .account = "111122223333"}), "r#2");
}

TEST_F(Store, LetsAllWaitForOneFetch) {
  std::vector<std::string> got;
  const auto want = [](CredentialStore& from, std::vector<std::string>& out) -> Awaitable<void> {
    out.push_back((co_await from.get({})).access_key);
  };
  for (int i = 0; i < 100; ++i) asio::co_spawn(io, want(store, got), [](std::exception_ptr) {});
  io.run();
  EXPECT_EQ(fetches, 1);
  EXPECT_EQ(got, std::vector<std::string>(100, "#1"));
}

TEST_F(Store, FailsAllWhoWaitWithOneFetch) {
  failing = true;
  int failed = 0;
  const auto want = [](CredentialStore& from) -> Awaitable<void> { co_await from.get({}); };
  for (int i = 0; i < 100; ++i) asio::co_spawn(io, want(store), [&](std::exception_ptr error) { failed += error ? 1 : 0; });
  io.run();
  EXPECT_EQ(failed, 100);
  EXPECT_EQ(fetches, 1);
  failing = false;
  EXPECT_EQ(get(), "#2");
}

TEST_F(Store, RenewsInTheBackgroundWhileTheOldOnesAreGood) {
  get();
  time += 50min;
  EXPECT_EQ(get(), "#1");
  EXPECT_EQ(fetches, 2);
  EXPECT_EQ(get(), "#2");
}

TEST_F(Store, KeepsUsingWhatIsStillValidWhenRenewingFails) {
  get();
  failing = true;
  time += 59min;
  EXPECT_EQ(get(), "#1");
  time += 2min;
  EXPECT_THROW(get(), Error);
}

TEST_F(Store, DropsWhatAwsRefusedUnlessItIsNewer) {
  get();
  store.drop({}, "#1");
  EXPECT_EQ(get(), "#2");
  store.drop({}, "#1");
  EXPECT_EQ(get(), "#2");
}

}  // namespace
}  // namespace fairlead::aws
