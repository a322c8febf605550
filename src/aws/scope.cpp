// SPDX-License-Identifier: Apache-2.0
#include "fairlead/aws/scope.hpp"

#include "fairlead/base/strings.hpp"

namespace fairlead::aws {

std::string account_in(const std::string& arn) {
  const auto parts = split(arn, ':');
  return parts.size() >= 6 && parts[0] == "arn" ? parts[4] : std::string();
}

}  // namespace fairlead::aws
