// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "fairlead/aws/aws.hpp"

namespace fairlead::aws::sts {

struct Identity {
  std::string account;  ///< "111122223333"
  std::string arn;      ///< "arn:aws:sts::111122223333:assumed-role/fairlead/fairlead"
  std::string user_id;
};

/// Who the calls of this scope are made as: also the check that its role can be assumed.
Awaitable<Identity> caller_identity(Aws&, Scope);

}  // namespace fairlead::aws::sts
