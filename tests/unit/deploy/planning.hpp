// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

#include "fairlead/base/async.hpp"
#include "fairlead/engine/action.hpp"

namespace fairlead::deploy {

/// Runs the plan of an action to its end.
inline engine::ActionPlan planned(asio::io_context& io, Awaitable<engine::ActionPlan> work) {
  std::optional<engine::ActionPlan> result;
  std::exception_ptr failed;
  auto keep = [](Awaitable<engine::ActionPlan> inner, std::optional<engine::ActionPlan>& out) -> Awaitable<void> {
    out.emplace(co_await std::move(inner));
  };
  asio::co_spawn(io, keep(std::move(work), result), [&](std::exception_ptr e) { failed = std::move(e); });
  io.restart();
  io.run();
  if (failed) std::rethrow_exception(failed);
  return *result;
}

}  // namespace fairlead::deploy
