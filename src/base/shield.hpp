// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <functional>

#include "fairlead/base/async.hpp"

namespace fairlead::detail {

/// Runs `op` as a coroutine of its own that only `slot` can cancel, and returns when it has ended. When the awaiting
/// coroutine is cancelled meanwhile, `on_cancel` is called (on the io thread); what that does to `op` is its business.
Awaitable<void> run_under(Awaitable<void> op, asio::cancellation_slot slot, std::function<void()> on_cancel);

}  // namespace fairlead::detail
