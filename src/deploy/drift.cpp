// SPDX-License-Identifier: Apache-2.0
#include "fairlead/deploy/drift.hpp"

#include "deploy/ec2/fleet_now.hpp"
#include "deploy/ec2/record.hpp"
#include "deploy/ec2/refresh_plan.hpp"
#include "deploy/ecs/observation.hpp"
#include "fairlead/aws/ecs.hpp"

namespace fairlead::deploy {

Awaitable<Json> drift_of(Parts parts, std::string environment, Json record) {
  if (ec2::is_refresh(record)) {
    const auto scope = parts.scope(environment);
    if (!scope) co_return nullptr;
    co_return co_await ec2::group_now(std::move(parts), *scope, std::move(record));
  }
  if (ec2::is_release(record)) co_return co_await ec2::fleet_now(std::move(parts), std::move(environment), std::move(record));
  const std::string cluster = text_at(record, "cluster"), service = text_at(record, "service");
  const std::string deployed = text_at(record, "task_definition");
  const auto scope = parts.scope(environment);
  if (text_at(record, "kind") != "ecs-deploy" || service.empty() || deployed.empty() || !scope) co_return nullptr;
  const auto described = co_await aws::ecs::describe_services(*parts.aws, *scope, cluster, {service});
  const std::string name = "service " + cluster + "/" + service;
  if (described.found.empty()) {
    co_return Json{{"drifted", true}, {"text", name + " is not there any more"}, {"running", nullptr}, {"deployed", deployed}};
  }
  const ecs::Service seen = ecs::service_from(described.found.front());
  const ecs::Deployment* primary = seen.primary();
  const std::string running = primary == nullptr ? seen.task_definition : primary->task_definition;
  const bool drifted = running != deployed;
  co_return Json{
      {"drifted", drifted},
      {"text", drifted ? name + " runs " + ecs::revision_of(running) + ", and fairlead deployed " + ecs::revision_of(deployed) : ""},
      {"running", running},
      {"deployed", deployed}};
}

}  // namespace fairlead::deploy
