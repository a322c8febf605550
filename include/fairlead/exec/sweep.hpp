// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>

#include "fairlead/base/async.hpp"
#include "fairlead/base/time.hpp"

namespace fairlead {
class Pool;
}

namespace fairlead::exec {

/// How long what is kept (`retention:` of fairlead.yml); zero: for ever.
struct SweepRules {
  std::chrono::seconds workspaces = std::chrono::hours(24);
  std::chrono::seconds logs = std::chrono::hours(24 * 90);
  std::chrono::seconds artifacts = std::chrono::hours(24 * 30);
  std::chrono::seconds caches = std::chrono::hours(24 * 30);  ///< since they were last used
  /// Logs of jobs that ended so long ago are compressed.
  std::chrono::seconds plain_logs = std::chrono::minutes(10);
};

struct Swept {
  std::size_t workspaces = 0, logs_removed = 0, logs_compressed = 0, artifacts = 0, caches = 0;
};

/// Tidies the data folder: only what belongs to jobs that are closed is touched. One job's trouble does not keep the others from
/// being tidied (it is logged). Blocks, may take long: pool thread, one at a time.
Swept sweep(const std::filesystem::path& data, const SweepRules&, Time now);

/// The same every ten minutes, on the pool, until it is cancelled.
Awaitable<void> sweep_regularly(Pool&, std::filesystem::path data, SweepRules);

}  // namespace fairlead::exec
