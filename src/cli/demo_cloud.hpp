// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fairlead::cli {

/// What makes AWS SDKs, and a server, speak to a sandbox.
std::map<std::string, std::string> sandbox_environment(const std::string& endpoint);

/// One service of the demo as somebody would have made it in the console: behind a load balancer, its first version running.
struct DemoService {
  std::string name;          ///< "shop-production"
  std::string image;         ///< of the first version
  int tasks = 1;
  std::uint16_t port = 0;    ///< of the load balancer
  std::map<std::string, std::string> environment;
};

/// Makes the cluster "demo" with the services on the sandbox at `endpoint`, and waits until they serve. Blocking. Throws Error with AWS's
/// words.
void make_demo_services(const std::string& endpoint, const std::vector<DemoService>&);

}  // namespace fairlead::cli
