// SPDX-License-Identifier: Apache-2.0
#include "fairlead/aws/ecs.hpp"

#include <algorithm>

#include "fairlead/base/strings.hpp"

namespace fairlead::aws::ecs {
namespace {

/// Describes `names` in groups of at most `size`, all with the same other parameters.
Awaitable<Described> describe(Aws& aws, Scope scope, std::string operation, Json params, std::string list, std::vector<std::string> names,
                              std::size_t size) {
  Described out;
  for (std::size_t begin = 0; begin < names.size(); begin += size) {
    params[list] = std::vector<std::string>(names.begin() + static_cast<std::ptrdiff_t>(begin),
                                            names.begin() + static_cast<std::ptrdiff_t>(std::min(begin + size, names.size())));
    auto answer = co_await aws.call(scope, operation, params);
    for (auto& one : answer[list]) out.found.push_back(std::move(one));
    for (auto& one : answer["failures"]) out.failures.push_back(std::move(one));
  }
  co_return out;
}

std::vector<std::string> texts(const Json& list) {
  std::vector<std::string> out;
  for (const auto& one : list)
    if (one.is_string()) out.push_back(one.get<std::string>());
  return out;
}

}  // namespace

Awaitable<Described> describe_services(Aws& aws, Scope scope, std::string cluster, std::vector<std::string> services) {
  Json params{{"cluster", cluster}, {"include", {"TAGS"}}};
  co_return co_await describe(aws, std::move(scope), "ecs:DescribeServices", std::move(params), "services", std::move(services), 10);
}

Awaitable<Described> describe_tasks(Aws& aws, Scope scope, std::string cluster, std::vector<std::string> tasks) {
  Json params{{"cluster", cluster}};
  co_return co_await describe(aws, std::move(scope), "ecs:DescribeTasks", std::move(params), "tasks", std::move(tasks), 100);
}

Awaitable<std::vector<std::string>> list_tasks(Aws& aws, Scope scope, std::string cluster, std::string service,
                                               std::string desired_status) {
  Json params{{"cluster", cluster}, {"serviceName", service}, {"desiredStatus", desired_status}};
  const auto answer = co_await all_pages(aws, std::move(scope), "ecs:ListTasks", std::move(params), "taskArns");
  co_return texts(member(answer, "taskArns"));
}

Awaitable<Json> describe_task_definition(Aws& aws, Scope scope, std::string name_or_arn) {
  Json params{{"taskDefinition", name_or_arn}, {"include", {"TAGS"}}};
  co_return co_await aws.call(std::move(scope), "ecs:DescribeTaskDefinition", std::move(params));
}

Awaitable<std::vector<Json>> service_deployments(Aws& aws, Scope scope, std::string cluster, std::string service, Time since) {
  Json created{{"after", static_cast<double>(to_micros(since)) / 1e6}};
  Json params{{"cluster", cluster}, {"service", service}, {"createdAt", std::move(created)}};
  const auto listed = co_await all_pages(aws, scope, "ecs:ListServiceDeployments", std::move(params), "serviceDeployments", 100);
  std::vector<std::string> arns;
  for (const auto& one : member(listed, "serviceDeployments")) arns.push_back(text_at(one, "serviceDeploymentArn"));
  std::vector<Json> found;
  for (std::size_t begin = 0; begin < arns.size(); begin += 20) {
    Json page{{"serviceDeploymentArns",
               Json(std::vector<std::string>(arns.begin() + static_cast<std::ptrdiff_t>(begin),
                                             arns.begin() + static_cast<std::ptrdiff_t>(std::min(begin + 20, arns.size()))))}};
    auto answer = co_await aws.call(scope, "ecs:DescribeServiceDeployments", std::move(page));
    for (auto& one : answer["serviceDeployments"]) found.push_back(std::move(one));
  }
  co_return found;
}

}  // namespace fairlead::aws::ecs
