// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "fairlead/exec/actions.hpp"

namespace fairlead::aws {
class Aws;
}
namespace fairlead::pipeline {
struct ServerConfig;
}

namespace fairlead::cli {

/// What `build-image` needs of AWS: a login for ECR, and the repository, which is created when it is not there. `Aws` outlives it.
exec::ImageParts image_parts(aws::Aws&, std::shared_ptr<const pipeline::ServerConfig>);

}  // namespace fairlead::cli
