// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/git/types.hpp"
#include "fairlead/triggers/starter.hpp"

namespace fairlead::store {
class Store;
}

namespace fairlead::triggers {

/// Safety net for lost webhooks: compares what the remotes have with the refs that triggers told of, at the start and then in
/// intervals, and starts runs for what was missed. The first look at an app only takes note, so that adding an app does not
/// run all its branches. A webhook that comes after all is then ignored as already started. io thread; `store` outlives it.
class Poller {
 public:
  struct Parts {
    asio::any_io_executor executor;
    store::Store* store = nullptr;
    Clock clock = now;
    Starter starter;
    /// Usually Mirror::ls_remote of the app.
    std::function<Awaitable<git::RemoteRefs>(std::string app)> list_refs;
    std::function<void(const std::string& app)> branch_moved = {};
    Duration interval = std::chrono::minutes{5};  ///< between two looks at all apps; zero: only `poll` by hand
  };
  Poller(Parts, std::vector<std::string> apps);

  void set_apps(std::vector<std::string> apps);
  /// One look at one app; the number of runs started. Throws what list_refs threw.
  Awaitable<int> poll(std::string app);
  /// One look at each app, one after another; failures go to the log.
  Awaitable<void> poll_all();
  /// poll_all now and after every interval, until cancelled.
  Awaitable<void> run();

 private:
  Parts parts_;
  std::vector<std::string> apps_;
};

}  // namespace fairlead::triggers
