// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/triggers/scheduler.hpp"

namespace fairlead::triggers {

/// What the pipeline file on an app's branch asks for beyond pushes.
struct Declared {
  std::vector<Schedule> schedules;         ///< timing, inputs; the rest is filled in
  std::optional<std::string> http_secret;  ///< `on.http.secret`: name of the secret
};

/// Keeps schedules and http hooks in step with the pipeline file on each app's branch: reads it at the start and whenever the
/// branch has moved. What was declared last stays in force, also over restarts, while the file cannot be read.
/// io thread; `store` and `scheduler` outlive it.
class Declarations {
 public:
  struct Parts {
    asio::any_io_executor executor;
    store::Store* store = nullptr;
    Scheduler* scheduler = nullptr;
    /// The file at the tip of the app's branch; nullopt: there is none or it does not parse. Throws when Git cannot be reached.
    std::function<Awaitable<std::optional<Declared>>(std::string app)> read;
    Duration retry = std::chrono::minutes{1};
  };
  explicit Declarations(Parts);

  /// Its branch has moved: read again soon. Coalesced.
  void moved(const std::string& app);
  Awaitable<void> refresh(std::string app);
  /// The file was read by someone else, at the tip of the app's branch.
  Awaitable<void> apply(std::string app, Declared);
  /// Reads what has moved, until cancelled; failures are tried again later.
  Awaitable<void> run();

  /// Name of the secret that signs `POST /hooks/http/<app>`; nullopt: the app has no such hook.
  Awaitable<std::optional<std::string>> http_secret(std::string app);

 private:
  Parts parts_;
  Signal changed_;
  std::set<std::string> waiting_;
};

}  // namespace fairlead::triggers
