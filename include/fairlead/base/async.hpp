// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "fairlead/base/error.hpp"

namespace fairlead {

namespace asio = boost::asio;
template <class T = void>
using Awaitable = asio::awaitable<T>;

/// Absolute monotonic deadline, passed down as a value.
using Deadline = std::chrono::steady_clock::time_point;
inline Deadline deadline_in(std::chrono::steady_clock::duration span) { return std::chrono::steady_clock::now() + span; }

/// Starts a coroutine that nobody awaits. An exception that leaves it is logged under `name` and ends the process
/// (a bug of ours: crash-only), except Error(canceled) and asio's operation_aborted, which end it quietly.
void spawn(const asio::any_io_executor&, std::string_view name, Awaitable<void>);
/// The same, with what to do instead of ending the process.
void spawn(const asio::any_io_executor&, std::string_view name, Awaitable<void>, std::function<void(std::exception_ptr)> on_error);

/// Waits on the io thread.
Awaitable<void> sleep_for(std::chrono::steady_clock::duration);
Awaitable<void> sleep_until(Deadline);

namespace detail {
/// Runs both `op` (must honour cancellation) and the timer; rethrows the error of `op` at once.
Awaitable<bool> run_with_deadline(Awaitable<void> op, Deadline);
}  // namespace detail

/// The value of `op`, or Error(timeout) "<what> took longer than …" at the deadline (op is cancelled). An error of
/// `op` leaves at once; unlike `op || timer` it does not wait for the timer.
template <class T>
Awaitable<T> with_deadline(Awaitable<T> op, Deadline deadline, std::string what) {
  if constexpr (std::is_void_v<T>) {
    if (!co_await detail::run_with_deadline(std::move(op), deadline)) throw Error(ErrorKind::timeout, what + " took too long");
  } else {
    std::optional<T> value;
    auto keep = [](Awaitable<T> inner, std::optional<T>& out) -> Awaitable<void> { out.emplace(co_await std::move(inner)); };
    auto wrapped = keep(std::move(op), value);
    if (!co_await detail::run_with_deadline(std::move(wrapped), deadline)) throw Error(ErrorKind::timeout, what + " took too long");
    co_return std::move(*value);
  }
}

/// Wakes the coroutines that wait for something to change. io thread only; no memory of past signals:
/// check the condition, then `wait()`, in a loop.
class Signal {
 public:
  explicit Signal(const asio::any_io_executor&);
  void notify_all();
  Awaitable<void> wait();
  /// false when the deadline came first.
  Awaitable<bool> wait_until(Deadline);

 private:
  asio::steady_timer timer_;
};

}  // namespace fairlead
