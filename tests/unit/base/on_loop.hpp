// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "fairlead/base/async.hpp"

namespace fairlead {

/// Runs one coroutine on its own loop until nothing is left to do; its value or exception comes back.
template <class T>
T on_loop(asio::io_context& io, Awaitable<T> work) {
  std::exception_ptr failure;
  if constexpr (std::is_void_v<T>) {
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr error) { failure = std::move(error); });
    io.run();
    if (failure) std::rethrow_exception(failure);
  } else {
    std::optional<T> value;
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr error, T result) {
      failure = std::move(error);
      value.emplace(std::move(result));
    });
    io.run();
    if (failure) std::rethrow_exception(failure);
    return std::move(*value);
  }
}

template <class T>
T on_loop(Awaitable<T> work) {
  asio::io_context io;
  return on_loop(io, std::move(work));
}

}  // namespace fairlead
