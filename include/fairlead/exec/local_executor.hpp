// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/ids.hpp"
#include "fairlead/base/json_fwd.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/engine/executor.hpp"

namespace fairlead {
class Pool;
}
namespace fairlead::pipeline {
struct Scope;
}

namespace fairlead::exec {

/// What the local executor works with. Referenced objects outlive it.
struct LocalParts {
  asio::any_io_executor executor;
  Pool* pool = nullptr;
  std::filesystem::path data;  ///< absolute: runs/, workspaces/, artifacts/, cache/, bin/ below it
  /// Writes the tree of a commit into a folder that is absent. Returns lines for the job's log: what it left out.
  std::function<Awaitable<std::vector<std::string>>(std::string app, Sha, std::filesystem::path folder)> checkout;
  /// pipeline::resolve, for cache keys that use hashFiles.
  std::function<Json(const Json& value, const pipeline::Scope&)> resolve;
  std::chrono::milliseconds cancel_grace = std::chrono::seconds(10);
  std::int64_t log_limit = std::int64_t{1} << 30;    ///< bytes a step
  std::int64_t cache_limit = std::int64_t{10} << 30; ///< bytes of all caches; the least recently used go first
  /// The workspace of a closed job is kept so long for looking into; zero removes it at once.
  std::chrono::seconds keep_workspaces = std::chrono::hours(24);
  std::string container_program;  ///< "podman", "docker" or a path; empty: the first of these that is there
};

/// Runs jobs on this machine, each under a supervisor that outlives the server; in a container when the job asks for one.
/// io thread. Files of a job: `runs/<run>/<job>/<step>/{log,log.idx,script,output,env,summary,exit.json}`, of its later attempts in
/// `runs/<run>/<job>@2/…`; `alive` (locked by the supervisor), `ctl.sock`, `job.json` and `closed.json` beside the steps.
class LocalExecutor : public engine::Executor {
 public:
  /// Puts the supervisor's program into `<data>/bin`. Throws Error(io).
  explicit LocalExecutor(LocalParts);
  ~LocalExecutor() override;

  Awaitable<std::unique_ptr<engine::JobHost>> open(engine::JobSpec) override;
  Awaitable<void> forget(engine::JobKey) override;

  struct Shared;

 private:
  std::shared_ptr<const Shared> shared_;
};

/// `<data>/runs/<run>/<folder of the job>`, of the second attempt `…@2` and so on; `folder` is PlanJob::folder, or empty to derive it from
/// the key.
std::filesystem::path job_folder(const std::filesystem::path& data, const engine::JobKey&, const std::string& folder);

}  // namespace fairlead::exec
