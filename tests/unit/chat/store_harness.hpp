// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <exception>
#include <memory>
#include <optional>

#include "fairlead/base/async.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/pool.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::chat::test {

/// A store in a folder of its own, a clock that the test moves, and coroutines run to their end.
class StoreHarness {
 public:
  StoreHarness() {
    store::SqliteOptions options;
    options.folder = folder_.path();
    options.reserve_bytes = 0;
    options.clock = [this] { return time; };
    store_ = store::open_sqlite(io.get_executor(), pool_, options);
  }
  ~StoreHarness() {
    store_->close();
    io.restart();
    io.run_for(std::chrono::milliseconds(20));
    store_.reset();
  }
  StoreHarness(const StoreHarness&) = delete;
  StoreHarness& operator=(const StoreHarness&) = delete;

  store::Store& store() { return *store_; }
  Clock clock() {
    return [this] { return time; };
  }
  void later(Duration span) { time += span; }

  template <class T>
  T run(Awaitable<T> what) {
    std::exception_ptr error;
    bool done = false;
    if constexpr (std::is_void_v<T>) {
      asio::co_spawn(io, std::move(what), [&](std::exception_ptr failed) { error = failed, done = true; });
      pump(done);
      if (error) std::rethrow_exception(error);
    } else {
      std::optional<T> result;
      asio::co_spawn(io, std::move(what), [&](std::exception_ptr failed, T value) {
        error = failed, done = true;
        if (!failed) result.emplace(std::move(value));
      });
      pump(done);
      if (error) std::rethrow_exception(error);
      return std::move(*result);
    }
  }
  /// In one transaction.
  template <class F>
  auto write(F work) {
    return run(store_->transact(std::move(work)));
  }

  asio::io_context io;
  Time time = from_micros(1'780'000'000'000'000);

 private:
  void pump(const bool& done) {
    io.restart();
    while (!done) {
      if (io.run_one_for(std::chrono::seconds(30)) == 0) throw std::runtime_error("nothing happened for 30 s");
    }
  }

  TempFolder folder_;
  Pool pool_;
  std::unique_ptr<store::Store> store_;
};

}  // namespace fairlead::chat::test
