// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbox/context.hpp"

/// Application Auto Scaling: targets are kept.
namespace fairlead::sandbox {

namespace {

std::string target_slot(const Json& params) {
  return text_at(params, "ServiceNamespace") + " " + text_at(params, "ResourceId") + " " + text_at(params, "ScalableDimension");
}

Json register_target(Context& c, const Json& params) {
  auto& all = c.region.things["scalable-target"];
  Json& kept = all[target_slot(params)];
  if (!kept.is_object())
    kept = {{"CreationTime", epoch(c.now())},
            {"RoleARN",
             "arn:aws:iam::" + c.region.account +
                 ":role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"}};
  kept.update(params);
  c.key = target_slot(params), c.effect = dump(params);
  return {{"ScalableTargetARN", c.arn("application-autoscaling", "scalable-target/" + c.world.hex_id(26))}};
}

Json describe_targets(Context& c, const Json& params) {
  const auto ids = texts_of(params, "ResourceIds");
  Json all = Json::array();
  for (const auto& [_, one] : c.region.things["scalable-target"])
    if (text_at(one, "ServiceNamespace") == text_at(params, "ServiceNamespace") &&
        (ids.empty() || std::ranges::find(ids, text_at(one, "ResourceId")) != ids.end()))
      all.push_back(one);
  return {{"ScalableTargets", all}};
}

}  // namespace

void add_scalable_targets(Table& table) {
  table["application-autoscaling.RegisterScalableTarget"] = {register_target, true, {}};
  table["application-autoscaling.DescribeScalableTargets"] = {describe_targets, false, {}};
}

}  // namespace fairlead::sandbox
