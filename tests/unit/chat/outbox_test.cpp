// SPDX-License-Identifier: Apache-2.0
#include "fairlead/chat/outbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "fairlead/base/files.hpp"
#include "fairlead/base/pool.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::chat::test {
namespace {

struct Said {
  std::string method, channel, text, ts;
};

/// Slack as far as an outbox sees it: keeps what it was told, refuses what the test wants.
class FakeSlack : public WebApi {
 public:
  Awaitable<Json> call(std::string, std::string method, Json arguments, Deadline) override {
    ++calls;
    if (!fail.empty()) {
      const auto kind = fail.back();
      fail.pop_back();
      throw ApiError(kind, method, kind == ApiError::Kind::rejected ? "invalid_blocks" : "", "as the test wants");
    }
    const auto ts = method == "chat.update" ? text_at(arguments, "ts") : std::to_string(++posted) + ".0";
    said.push_back({method, text_at(arguments, "channel"), text_at(arguments, "text"), text_at(arguments, "thread_ts")});
    co_return Json{{"channel", "C" + text_at(arguments, "channel")}, {"ts", ts}};
  }
  std::vector<ApiError::Kind> fail;
  std::vector<Said> said;
  int posted = 0, calls = 0;
};

class OutboxTest : public testing::Test {
 protected:
  OutboxTest() { open(); }
  ~OutboxTest() override { close(); }

  void open() {
    store_ = store::open_sqlite(io_.get_executor(), pool_, {.folder = folder_.path()});
    outbox_.emplace(
        OutboxParts{.executor = io_.get_executor(), .store = store_.get(), .api = [this](const std::string&) { return &slack_; }});
    spawn(io_.get_executor(), "outbox", outbox_->run());
  }
  void close() {
    store_->close();
    outbox_->wake();
    io_.restart();
    io_.run_for(std::chrono::milliseconds(50));
    outbox_.reset();
    store_.reset();
  }
  void put(const std::string& what, const std::string& text, const std::string& thread_card = "", bool last = false) {
    Desired wanted{.card = what,
                   .place = {.workspace = console, .channel = "deploys", .thread = ""},
                   .thread_card = thread_card,
                   .message = {.text = text},
                   .hash = text,
                   .urgency = Urgency::phase,
                   .last = last,
                   .fallback = ""};
    bool done = false;
    const auto work = [](OutboxTest& test, Desired desired, bool& flag) -> Awaitable<void> {
      co_await test.store_->transact([&](store::Tx& tx) { Outbox::put(tx, desired, now()); });
      test.outbox_->wake();
      flag = true;
    };
    spawn(io_.get_executor(), "put", work(*this, wanted, done));
    until([&] { return done; });
  }
  void until(const std::function<bool()>& holds) {
    const auto limit = deadline_in(std::chrono::seconds(20));
    while (!holds() && std::chrono::steady_clock::now() < limit) {
      io_.restart();
      io_.run_one_for(std::chrono::milliseconds(20));
    }
    ASSERT_TRUE(holds());
  }

  TempFolder folder_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
  Pool pool_{2};
  FakeSlack slack_;
  std::unique_ptr<store::Store> store_;
  std::optional<Outbox> outbox_;
};

TEST_F(OutboxTest, OneMessageIsPostedThenEditedInPlaceAndAnsweredInItsThread) {
  put("run:1", "building");
  put("reply", "it failed", "run:1");
  until([&] { return slack_.said.size() == 2; });
  put("run:1", "live", "", true);
  until([&] { return slack_.said.size() == 3; });
  EXPECT_EQ(slack_.said[0].text, "building");
  EXPECT_EQ(slack_.said[1].ts, "1.0");
  EXPECT_EQ(slack_.said[1].channel, "Cdeploys");
  EXPECT_EQ(slack_.said[2].method, "chat.update");
  EXPECT_EQ(slack_.said[2].ts, "");
}

TEST_F(OutboxTest, WhatWasNotSentIsSentAfterARestart) {
  slack_.fail = std::vector<ApiError::Kind>(1000, ApiError::Kind::unreachable);
  put("run:1", "live", "", true);
  until([&] { return slack_.calls > 0; });
  close();
  slack_.fail.clear();
  open();
  until([&] { return slack_.said.size() == 1; });
  EXPECT_EQ(slack_.said[0].text, "live");
  until([&] { return outbox_->stats().waiting == 0; });
}

TEST_F(OutboxTest, RefusedBlocksAreSentAsText) {
  slack_.fail = {ApiError::Kind::rejected};
  put("run:1", "live");
  until([&] { return slack_.said.size() == 1; });
  until([&] { return outbox_->problems().empty(); });
}

TEST_F(OutboxTest, TheSameWishIsWrittenOnce) {
  put("run:1", "live");
  until([&] { return slack_.said.size() == 1; });
  put("run:1", "live");
  put("run:2", "other");
  until([&] { return slack_.said.size() == 2; });
  EXPECT_EQ(slack_.said[1].text, "other");
}

}  // namespace
}  // namespace fairlead::chat::test
