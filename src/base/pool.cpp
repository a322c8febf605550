// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/pool.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>

namespace fairlead {

Pool::Pool(std::size_t threads) : pool_(threads) {}

Pool::~Pool() { stop(); }

void Pool::stop() {
  if (!stopped_.exchange(true)) pool_.join();
}

Awaitable<void> Pool::run_erased(std::function<void()> work) {
  if (stopped_) throw Error(ErrorKind::unavailable, "the worker pool is stopped");
  // Not cancellable on purpose: `work` refers to the caller's frame, which must outlive it.
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(std::exception_ptr)>(
      [this](auto handler, std::function<void()>* job) {
        auto home = asio::make_work_guard(asio::get_associated_executor(handler));
        asio::post(pool_, [handler = std::move(handler), home = std::move(home), job]() mutable {
          std::exception_ptr error;
          try {
            (*job)();
          } catch (...) {
            error = std::current_exception();
          }
          auto executor = home.get_executor();
          asio::post(executor, [handler = std::move(handler), error]() mutable { std::move(handler)(error); });
        });
      },
      asio::use_awaitable, &work);
}

}  // namespace fairlead
