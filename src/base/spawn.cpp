// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/system/system_error.hpp>
#include <cstdlib>

#include "base/shield.hpp"
#include "fairlead/base/async.hpp"
#include "fairlead/base/log.hpp"

namespace fairlead {
namespace {

constexpr int internal_error_exit = 70;  // EX_SOFTWARE

bool is_cancellation(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& known) {
    return known.kind() == ErrorKind::canceled;
  } catch (const boost::system::system_error& other) {
    return other.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

/// Shared with the timer's handler, which may be queued already when the operation ends.
struct Race {
  explicit Race(const asio::any_io_executor& ex) : timer(ex) {}
  asio::steady_timer timer;
  asio::cancellation_signal cancel;
  bool over = false;
  bool expired = false;
};

void stop_operation(std::shared_ptr<Race> race) { race->cancel.emit(asio::cancellation_type::all); }

}  // namespace

void spawn(const asio::any_io_executor& ex, std::string_view name, Awaitable<void> work) {
  auto escalate = [label = std::string(name)](const std::exception_ptr& error) {
    log::error("task.failed", {{"task", label}, {"error", describe(error)}});
    std::_Exit(internal_error_exit);
  };
  spawn(ex, name, std::move(work), std::move(escalate));
}

void spawn(const asio::any_io_executor& ex, std::string_view name, Awaitable<void> work, std::function<void(std::exception_ptr)> on_error) {
  asio::co_spawn(ex, std::move(work), [label = std::string(name), on_error = std::move(on_error)](std::exception_ptr error) {
    if (!error) return;
    if (is_cancellation(error)) return log::debug("task.canceled", {{"task", label}});
    on_error(std::move(error));
  });
}

Awaitable<void> sleep_for(std::chrono::steady_clock::duration span) { return sleep_until(deadline_in(span)); }

Awaitable<void> sleep_until(Deadline deadline) {
  asio::steady_timer timer(co_await asio::this_coro::executor, deadline);
  co_await timer.async_wait(asio::use_awaitable);
}

namespace detail {

Awaitable<void> run_under(Awaitable<void> op, asio::cancellation_slot slot, std::function<void()> on_cancel) {
  auto ex = co_await asio::this_coro::executor;
  auto state = co_await asio::this_coro::cancellation_state;
  if (state.slot().is_connected()) {
    state.slot().assign([on_cancel = std::move(on_cancel)](asio::cancellation_type) {
      // The call may end the awaiting frame and, with it, this handler.
      std::function<void()> call = on_cancel;
      call();
    });
  }
  co_await asio::co_spawn(ex, std::move(op), asio::bind_cancellation_slot(slot, asio::use_awaitable));
}

Awaitable<bool> run_with_deadline(Awaitable<void> op, Deadline deadline) {
  auto race = std::make_shared<Race>(co_await asio::this_coro::executor);
  race->timer.expires_at(deadline);
  race->timer.async_wait([race](const boost::system::error_code& error) {
    if (error || race->over) return;
    race->expired = true;
    stop_operation(race);
  });
  auto on_cancel = [race] {
    race->timer.cancel();
    race->over = true;
    stop_operation(race);
  };
  std::exception_ptr failure;
  try {
    co_await run_under(std::move(op), race->cancel.slot(), std::move(on_cancel));
  } catch (...) {
    failure = std::current_exception();
  }
  race->over = true;
  race->timer.cancel();
  // Whatever the cancelled operation threw, the deadline is why.
  if (failure && race->expired) co_return false;
  if (failure) std::rethrow_exception(failure);
  co_return true;
}

}  // namespace detail

Signal::Signal(const asio::any_io_executor& ex) : timer_(ex, Deadline::max()) {}

void Signal::notify_all() { timer_.cancel(); }

Awaitable<void> Signal::wait() {
  co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  // Being notified and being cancelled look alike to the timer.
  auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) throw boost::system::system_error(asio::error::operation_aborted);
}

Awaitable<bool> Signal::wait_until(Deadline deadline) { return detail::run_with_deadline(wait(), deadline); }

}  // namespace fairlead
