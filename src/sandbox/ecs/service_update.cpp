// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbox/ecs/ecs.hpp"

namespace fairlead::sandbox::ecs {

namespace {

/// Members that take effect without a deployment.
constexpr std::string_view quiet[]{"healthCheckGracePeriodSeconds", "enableExecuteCommand", "enableECSManagedTags",       "propagateTags",
                                   "placementConstraints",          "placementStrategy",    "availabilityZoneRebalancing"};

[[noreturn]] void refuse(const std::string& message) { throw Refusal{"InvalidParameterException", message}; }

void check_controller(const Service& service, const Json& params) {
  const auto controller = controller_of(service);
  if (controller == "CODE_DEPLOY" && params.contains("taskDefinition"))
    refuse(
        "Unable to update task definition on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new "
        "deployment.");
  if (controller == "EXTERNAL" && params.contains("taskDefinition"))
    refuse(
        "Unable to update task definition on services with an EXTERNAL deployment controller. Use CreateTaskSet to trigger a new "
        "deployment.");
  if (controller != "ECS" && flag_of(params, "forceNewDeployment"))
    refuse("Cannot force a new deployment on services with a " + controller +
           " deployment controller. Use AWS CodeDeploy to trigger a new deployment.");
}

Json changed_fields(Context& c, const Service& service, const Json& params) {
  Json fields = service.fields;
  for (const auto& name : revision_parts())
    if (!member(params, name).is_null()) fields[name] = params[name];
  for (const auto key : quiet)
    if (const std::string name(key); !member(params, name).is_null()) fields[name] = params[name];
  if (params.contains("taskDefinition"))
    fields["taskDefinition"] = text_at(usable_task_definition(c, text_at(params, "taskDefinition")), "taskDefinitionArn");
  fields["deploymentConfiguration"] =
      merged_configuration(service.fields["deploymentConfiguration"], member(params, "deploymentConfiguration"));
  return fields;
}

Json update(Context& c, const Json& params) {
  Service& service = active_service(c, params);
  check_controller(service, params);
  Json fields = changed_fields(c, service, params);
  check_service(c, fields);
  const bool changed = revision_fields(fields) != revision_fields(service.fields);
  const bool force = flag_of(params, "forceNewDeployment");
  service.fields = std::move(fields);
  const int desired = static_cast<int>(number_of(params, "desiredCount", service.desired));
  const bool scaled = desired != service.desired;
  service.desired = desired;
  c.key = service.arn;
  if (controller_of(service) == "ECS" && (changed || force)) {
    begin_deployment(c, service, {});
    c.effect = service.deployments.front().id + " " + text_at(service.fields, "taskDefinition");
  } else if (scaled || params.contains("deploymentConfiguration")) {
    c.effect = scaled ? "desired " + std::to_string(desired) : "settings";
  }
  if (scaled) service.steady = false;
  wake(c, service);
  return {{"service", service_view(c, service)}};
}

}  // namespace

void add_service_update(Table& table) { table["ecs.UpdateService"] = {update, true, "ecs.service-write"}; }

}  // namespace fairlead::sandbox::ecs
