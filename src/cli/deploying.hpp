// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "fairlead/aws/scope.hpp"
#include "fairlead/base/async.hpp"
#include "fairlead/deploy/actions.hpp"

namespace fairlead::aws {
class Aws;
}
namespace fairlead::engine {
class Engine;
}
namespace fairlead::net {
class HttpClient;
}
namespace fairlead::pipeline {
struct ServerConfig;
}
namespace fairlead::store {
class Store;
}

namespace fairlead::cli {

/// What the deploy actions need of the rest of the server. `engine` may still be empty when this is called.
struct DeployWorld {
  asio::any_io_executor executor;
  aws::Aws* aws = nullptr;
  store::Store* store = nullptr;
  std::shared_ptr<const pipeline::ServerConfig> config;
  std::unique_ptr<engine::Engine>* engine = nullptr;
  net::HttpClient* http = nullptr;
};
deploy::Parts deploy_parts(const DeployWorld&);

/// The environment's `aws:` block; nullopt when it has none, or there is no such environment.
std::optional<aws::Scope> environment_scope(const pipeline::ServerConfig&, const std::string& environment);

/// A definition file (YAML or JSON) as JSON, expressions evaluated. Throws Error(invalid) with every problem's place.
Json read_definition(const std::string& text, const std::string& filename, const Json& contexts);

}  // namespace fairlead::cli
