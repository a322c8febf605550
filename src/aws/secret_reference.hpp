// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace fairlead::aws {

/// A secret as ECS task definitions name it: ARN or name, then ":json-key:version-stage:version-id", each of which may be missing or empty.
struct SecretReference {
  std::string id;
  std::string json_key;
  std::string stage;
  std::string version;
};
SecretReference parse_secret_reference(const std::string& text);

}  // namespace fairlead::aws
