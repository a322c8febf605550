// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fairlead/exec/logs.hpp"
#include "fairlead/web/web.hpp"

namespace fairlead::cli {

/// A viewer's interest in a step's folder, told by the hub of the logs.
class HubWatch : public web::LogWatch {
 public:
  HubWatch(exec::LogHub& hub, const std::filesystem::path& folder) : watch_(hub.watch(folder)) {}
  Awaitable<void> wait_until(Deadline deadline) override { co_await watch_->wait_until(deadline); }

 private:
  std::unique_ptr<exec::LogHub::Watch> watch_;
};

}  // namespace fairlead::cli
