// SPDX-License-Identifier: Apache-2.0
#include "fairlead/aws/elb.hpp"

#include "fairlead/base/json.hpp"

namespace fairlead::aws::elb {

Awaitable<std::vector<TargetHealth>> target_health(Aws& aws, Scope scope, std::string target_group_arn) {
  Json params{{"TargetGroupArn", target_group_arn}};
  const auto answer = co_await aws.call(std::move(scope), "elasticloadbalancing:DescribeTargetHealth", std::move(params));
  std::vector<TargetHealth> out;
  for (const auto& one : member(answer, "TargetHealthDescriptions")) {
    const auto& target = member(one, "Target");
    const auto& health = member(one, "TargetHealth");
    out.push_back({.id = text_at(target, "Id"),
                   .port = static_cast<int>(number_at(target, "Port")),
                   .zone = text_at(target, "AvailabilityZone"),
                   .state = text_at(health, "State"),
                   .reason = text_at(health, "Reason"),
                   .description = text_at(health, "Description")});
  }
  co_return out;
}

}  // namespace fairlead::aws::elb
