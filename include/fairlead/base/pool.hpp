// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <optional>

#include "fairlead/base/async.hpp"

namespace fairlead {

/// The few threads that run what blocks: libgit2, hashing, archives, read-only queries. The caller's coroutine is
/// resumed on its own executor. Destroyed after everything that uses it.
class Pool {
 public:
  explicit Pool(std::size_t threads = 2);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// Runs `work` on a pool thread; its value or exception comes back to the awaiting coroutine.
  template <class F>
  Awaitable<std::invoke_result_t<F>> run(F work) {
    using R = std::invoke_result_t<F>;
    if constexpr (std::is_void_v<R>) {
      co_await run_erased(std::function<void()>([&work] { work(); }));
    } else {
      std::optional<R> result;
      co_await run_erased(std::function<void()>([&work, &result] { result.emplace(work()); }));
      co_return std::move(*result);
    }
  }

  /// Waits for what runs, refuses what is new.
  void stop();

 private:
  Awaitable<void> run_erased(std::function<void()> work);
  std::atomic<bool> stopped_{false};
  asio::thread_pool pool_;
};

}  // namespace fairlead
