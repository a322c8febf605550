// SPDX-License-Identifier: Apache-2.0
#include "aws/limits.hpp"

#include <algorithm>
#include <array>

namespace fairlead::aws {
namespace {

struct Documented {
  std::string_view family;
  Limit limit;
};

// Per account and region. ECS: "Request throttling for the Amazon ECS API"; ELBv2: its API throttling page; EC2: the bucket of
// non-mutating actions; CloudWatch Logs: its quotas. Everything else starts from the default and adapts.
constexpr std::array documented{
    Documented{"ec2/", {50, 10}},
    Documented{"ecs/clusters-read", {50, 20}},
    Documented{"ecs/deployments-read", {50, 20}},
    Documented{"ecs/services-read", {100, 20}},
    Documented{"ecs/services-write", {50, 5}},
    Documented{"ecs/task-definitions-read", {50, 20}},
    Documented{"ecs/task-definitions-write", {20, 1}},
    Documented{"ecs/tasks-read", {100, 20}},
    Documented{"ecs/tasks-run", {100, 40}},
    Documented{"elasticloadbalancing/modify", {20, 3}},
    Documented{"elasticloadbalancing/read", {40, 10}},
    Documented{"elasticloadbalancing/targets", {20, 4}},
    Documented{"logs/describe", {10, 10}},
    Documented{"logs/filter", {5, 5}},
    Documented{"logs/get", {10, 10}},
    Documented{"s3/", {500, 500}},
    Documented{"ssm/parameters", {40, 40}},
};

// Our clock and AWS's do not tick together, and a burst that left evenly may arrive bunched.
constexpr double margin = 0.95;

}  // namespace

std::string family_of(const Operation& operation) { return std::string(operation.service) + "/" + std::string(operation.family); }

Limit limit_of(const std::string& family) {
  const auto at = std::ranges::find(documented, family, &Documented::family);
  const Limit limit = at == documented.end() ? Limit{} : at->limit;
  return {std::max(1.0, limit.burst * margin), limit.rate * margin};
}

}  // namespace fairlead::aws
