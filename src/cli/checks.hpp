// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "fairlead/base/async.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/engine/world.hpp"
#include "fairlead/net/client.hpp"

namespace fairlead::cli {

/// Asks one entry of `checks:` ({"kind": "http", "with": {url, expect}}). A question that cannot be asked is an answer: not ok,
/// with the reason. io thread.
Awaitable<engine::CheckFact> ask_check(net::HttpClient&, Clock, std::string check_json);

}  // namespace fairlead::cli
