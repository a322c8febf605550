// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "fairlead/base/files.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::store {

/// A store in a folder of its own. `run` drives a coroutine on the io thread to its end and gives its value.
class StoreTest : public testing::Test {
 protected:
  void SetUp() override { open(); }
  void TearDown() override { close(); }

  SqliteOptions options() const { return {.folder = folder(), .reserve_bytes = 1 << 20, .min_free = 0.0}; }
  void open() { open(options()); }
  void open(const SqliteOptions& with) { store = open_sqlite(io.get_executor(), pool, with); }
  void close() {
    if (!store) return;
    store->close();
    drain();  // what still waits ends as canceled
    store.reset();
  }
  void reopen() {
    close();
    open();
  }
  std::filesystem::path folder() const { return temp.path() / "data"; }
  std::filesystem::path file() const { return folder() / "fairlead.db"; }

  /// Runs what is ready or pending until nothing is left.
  void drain() {
    io.restart();
    io.run();
  }

  template <class T>
  T run(Awaitable<T> work) {
    std::exception_ptr error;
    if constexpr (std::is_void_v<T>) {
      asio::co_spawn(io, std::move(work), [&](std::exception_ptr e) { error = e; });
      drain();
      if (error) std::rethrow_exception(error);
    } else {
      std::optional<T> value;
      asio::co_spawn(io, std::move(work), [&](std::exception_ptr e, T result) {
        error = e;
        value.emplace(std::move(result));
      });
      drain();
      if (error) std::rethrow_exception(error);
      return std::move(*value);
    }
  }

  template <class F>
  auto transact(F work, Purpose purpose = Purpose::progress) {
    return run(store->transact(std::move(work), purpose));
  }
  template <class F>
  auto read(F work) {
    return run(store->read(std::move(work)));
  }

  TempFolder temp;
  asio::io_context io{1};
  Pool pool{2};
  std::unique_ptr<Store> store;
};

inline NewEvent event(std::string type, std::string payload = "{}") {
  return {.type = std::move(type), .payload = std::move(payload), .actor = "user:ops@example.com"};
}

inline RunRow run_row(std::string id, std::string app, std::int64_t number, std::string state = "running") {
  return {.id = RunId(std::move(id)),
          .app = std::move(app),
          .number = number,
          .state = std::move(state),
          .ref = "refs/heads/main",
          .trigger = "push",
          .actor = "github:octocat",
          .environments = " ",
          .created_at = now(),
          .version = 1};
}

/// Kind of the Error that `work` throws; nullopt when it throws none.
template <class F>
std::optional<ErrorKind> kind_thrown(F work) {
  try {
    work();
  } catch (const Error& error) {
    return error.kind();
  }
  return std::nullopt;
}

}  // namespace fairlead::store
