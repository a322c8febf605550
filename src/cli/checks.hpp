// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "fairlead/base/async.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/engine/world.hpp"
#include "fairlead/net/client.hpp"

namespace fairlead::aws {
class Aws;
}
namespace fairlead::pipeline {
struct ServerConfig;
}

namespace fairlead::cli {

/// What checks are asked with.
struct CheckWorld {
  net::HttpClient& http;
  aws::Aws& aws;
  std::shared_ptr<const pipeline::ServerConfig> config;
  Clock clock;
};

/// Asks one entry of `checks:` ({"kind": "http", "with": {url, expect}} or {"kind": "alarm", "with": {names, state}}, and the stage's
/// "environment", in whose account the alarms are). A question that cannot be asked is an answer: not ok,
/// with the reason. io thread.
Awaitable<engine::CheckFact> ask_check(CheckWorld, std::string check_json);

}  // namespace fairlead::cli
