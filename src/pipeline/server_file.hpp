// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "fairlead/pipeline/server_config.hpp"
#include "fairlead/pipeline/value.hpp"

namespace fairlead::pipeline {

SecretRef secret_of(const Value*);
/// What is wrong with the text of a secret; empty when nothing is.
std::string secret_problem(const std::string& text);

ServerConfig decode_server(const Value& root, const std::string& filename);
/// What the shapes cannot say: that names exist, and what belongs together.
void check_server(const Value& root, const ServerConfig&, Problems&);

}  // namespace fairlead::pipeline
