// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/plan.hpp"

#include <algorithm>

#include "deploy/ecs/rollout.hpp"

namespace fairlead::deploy::ecs {
namespace {

void check_waves(const Service& service, const Wishes& wishes, int desired, std::vector<Finding>& found) {
  const int low = wishes.min_percent.value_or(service.min_percent), high = wishes.max_percent.value_or(service.max_percent);
  const int most = desired * high / 100, fewest = (desired * low + 99) / 100;
  if (most - fewest >= 1) return;
  found.push_back({true,
                   "the deployment could never move: with " + std::to_string(desired) + " tasks, minimum " + std::to_string(low) +
                       " % and maximum " + std::to_string(high) + " % ECS may neither start nor stop one",
                   "set max-healthy to 200, or min-healthy lower"});
}

}  // namespace

std::vector<Finding> check_service(const Service& service, const Wishes& wishes, bool ours) {
  std::vector<Finding> found;
  if (service.status != "ACTIVE") {
    found.push_back({true, "service " + service.name + " is " + service.status, "create it again, or deploy to another"});
    return found;
  }
  if (service.controller != "ECS") {
    found.push_back({true, "service " + service.name + " is deployed by " + service.controller + ", not by ECS itself",
                     service.controller == "CODE_DEPLOY" ? "its deployments are CodeDeploy's; change deploymentController to ECS, "
                                                           "which needs a new service"
                                                         : "its task sets are somebody else's"});
  }
  if (wishes.strategy != "rolling")
    found.push_back({true, "strategy " + wishes.strategy + " is not built yet in this version", "leave it out: rolling is built"});
  const int desired = wishes.desired.value_or(service.desired);
  if (desired == 0) {
    found.push_back({true, "service " + service.name + " has desired count 0: a deploy would start nothing and prove nothing",
                     "set desired-count, or scale the service first"});
  } else {
    check_waves(service, wishes, desired, found);
  }
  const Deployment* primary = service.primary();
  if (primary != nullptr && primary->rollout == "IN_PROGRESS" && !ours) {
    const bool failing = primary->failed > 0 && primary->running < primary->desired;  // what this deploy may be the cure of
    found.push_back({!failing,
                     "somebody else's deployment " + primary->id + " of " + revision_of(primary->task_definition) + " is in progress (" +
                         std::to_string(primary->running) + " of " + std::to_string(primary->desired) + " tasks run)",
                     failing ? "it is failing, and is replaced" : "wait until it has ended, or stop it"});
  }
  return found;
}

std::string listed(const std::vector<Finding>& findings) {
  std::string text;
  int number = 0;
  for (const auto& finding : findings) {
    if (!text.empty()) text += "\n";
    text += std::to_string(++number) + ". " + (finding.fatal ? "" : "(warning) ") + finding.text;
    if (!finding.advice.empty()) text += " - " + finding.advice;
  }
  return text;
}

bool any_fatal(const std::vector<Finding>& findings) { return std::ranges::any_of(findings, &Finding::fatal); }

int waves_of(int desired, int wave) { return wave < 1 ? 0 : (desired + wave - 1) / wave; }

}  // namespace fairlead::deploy::ecs
