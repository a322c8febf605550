// SPDX-License-Identifier: Apache-2.0
#include "sandbox/shell/engine.hpp"

#include <unistd.h>

#include "fairlead/base/process.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::sandbox::shell {

namespace {

std::string container_name(const StartContainer& what) {
  return "fairlead-" + what.task.substr(what.task.rfind('/') + 1).substr(0, 12) + "-" + what.container;
}

Awaitable<RunResult> run(std::vector<std::string> argv, std::chrono::seconds limit) {
  Spawn spec;
  spec.argv = std::move(argv);
  spec.env = Engine::environment();
  co_return co_await run_process(spec, deadline_in(limit));
}

}  // namespace

bool is_program(const std::string& name) {
  for (const auto& folder : split(env_value("PATH").value_or("/usr/local/bin:/usr/bin:/bin"), ':'))
    if (::access((folder + "/" + name).c_str(), X_OK) == 0) return true;
  return false;
}

std::map<std::string, std::string> Engine::environment() {
  auto out = minimal_env();
  for (const char* name :
       {"CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF", "DOCKER_HOST", "DOCKER_CONFIG", "XDG_RUNTIME_DIR", "REGISTRY_AUTH_FILE"})
    if (const auto value = env_value(name)) out[name] = *value;
  return out;
}

std::string Engine::program() const { return is_program("podman") ? "podman" : is_program("docker") ? "docker" : ""; }

std::string Engine::real_name(const std::string& image) const {
  const auto slash = image.find('/');
  const bool ecr = image.substr(0, slash).find(".dkr.ecr.") != std::string::npos;
  return ecr && !registry.empty() ? registry + image.substr(slash) : image;
}

Awaitable<std::string> Engine::fetch(std::string image) {
  const std::string refused =
      "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref " + image + ": ";
  const auto tool = program();
  if (tool.empty())
    co_return refused + "the sandbox found neither podman nor docker to run it (an image process/<command> runs a local program)";
  const auto name = real_name(image);
  const auto known = co_await run({tool, "image", "inspect", name}, std::chrono::seconds(30));
  if (known.status.ok()) co_return std::string();
  std::vector<std::string> argv{tool, "pull", "--quiet"};
  if (tool == "podman") argv.push_back("--tls-verify=" + std::string(name.starts_with(registry + "/") ? "false" : "true"));
  argv.push_back(name);
  const auto pulled = co_await run(argv, std::chrono::minutes(10));
  if (pulled.status.ok()) co_return std::string();
  const bool missing = pulled.err.find("manifest unknown") != std::string::npos || pulled.err.find("not found") != std::string::npos;
  co_return refused + (missing ? image + ": not found" : ellipsize(trim(strip_control(pulled.err)), 300));
}

std::vector<std::string> Engine::run_arguments(const StartContainer& what, const std::map<int, int>& ports) const {
  std::vector<std::string> argv{program(), "run", "--rm", "--name", container_name(what)};
  for (const auto& [inside, local] : ports)
    if (inside > 0) argv.insert(argv.end(), {"-p", "127.0.0.1:" + std::to_string(local) + ":" + std::to_string(inside)});
  auto environment = what.environment;
  if (!what.ports.empty()) environment.try_emplace("PORT", std::to_string(what.ports.front()));
  for (const auto& [name, value] : environment) argv.insert(argv.end(), {"-e", name + "=" + value});
  if (!what.user.empty()) argv.insert(argv.end(), {"--user", what.user});
  if (!what.folder.empty()) argv.insert(argv.end(), {"--workdir", what.folder});
  auto command = what.command;
  if (!what.entry_point.empty()) {
    argv.insert(argv.end(), {"--entrypoint", what.entry_point.front()});
    command.insert(command.begin(), what.entry_point.begin() + 1, what.entry_point.end());
  }
  argv.push_back(real_name(what.image));
  argv.insert(argv.end(), command.begin(), command.end());
  return argv;
}

std::vector<std::string> Engine::exec_arguments(const StartContainer& what, const std::vector<std::string>& inner) const {
  std::vector<std::string> argv{program(), "exec", container_name(what)};
  argv.insert(argv.end(), inner.begin(), inner.end());
  return argv;
}

Awaitable<void> Engine::kill(StartContainer what) { co_await run({program(), "kill", container_name(what)}, std::chrono::seconds(30)); }

}  // namespace fairlead::sandbox::shell
