// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fairlead/base/async.hpp"

namespace fairlead::deploy::ec2 {

/// Requests for many hosts that come within a moment of one another leave as one call; everybody gets its answer, or its error. io thread
/// only. A call that is under way outlives the object.
template <class Answer>
class Gather {
 public:
  /// `key`: what is asked; `items`: of whom.
  using Call = std::function<Awaitable<Answer>(std::string key, std::vector<std::string> items)>;

  Gather(asio::any_io_executor executor, std::size_t most, Call call)
      : shared_(std::make_shared<Shared>(std::move(executor), most, std::move(call))) {}

  Awaitable<Answer> join(std::string key, std::string item) {
    auto& open = shared_->open[key];
    if (!open || open->items.size() >= shared_->most) {
      open = std::make_shared<Batch>(shared_->executor);
      spawn(shared_->executor, "one call for many hosts", send(shared_, key, open));
    }
    const auto batch = open;
    batch->items.push_back(std::move(item));
    if (batch->items.size() >= shared_->most) batch->changed.notify_all();
    while (!batch->answer && !batch->error) co_await batch->changed.wait();
    if (batch->error) std::rethrow_exception(batch->error);
    co_return *batch->answer;
  }

 private:
  static constexpr auto moment = std::chrono::milliseconds(50);

  struct Batch {
    explicit Batch(const asio::any_io_executor& executor) : changed(executor) {}
    std::vector<std::string> items;
    std::optional<Answer> answer;
    std::exception_ptr error;
    Signal changed;
  };
  struct Shared {
    Shared(asio::any_io_executor ex, std::size_t limit, Call what) : executor(std::move(ex)), most(limit), call(std::move(what)) {}
    asio::any_io_executor executor;
    std::size_t most;
    Call call;
    std::map<std::string, std::shared_ptr<Batch>> open;
  };

  static Awaitable<void> send(std::shared_ptr<Shared> shared, std::string key, std::shared_ptr<Batch> batch) {
    const auto until = deadline_in(moment);
    while (batch->items.size() < shared->most && co_await batch->changed.wait_until(until)) {
    }
    if (const auto found = shared->open.find(key); found != shared->open.end() && found->second == batch) shared->open.erase(found);
    try {
      batch->answer = co_await shared->call(key, batch->items);
    } catch (...) {
      batch->error = std::current_exception();
    }
    batch->changed.notify_all();
  }

  std::shared_ptr<Shared> shared_;
};

}  // namespace fairlead::deploy::ec2
