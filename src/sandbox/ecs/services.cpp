// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "sandbox/ecs/ecs.hpp"
#include "sandbox/elb/elb.hpp"

namespace fairlead::sandbox::ecs {

namespace {

[[noreturn]] void refuse(const std::string& message) { throw Refusal{"InvalidParameterException", message}; }

bool has_port(const Json& definition, const std::string& container, std::int64_t port) {
  for (const auto& one : member(definition, "containerDefinitions")) {
    if (text_at(one, "name") != container) continue;
    for (const auto& mapping : member(one, "portMappings"))
      if (number_of(mapping, "containerPort") == port) return true;
    refuse("The container " + container + " did not have a container port " + std::to_string(port) + " defined.");
  }
  refuse("The container " + container + " does not exist in the task definition.");
}

void check_balancers(Context& c, const Json& fields, const Json& definition) {
  for (const auto& one : member(fields, "loadBalancers")) {
    const auto group = text_at(one, "targetGroupArn");
    if (group.empty()) refuse("The sandbox has no Classic Load Balancer: name a targetGroupArn.");
    if (!c.region.groups.contains(group))
      refuse(
          "Unable to assume role and validate the specified targetGroupArn. Please verify that the ECS service role being passed has the "
          "proper permissions. The target group " +
          group + " does not exist.");
    if (!elb::in_use(c, group)) refuse("The target group with targetGroupArn " + group + " does not have an associated load balancer.");
    has_port(definition, text_at(one, "containerName"), number_of(one, "containerPort"));
  }
}

Json default_fields(Context& c, const Json& params, const std::string& name, const std::string& arn, const std::string& cluster) {
  Json fields{{"serviceArn", arn},
              {"serviceName", name},
              {"clusterArn", cluster},
              {"loadBalancers", Json::array()},
              {"serviceRegistries", Json::array()},
              {"placementConstraints", Json::array()},
              {"placementStrategy", Json::array()},
              {"schedulingStrategy", "REPLICA"},
              {"deploymentController", {{"type", "ECS"}}},
              {"enableECSManagedTags", false},
              {"propagateTags", "NONE"},
              {"enableExecuteCommand", false},
              {"availabilityZoneRebalancing", "DISABLED"},
              {"createdAt", epoch(c.now())},
              {"createdBy", "arn:aws:iam::" + c.region.account + ":user/sandbox"},
              {"roleArn", "arn:aws:iam::" + c.region.account + ":role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"}};
  for (const auto& [key, value] : params.items()) {
    if (key == "cluster" || key == "tags" || key == "clientToken" || key == "desiredCount" || key == "role" || value.is_null()) continue;
    fields[key] = value;
  }
  fields["deploymentConfiguration"] = merged_configuration({}, member(params, "deploymentConfiguration"));
  if (!fields.contains("launchType") && !fields.contains("capacityProviderStrategy")) fields["launchType"] = "EC2";
  if (text_at(fields, "launchType") == "FARGATE" || fields.contains("capacityProviderStrategy")) {
    if (!fields.contains("platformVersion")) fields["platformVersion"] = "LATEST";
    fields["platformFamily"] = "Linux";
  }
  return fields;
}

Json create(Context& c, const Json& params) {
  const auto cluster = cluster_arn(c, params);
  const auto name = text_at(params, "serviceName");
  if (name.empty()) refuse("Service name should not be null or empty.");
  c.key = text_at(params, "clientToken", name);
  if (Service* same = find_service(c, cluster, name); same != nullptr && same->active) {
    if (!same->token.empty() && same->token == text_at(params, "clientToken")) return {{"service", service_view(c, *same)}};
    refuse("Creation of service was not idempotent.");
  }
  const auto arn = c.arn("ecs", "service/" + last_part(cluster) + "/" + name);
  Json fields = default_fields(c, params, name, arn, cluster);
  const bool sets = text_at(fields["deploymentController"], "type") == "EXTERNAL";
  if (!sets) fields["taskDefinition"] = text_at(usable_task_definition(c, text_at(params, "taskDefinition")), "taskDefinitionArn");
  check_service(c, fields);
  Service& service = c.region.services[arn];
  service = Service{};
  service.arn = arn, service.name = name, service.cluster = cluster;
  service.fields = std::move(fields);
  service.desired = static_cast<int>(number_of(params, "desiredCount", 0));
  service.token = text_at(params, "clientToken");
  if (params.contains("tags")) c.region.tags[arn] = params["tags"];
  if (controller_of(service) == "ECS") begin_deployment(c, service, {});
  c.effect = arn;
  return {{"service", service_view(c, service)}};
}

Json remove(Context& c, const Json& params) {
  Service& service = active_service(c, params);
  if (service.desired > 0 && !flag_of(params, "force")) refuse("The service cannot be stopped while it is scaled above 0.");
  service.active = false;
  service.draining = true;
  service.desired = 0;
  for (const auto& arn : service.tasks) {
    Task& task = c.region.tasks.at(arn);
    if (task.wanted())
      stop_task(c, task, "ServiceSchedulerInitiated", "Scaling activity initiated by (deployment " + task.deployment + ")");
  }
  if (auto* current = service_deployment_of(c, service); current != nullptr && !is_over(*current)) set_status(c, *current, "STOPPED");
  wake(c, service);
  c.key = service.arn, c.effect = "deleted";
  return {{"service", service_view(c, service)}};
}

Json describe(Context& c, const Json& params) {
  const auto cluster = cluster_arn(c, params);
  const auto names = texts_of(params, "services");
  if (names.empty()) refuse("Services cannot be empty.");
  if (names.size() > 10) refuse("Cannot describe more than 10 services at once.");
  Json out{{"services", Json::array()}, {"failures", Json::array()}};
  for (const auto& name : names) {
    Service* service = find_service(c, cluster, name);
    if (service == nullptr) {
      const auto arn = name.starts_with("arn:") ? name : c.arn("ecs", "service/" + last_part(cluster) + "/" + name);
      out["failures"].push_back({{"arn", arn}, {"reason", "MISSING"}});
      continue;
    }
    Json view = service_view(c, *service);
    if (wants_tags(params)) view["tags"] = tags_of(c, service->arn);
    out["services"].push_back(view);
  }
  return out;
}

Json list(Context& c, const Json& params) {
  const auto cluster = cluster_arn(c, params);
  Json arns = Json::array();
  for (const auto& [arn, service] : c.region.services)
    if (service.active && service.cluster == cluster) arns.push_back(arn);
  return page(arns, params, "serviceArns", params.contains("maxResults") ? 100 : 10);
}

}  // namespace

Service* find_service(Context& c, const std::string& cluster, const std::string& name) {
  const auto found = c.region.services.find(c.arn("ecs", "service/" + last_part(cluster) + "/" + last_part(name)));
  return found == c.region.services.end() ? nullptr : &found->second;
}

Service& active_service(Context& c, const Json& params) {
  const auto cluster = cluster_arn(c, params);
  Service* service = find_service(c, cluster, text_at(params, "service"));
  if (service == nullptr) throw Refusal{"ServiceNotFoundException", "Service not found."};
  if (!service->active) throw Refusal{"ServiceNotActiveException", "Service was not ACTIVE."};
  return *service;
}

std::string controller_of(const Service& service) { return text_at(member(service.fields, "deploymentController"), "type", "ECS"); }

void check_service(Context& c, const Json& fields) {
  const Json& rolling = member(fields, "deploymentConfiguration");
  if (text_at(rolling, "strategy", "ROLLING") != "ROLLING")
    refuse("The sandbox has the deployment strategy ROLLING only, not " + text_at(rolling, "strategy") + ".");
  if (text_at(fields, "schedulingStrategy") == "DAEMON") refuse("The sandbox has the scheduling strategy REPLICA only, not DAEMON.");
  const bool breaker = flag_at(member(rolling, "deploymentCircuitBreaker"), "enable");
  if (breaker && text_at(member(fields, "deploymentController"), "type") != "ECS")
    refuse("DeploymentCircuitBreaker feature can only be enabled with the ECS deployment controller.");
  if (number_of(rolling, "maximumPercent") <= 100 && number_of(rolling, "minimumHealthyPercent") >= 100)
    refuse("Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.");
  if (text_at(member(fields, "deploymentController"), "type") == "EXTERNAL") return;
  Json* definition = find_task_definition(c, text_at(fields, "taskDefinition"));
  const bool vpc = text_at(*definition, "networkMode") == "awsvpc";
  if (vpc && !fields.contains("networkConfiguration"))
    refuse("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  check_balancers(c, fields, *definition);
}

Json merged_configuration(const Json& old, const Json& given) {
  Json out{{"maximumPercent", 200},
           {"minimumHealthyPercent", 100},
           {"deploymentCircuitBreaker", {{"enable", false}, {"rollback", false}}},
           {"strategy", "ROLLING"},
           {"bakeTimeInMinutes", 0}};
  if (old.is_object()) out.update(old);
  if (given.is_object()) out.update(given);
  return out;
}

void add_services(Table& table) {
  table["ecs.CreateService"] = {create, true, "ecs.service-write"};
  table["ecs.DeleteService"] = {remove, true, "ecs.service-write"};
  table["ecs.DescribeServices"] = {describe, false, "ecs.service-read"};
  table["ecs.ListServices"] = {list, false, "ecs.service-read"};
}

}  // namespace fairlead::sandbox::ecs
