// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "fairlead/base/secret.hpp"
#include "fairlead/base/time.hpp"

namespace fairlead::aws {

struct Credentials {
  std::string access_key;
  Secret secret_key;
  Secret session_token;         ///< empty for long-lived keys
  std::optional<Time> expires;  ///< nullopt: never, or not known
  std::string source;           ///< for messages: "the environment variables", "role arn:… (assumed)"
};

}  // namespace fairlead::aws
