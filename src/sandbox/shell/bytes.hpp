// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

#include "fairlead/base/files.hpp"
#include "fairlead/net/http.hpp"
#include "fairlead/sandbox/world.hpp"

namespace fairlead::sandbox::shell {

/// S3 by paths ("/bucket/key"), for requests whose credential scope is s3; nothing for all others.
std::optional<net::Response> answer_s3(World&, Time now, net::Request&);

/// The image registry (OCI distribution, /v2/): blobs in a temporary folder, manifests as images of ECR's repositories. A push makes
/// the repository, in the default account and region, when no region has one of that name.
class Registry {
 public:
  std::optional<net::Response> answer(World&, Time now, net::Request&);

 private:
  net::Response blob(net::Request&, const std::string& reference);
  net::Response upload(net::Request&, const std::string& name, const std::string& id);
  net::Response manifest(World&, Time now, net::Request&, const std::string& name, const std::string& reference);
  TempFolder folder_{"fairlead-registry-"};
  std::uint64_t uploads_ = 0;
};

}  // namespace fairlead::sandbox::shell
