// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <optional>

#include "fairlead/base/async.hpp"

namespace fairlead::cli {

/// Runs a coroutine to its end on `io`, for commands that do one thing after another. Rethrows its error.
template <class T>
T wait_for(asio::io_context& io, Awaitable<T> work) {
  std::optional<T> result;
  std::exception_ptr error;
  auto keep = [](Awaitable<T> inner, std::optional<T>& out) -> Awaitable<void> { out.emplace(co_await std::move(inner)); };
  spawn(io.get_executor(), "command", keep(std::move(work), result), [&error](std::exception_ptr thrown) { error = std::move(thrown); });
  io.restart();
  while (!result && !error && io.run_one() > 0) {
  }
  if (error) std::rethrow_exception(error);
  if (!result) throw Error(ErrorKind::canceled, "the work was canceled");
  return std::move(*result);
}

}  // namespace fairlead::cli
