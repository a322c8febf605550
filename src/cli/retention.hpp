// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/pool.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::cli {

/// When a run was created, from its id (UUIDv7); nullopt when it is none.
std::optional<Time> time_of_run(const std::string& id);

/// Folders below `root` that are named by runs older than `keep`, without those of `unfinished` runs. Blocks.
std::vector<std::filesystem::path> expired_runs(const std::filesystem::path& root, Duration keep, Time now,
                                                const std::set<std::string>& unfinished);

/// What the store need not know any more: deliveries after 30 days, the digests of their bodies after 90, so that what is sent again until
/// then is still a duplicate; idempotency keys after 7.
Awaitable<void> forget_expired(store::Store&, Time now);

/// Removes logs and artifacts that are older than `retention:` allows; once at the start and then every hour, until cancelled.
Awaitable<void> keep_retention(store::Store&, Pool&, std::filesystem::path data, pipeline::RetentionConfig);

}  // namespace fairlead::cli
