// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "fairlead/aws/aws.hpp"

namespace fairlead::cli {

/// What each of AWS's rate limits has seen, for `/metrics`; empty before the first call.
std::string aws_metrics(const std::vector<aws::Usage>&);

}  // namespace fairlead::cli
