// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_cloud.hpp"

#include <boost/asio/io_context.hpp>

#include "fairlead/aws/aws.hpp"
#include "fairlead/base/async.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::cli {

namespace {

constexpr const char* cluster = "demo";

/// A load balancer on the wanted port with an empty target group; the group's ARN.
Awaitable<std::string> make_balancer(aws::Aws& aws, const DemoService& service) {
  const aws::Scope scope;
  const Json group = co_await aws.call(scope, "elasticloadbalancing:CreateTargetGroup",
                                       {{"Name", service.name},
                                        {"Protocol", "HTTP"},
                                        {"Port", 80},
                                        {"VpcId", "vpc-1"},
                                        {"TargetType", "ip"},
                                        {"HealthCheckPath", "/healthz"},
                                        {"HealthCheckIntervalSeconds", 5},
                                        {"HealthyThresholdCount", 2}});
  const std::string arn = group.at("TargetGroups").at(0).at("TargetGroupArn");
  co_await aws.call(scope, "elasticloadbalancing:ModifyTargetGroupAttributes",
                    {{"TargetGroupArn", arn}, {"Attributes", {{{"Key", "deregistration_delay.timeout_seconds"}, {"Value", "20"}}}}});
  const Json balancer =
      co_await aws.call(scope, "elasticloadbalancing:CreateLoadBalancer", {{"Name", service.name}, {"Subnets", {"subnet-1", "subnet-2"}}});
  co_await aws.call(scope, "elasticloadbalancing:CreateListener",
                    {{"LoadBalancerArn", balancer.at("LoadBalancers").at(0).at("LoadBalancerArn")},
                     {"Protocol", "HTTP"},
                     {"Port", service.port},
                     {"DefaultActions", {{{"Type", "forward"}, {"TargetGroupArn", arn}}}}});
  co_return arn;
}

Json task_definition(const DemoService& service) {
  Json environment = Json::array();
  for (const auto& [name, value] : service.environment) environment.push_back({{"name", name}, {"value", value}});
  const Json log{{"logDriver", "awslogs"},
                 {"options",
                  {{"awslogs-group", "/demo/" + service.name},
                   {"awslogs-region", "us-east-1"},
                   {"awslogs-stream-prefix", "app"},
                   {"awslogs-create-group", "true"}}}};
  return {{"family", service.name},
          {"networkMode", "awsvpc"},
          {"requiresCompatibilities", {"FARGATE"}},
          {"cpu", "256"},
          {"memory", "512"},
          {"executionRoleArn", "arn:aws:iam::123456789012:role/demo"},
          {"containerDefinitions",
           {{{"name", "app"},
             {"image", service.image},
             {"essential", true},
             {"environment", environment},
             {"portMappings", {{{"containerPort", 80}}}},
             {"logConfiguration", log}}}}};
}

Awaitable<void> make_service(aws::Aws& aws, DemoService service) {
  const aws::Scope scope;
  const auto group = co_await make_balancer(aws, service);
  const Json definition = co_await aws.call(scope, "ecs:RegisterTaskDefinition", task_definition(service));
  const Json balancer{{"targetGroupArn", group}, {"containerName", "app"}, {"containerPort", 80}};
  co_await aws.call(scope, "ecs:CreateService",
                    {{"cluster", cluster},
                     {"serviceName", service.name},
                     {"taskDefinition", definition.at("taskDefinition").at("taskDefinitionArn")},
                     {"desiredCount", service.tasks},
                     {"launchType", "FARGATE"},
                     {"networkConfiguration", {{"awsvpcConfiguration", {{"subnets", {"subnet-1", "subnet-2"}}}}}},
                     {"loadBalancers", {balancer}}});
}

Awaitable<bool> is_up(aws::Aws& aws, std::string service) {
  const Json answer = co_await aws.call({}, "ecs:DescribeServices", {{"cluster", cluster}, {"services", {service}}});
  const Json& deployments = answer.at("services").at(0).at("deployments");
  co_return deployments.size() == 1 && text_at(deployments.at(0), "rolloutState") == "COMPLETED";
}

Awaitable<void> make_all(aws::Aws& aws, std::vector<DemoService> services) {
  co_await aws.call({}, "ecs:CreateCluster", {{"clusterName", cluster}});
  for (const auto& service : services) co_await make_service(aws, service);
  for (const auto& service : services) {
    const auto patience = deadline_in(std::chrono::minutes(2));
    while (!co_await is_up(aws, service.name)) {
      if (std::chrono::steady_clock::now() > patience)
        throw Error(ErrorKind::timeout, service.name + " did not come up within two minutes");
      co_await sleep_for(std::chrono::milliseconds(200));
    }
  }
}

}  // namespace

std::map<std::string, std::string> sandbox_environment(const std::string& endpoint) {
  return {{"AWS_ENDPOINT_URL", endpoint},
          {"AWS_ACCESS_KEY_ID", "123456789012"},
          {"AWS_SECRET_ACCESS_KEY", "sandbox"},
          {"AWS_REGION", "us-east-1"},
          {"AWS_EC2_METADATA_DISABLED", "true"}};
}

void make_demo_services(const std::string& endpoint, const std::vector<DemoService>& services) {
  asio::io_context io;
  aws::Settings settings;
  settings.env = sandbox_environment(endpoint);
  const auto aws = aws::connect(io.get_executor(), std::move(settings));
  std::exception_ptr error;
  spawn(io.get_executor(), "make the demo's services", make_all(*aws, services),
        [&](std::exception_ptr thrown) { error = std::move(thrown); });
  io.run();
  if (error) std::rethrow_exception(error);
}

}  // namespace fairlead::cli
