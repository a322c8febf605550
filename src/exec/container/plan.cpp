// SPDX-License-Identifier: Apache-2.0
#include "fairlead/pipeline/plan.hpp"

#include <unistd.h>

#include "exec/container/job_container.hpp"
#include "fairlead/base/crypto.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::exec {
namespace {

constexpr const char* pid_one = "/.fairlead-supervise";
constexpr const char* label = "fairlead.job=";

bool is_host_name(const std::string& name) {
  return !name.empty() && name.size() <= 63 && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos &&
         name[0] != '-';
}

std::string mount(const std::filesystem::path& path, const std::filesystem::path& at) { return path.string() + ":" + at.string(); }

std::vector<std::string> options_of(const Json& container, bool trusted, const std::string& where) {
  const auto text = text_at(container, "options");
  if (text.empty()) return {};
  // They can mount the host's files; whoever may only open a pull request must not.
  if (!trusted) throw Error(ErrorKind::refused, "options of " + where + " are not allowed in runs of pull requests from forks");
  return option_words(text);
}

std::string image_of(const Json& container, const std::string& where) {
  const auto image = container.is_string() ? container.get<std::string>() : text_at(container, "image");
  if (image.empty() || image[0] == '-') throw Error(ErrorKind::invalid, where + " has no image");
  return image;
}

ContainerPlan::Service plan_service(const engine::JobSpec& spec, const std::string& name, const Json& given) {
  const auto where = "service " + name;
  if (!is_host_name(name))
    throw Error(ErrorKind::invalid, where + ": the name must be lower-case letters, digits and '-'", "it becomes a host name");
  ContainerPlan::Service service{name, image_of(given, where), text_at(given, "ready"), {}, {}, options_of(given, spec.trusted, where)};
  for (const auto& [key, value] : member(given, "env").items()) {
    if (value.is_string())
      service.env[key] = value.get<std::string>();
    else if (!value.is_object())
      service.env[key] = dump(value);
    else if (const auto secret = spec.secrets.find(text_at(value, "$secret")); secret != spec.secrets.end())
      service.secret_env[key] = secret->second.reveal();
    else
      throw Error(ErrorKind::invalid, where + ": the value of " + key + " is not known");
  }
  return service;
}

void harden(std::vector<std::string>& command, bool trusted) {
  if (trusted) return;
  command.insert(command.end(), {"--security-opt", "no-new-privileges", "--cap-drop", "ALL"});
}

}  // namespace

std::string container_name(const engine::JobKey& key) {
  return "fairlead-" + sha256_hex(key.run.str() + '\n' + key.job + '\n' + std::to_string(key.attempt)).substr(0, 20);
}

ContainerPlan plan_containers(const engine::JobSpec& spec) {
  ContainerPlan plan;
  plan.name = container_name(spec.key);
  plan.trusted = spec.trusted;
  const auto& container = spec.job->container;
  if (container.is_null()) {
    throw Error(ErrorKind::invalid, "job " + spec.key.job + " has services but no container",
                "add container: to the job; services are reached in its network");
  }
  plan.image = image_of(container, "the container of job " + spec.key.job);
  plan.user = text_at(container, "user");
  plan.network = text_at(container, "network");
  plan.options = options_of(container, spec.trusted, "the container");
  for (const auto& [name, given] : spec.job->services.items()) plan.services.push_back(plan_service(spec, name, given));
  return plan;
}

std::vector<std::string> job_command(const ContainerPlan& plan, const ContainerMounts& mounts) {
  std::vector<std::string> command{"run", "--detach", "--name", plan.name, "--label", label + plan.name, "--pull", "never"};
  if (!plan.network.empty()) command.insert(command.end(), {"--network", plan.network});
  if (!plan.user.empty()) command.insert(command.end(), {"--user", plan.user});
  for (const auto& service : plan.services) command.insert(command.end(), {"--add-host", service.name + ":127.0.0.1"});
  command.insert(command.end(), {"--volume", mount(mounts.supervisor, pid_one) + ":ro"});
  for (const auto& path : {mounts.job_folder, mounts.workspace, mounts.home})
    command.insert(command.end(), {"--volume", mount(path, path)});
  command.insert(command.end(), {"--workdir", mounts.workdir.string(), "--env", "HOME=" + mounts.home.string(), "--entrypoint", pid_one});
  harden(command, plan.trusted);
  command.insert(command.end(), plan.options.begin(), plan.options.end());
  command.insert(command.end(), {plan.image, mounts.job_folder.string()});
  return command;
}

std::vector<std::string> service_command(const ContainerPlan& plan, const ContainerPlan::Service& service) {
  std::vector<std::string> command{"run",    "--detach", "--name",    plan.name + "-" + service.name, "--label", label + plan.name,
                                   "--pull", "never",    "--network", "container:" + plan.name};
  for (const auto& [name, value] : service.env) command.insert(command.end(), {"--env", name + "=" + value});
  for (const auto& [name, value] : service.secret_env) command.insert(command.end(), {"--env", name});  // its value comes by environment
  harden(command, plan.trusted);
  command.insert(command.end(), service.options.begin(), service.options.end());
  command.push_back(service.image);
  return command;
}

}  // namespace fairlead::exec
