// SPDX-License-Identifier: Apache-2.0
#include "sandbox/ecs/task_start.hpp"

#include "fairlead/base/strings.hpp"
#include "sandbox/aws/kept.hpp"

namespace fairlead::sandbox::ecs {

namespace {

std::string not_found(const std::string& image) {
  return "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref " + image + ": " + image +
         ": not found";
}

/// Makes the log stream; the words of the log driver when it cannot.
std::string log_problem(Context& c, const Task& task, Container& container) {
  const Json& config = member(container.definition, "logConfiguration");
  if (text_at(config, "logDriver") != "awslogs") return {};
  const Json& options = member(config, "options");
  const auto group = text_at(options, "awslogs-group"), prefix = text_at(options, "awslogs-stream-prefix");
  if (!c.region.log_groups.contains(group)) {
    if (text_at(options, "awslogs-create-group") != "true")
      return "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create "
             "Cloudwatch log stream: "
             "ResourceNotFoundException: The specified log group does not exist. : exit status 1";
    c.region.log_groups[group] = {{"createdAt", epoch(c.now())}};
  }
  container.log_group = group;
  container.log_stream = (prefix.empty() ? "" : prefix + "/" + container.name + "/") + task.id;
  c.region.logs[group][container.log_stream];
  return {};
}

std::string secret_problem(Context& c, const Task& task, Container& container) {
  if (const auto fault = task.faults.find("secret-missing"); fault != task.faults.end())
    return "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve "
           "secret from asm: service call "
           "has been retried 1 time(s): failed to fetch secret from secrets manager: ResourceNotFoundException: Secrets Manager can't find "
           "the specified secret.";
  for (const auto& one : member(container.definition, "secrets")) {
    const auto from = text_at(one, "valueFrom");
    const auto value = kept::secret_value(c, from);
    if (!value) {
      const bool store = from.find(":secretsmanager:") != std::string::npos;
      return std::string(
                 "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to "
                 "retrieve ") +
             (store ? "secret from asm: service call has been retried 1 time(s): failed to fetch secret " + from +
                          " from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret."
                    : "secrets from ssm: service call has been retried 1 time(s): invalid ssm parameters: " + from);
    }
    container.definition["environment"].push_back({{"name", one["name"]}, {"value", *value}});
  }
  return {};
}

std::map<std::string, std::string> environment_of(Context& c, const Task& task, const Container& container, const Image& image) {
  std::map<std::string, std::string> out{{"VERSION", image.version},
                                         {"AWS_REGION", c.region.name},
                                         {"AWS_DEFAULT_REGION", c.region.name},
                                         {"AWS_EXECUTION_ENV", "AWS_ECS_" + text_at(task.view, "launchType")},
                                         {"ECS_TASK_ID", task.id}};
  for (const auto& one : member(container.definition, "environment")) out[text_at(one, "name")] = text_at(one, "value");
  return out;
}

}  // namespace

std::optional<StartProblem> start_problem(Context& c, Task& task) {
  for (auto& container : task.containers) {
    const auto name = text_at(container.definition, "image");
    const auto image = resolve_image(c, name);
    if (auto reason = secret_problem(c, task, container); !reason.empty()) return StartProblem{std::move(reason), container.name};
    if (task.faults.contains("image-missing")) return StartProblem{not_found(name), container.name};
    if (!image.problem.empty()) return StartProblem{image.problem, container.name};
    if (auto reason = log_problem(c, task, container); !reason.empty()) return StartProblem{std::move(reason), container.name};
    if (!image.digest.empty()) container.view["imageDigest"] = image.digest;
  }
  return std::nullopt;
}

void start_containers(Context& c, Task& task) {
  if (task.kind == "sim" || task.faults.contains("crash-on-start")) return;
  for (auto& container : task.containers) {
    const auto image = resolve_image(c, text_at(container.definition, "image"));
    if (image.kind == "sim") {
      container.started = true;
      continue;
    }
    StartContainer start;
    start.task = task.arn;
    start.container = container.name;
    start.kind = image.kind;
    start.image = image.kind == "process" ? image.program : text_at(container.definition, "image");
    start.entry_point = texts_of(container.definition, "entryPoint");
    start.command = texts_of(container.definition, "command");
    start.environment = environment_of(c, task, container, image);
    start.user = text_at(container.definition, "user");
    start.folder = text_at(container.definition, "workingDirectory");
    for (const auto& port : member(container.definition, "portMappings"))
      start.ports.push_back(static_cast<int>(number_of(port, "containerPort")));
    c.world.commands.emplace_back(std::move(start));
  }
}

}  // namespace fairlead::sandbox::ecs
