// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "fairlead/aws/aws.hpp"
#include "fairlead/base/secret.hpp"

/// Values that may be shown to nobody. AwsError(not_found) names the parameter or secret.
namespace fairlead::aws {

/// SSM parameter, decrypted: "/shop/db-password".
Awaitable<Secret> ssm_parameter(Aws&, Scope, std::string name);
/// Secrets Manager: an ARN or name, with the suffixes that ECS takes, ":json-key:version-stage:version-id".
Awaitable<Secret> secret_value(Aws&, Scope, std::string reference);

}  // namespace fairlead::aws
