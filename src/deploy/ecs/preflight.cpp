// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/preflight.hpp"

#include <algorithm>
#include <set>

#include "fairlead/aws/alarms.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ecs {
namespace {

/// The answer; a null value when what was asked for does not exist; nullopt when it cannot be told.
Awaitable<std::optional<Json>> ask(aws::Aws& aws, aws::Scope scope, std::string operation, Json params) {
  std::optional<Json> answer;
  try {
    answer = co_await aws.call(std::move(scope), std::move(operation), std::move(params));
  } catch (const aws::AwsError& error) {
    if (error.failure() == aws::Failure::not_found) answer = Json();
    if (error.failure() == aws::Failure::credentials) throw;
  }
  co_return answer;
}

Awaitable<void> check_roles(aws::Aws& aws, aws::Scope scope, Json definition, std::vector<Finding>& findings) {
  for (const char* key : {"executionRoleArn", "taskRoleArn"}) {
    const std::string arn = text_at(definition, key);
    if (arn.empty() || !arn.contains(":role/")) continue;
    Json params{{"RoleName", arn.substr(arn.rfind('/') + 1)}};
    const auto role = co_await ask(aws, scope, "iam:GetRole", std::move(params));
    if (!role) continue;
    const auto policy = url_decode(text_at(member(*role, "Role"), "AssumeRolePolicyDocument"));
    if (role->is_null()) {
      findings.push_back({true, std::string(key) + " " + arn + " does not exist", "create it, or correct its name"});
    } else if (policy && !policy->empty() && !policy->contains("ecs-tasks.amazonaws.com")) {
      findings.push_back({true, std::string(key) + " " + arn + " does not trust ecs-tasks.amazonaws.com: tasks could not assume it",
                          "add the service to its trust policy"});
    }
  }
}

/// SSM parameters ten by ten (a missing one is no error of GetParameters: it comes back as invalid), secrets one by one.
Awaitable<void> check_secrets(aws::Aws& aws, aws::Scope scope, Json definition, std::vector<Finding>& findings) {
  std::set<std::string> parameters, secrets;
  for (const Json& container : member(definition, "containerDefinitions")) {
    for (const Json& secret : member(container, "secrets")) {
      const std::string from = text_at(secret, "valueFrom");
      if (from.contains(":secretsmanager:")) {
        std::vector<std::string> parts = split(from, ':');
        if (parts.size() > 7) parts.resize(7);  // without json key, stage and version
        secrets.insert(join(parts, ":"));
      } else if (const auto slash = from.find(":parameter/"); slash != std::string::npos) {
        parameters.insert(from.substr(slash + 10));
      } else {
        parameters.insert(from);
      }
    }
  }
  for (auto it = parameters.begin(); it != parameters.end();) {
    Json names = Json::array();
    for (; it != parameters.end() && names.size() < 10; ++it) names.push_back(*it);
    Json params{{"Names", std::move(names)}, {"WithDecryption", false}};
    const auto answer = co_await ask(aws, scope, "ssm:GetParameters", std::move(params));
    if (!answer) continue;
    for (const Json& name : member(*answer, "InvalidParameters")) {
      if (name.get<std::string>().contains(":")) continue;  // an ARN of another region or account
      findings.push_back(
          {true, "secret parameter " + name.get<std::string>() + " does not exist in SSM", "create it, or correct valueFrom"});
    }
  }
  for (const auto& arn : secrets) {
    Json params{{"SecretId", arn}};
    const auto answer = co_await ask(aws, scope, "secretsmanager:DescribeSecret", std::move(params));
    if (answer && answer->is_null()) findings.push_back({true, "secret " + arn + " does not exist", "create it, or correct valueFrom"});
  }
}

Awaitable<void> check_logs(aws::Aws& aws, aws::Scope scope, Json definition, std::vector<Finding>& findings) {
  std::set<std::string> seen;
  for (const Json& container : member(definition, "containerDefinitions")) {
    const Json& logging = member(container, "logConfiguration");
    const Json& options = member(logging, "options");
    const std::string group = text_at(options, "awslogs-group");
    if (text_at(logging, "logDriver") != "awslogs" || group.empty() || text_at(options, "awslogs-create-group") == "true") continue;
    if (!seen.insert(group).second) continue;
    aws::Scope there = scope;
    if (auto region = text_at(options, "awslogs-region"); !region.empty()) there.region = std::move(region);
    Json params{{"logGroupNamePrefix", group}};
    const auto answer = co_await ask(aws, there, "logs:DescribeLogGroups", std::move(params));
    if (!answer) continue;
    bool found = false;
    for (const Json& it : member(*answer, "logGroups")) found |= text_at(it, "logGroupName") == group;
    if (!found) {
      findings.push_back({true, "log group " + group + " does not exist: no task could start",
                          "create it, or set awslogs-create-group and give the execution role logs:CreateLogGroup"});
    }
  }
}

}  // namespace

Awaitable<void> check_definition(aws::Aws& aws, aws::Scope scope, Json definition, std::vector<Finding>& findings) {
  co_await check_roles(aws, scope, definition, findings);
  co_await check_secrets(aws, scope, definition, findings);
  co_await check_logs(aws, scope, definition, findings);
}

Awaitable<Duration> check_surroundings(aws::Aws& aws, aws::Scope scope, Service service, std::vector<std::string> alarms,
                                       std::vector<Finding>& findings) {
  Duration health{};
  if (!service.target_groups.empty()) {
    Json params{{"TargetGroupArns", service.target_groups}};
    const auto answer = co_await ask(aws, scope, "elasticloadbalancing:DescribeTargetGroups", std::move(params));
    if (answer && answer->is_null())
      findings.push_back({true, "a target group of the service does not exist any more: " + join(service.target_groups, ", "), ""});
    for (const Json& group : answer ? member(*answer, "TargetGroups") : Json()) {
      const auto seconds = number_at(group, "HealthCheckIntervalSeconds", 30) * number_at(group, "HealthyThresholdCount", 5);
      health = std::max<Duration>(health, std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, 3000)));
      if (!member(group, "LoadBalancerArns").is_array() || !group["LoadBalancerArns"].empty()) continue;
      findings.push_back(
          {true,
           "target group " + text_at(group, "TargetGroupName") + " is attached to no load balancer: its targets would never be healthy",
           "add it to a listener rule"});
    }
  }
  if (alarms.empty()) co_return health;
  const auto states = co_await aws::alarm_states(aws, scope, alarms);
  for (const auto& alarm : states) {
    if (alarm.state == "MISSING")
      findings.push_back({true, "alarm " + alarm.name + " does not exist", "create it, or take it out of `alarms`"});
    if (alarm.state == "ALARM")
      findings.push_back(
          {true, "alarm " + alarm.name + " is in ALARM already: it could not tell this deploy's failure", "wait until it is ok"});
  }
  co_return health;
}

}  // namespace fairlead::deploy::ecs
