// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "deploy/ecs/definitions.hpp"
#include "deploy/ecs/plan.hpp"
#include "deploy/ecs/poller.hpp"
#include "deploy/ecs/rollout.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::deploy::ecs {

/// What the step's `with` asks for.
struct Inputs {
  std::string cluster, service;
  std::string file;  ///< of the task definition; empty: the service's present one
  Json given;        ///< what is in the file; read by whoever knows where it is
  std::map<std::string, std::string> images;
  Json recorded;  ///< of a rollback: what is deployed instead of file and images; else null
  Settings settings;
  Wishes wishes;
};
/// `recorded`: of a rollback, else null. It names the service, too. Throws Error(invalid).
Inputs inputs_from(Json with, const Json& recorded = nullptr);

/// What is decided before anything is changed; remembered, so that a restarted server goes on with the same.
struct DeployPlan {
  std::string service_arn;
  Baseline baseline;
  Json definition;            ///< to register; what runs already when `baseline.reuse`
  Json configuration;         ///< the service's deploymentConfiguration before
  std::vector<std::string> lines;  ///< for the log
  std::vector<Finding> findings;
  std::vector<std::string> changes;  ///< of the definition, one line each
  Duration estimate{};               ///< until it serves, if nothing is unusual
};
Json to_json(const DeployPlan&);
DeployPlan plan_from(const Json&);

/// Reads what there is and decides; changes nothing. In a rollback the step's record says what is deployed, whatever the files, the
/// images and the service's present definition are by now. Throws Error(not_found) for a service that is not there.
Awaitable<DeployPlan> make_plan(const Parts&, Poller&, aws::Scope, const Inputs&);

/// What UpdateService is sent: never forceNewDeployment, desiredCount only when asked for.
Json update_request(const Inputs&, const DeployPlan&, const std::string& task_definition);
/// The way back to the baseline, with everything that update_request changed.
Json restore_request(const Inputs&, const DeployPlan&);

}  // namespace fairlead::deploy::ecs
