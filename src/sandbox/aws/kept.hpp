// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "sandbox/context.hpp"

/// Parameters and secrets, which only have to be kept.
namespace fairlead::sandbox::kept {

/// Of a parameter name, a parameter ARN, or a secret ARN with an optional ":json-key:stage:version".
std::optional<std::string> secret_value(Context&, const std::string& from);
std::map<std::string, Json>& parameters(Context&);
std::map<std::string, Json>& secrets(Context&);
void add_parameters(Table&);
void add_secrets(Table&);

}  // namespace fairlead::sandbox::kept
