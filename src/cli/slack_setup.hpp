// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/json_fwd.hpp"

namespace fairlead::net {
class HttpClient;
}
namespace fairlead::pipeline {
struct ServerConfig;
}

namespace fairlead::cli {

class Secrets;

/// `fairlead slack check`, where the secrets are: [{"state": "good" | "warning" | "bad", "what", "hint"}]. Posts nothing. `problems`: what
/// the running transport knows of.
Awaitable<Json> check_slack(net::HttpClient&, Secrets&, std::shared_ptr<const pipeline::ServerConfig>, std::vector<std::string> problems);

}  // namespace fairlead::cli
