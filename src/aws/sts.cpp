// SPDX-License-Identifier: Apache-2.0
#include "fairlead/aws/sts.hpp"

#include "fairlead/base/json.hpp"

namespace fairlead::aws::sts {

Awaitable<Identity> caller_identity(Aws& aws, Scope scope) {
  const auto answer = co_await aws.call(std::move(scope), "sts:GetCallerIdentity", Json::object());
  co_return Identity{text_at(answer, "Account"), text_at(answer, "Arn"), text_at(answer, "UserId")};
}

}  // namespace fairlead::aws::sts
