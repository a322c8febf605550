// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "fairlead/pipeline/value.hpp"

namespace fairlead::pipeline {

/// "stages[1].jobs" + "api" is "stages[1].jobs.api"; a key that would be read as more than one is quoted.
std::string child_path(const std::string& parent, std::string_view key);
std::string child_path(const std::string& parent, std::size_t index);

/// "a map", "a list", "text", "a number", "true or false", "nothing".
std::string_view describe(const Value&);

bool is_one_of(std::string_view, const std::vector<std::string>&);

}  // namespace fairlead::pipeline
