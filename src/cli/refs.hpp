// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "cli/source.hpp"
#include "fairlead/base/json_fwd.hpp"

namespace fairlead::cli {

/// {"branches", "tags"} of an app, each [{name, sha, subject, at}], newest first, from memory. What is older than 15 s is read
/// again from the mirror, older than a minute asked of the remote, both behind the answer: only the first question of an app waits,
/// for the disk. `source` outlives what it returns.
std::function<Awaitable<Json>(std::string app)> known_refs(asio::any_io_executor, GitSource& source);

}  // namespace fairlead::cli
