// SPDX-License-Identifier: Apache-2.0
#include "exec/container/tool.hpp"

#include <unistd.h>

#include "fairlead/base/error.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/base/time.hpp"

namespace fairlead::exec {
namespace {

constexpr std::size_t said_limit = 1000;

bool in_path(const std::string& program) {
  for (const auto& folder : split(env_value("PATH").value_or("/usr/local/bin:/usr/bin:/bin"), ':')) {
    if (!folder.empty() && ::access((folder + '/' + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

std::string choose(const std::string& wanted) {
  if (!wanted.empty()) return wanted;
  for (const auto* program : {"podman", "docker"}) {
    if (in_path(program)) return program;
  }
  throw Error(ErrorKind::not_found, "the job asks for a container, but neither podman nor docker is installed on this server",
              "apt-get install podman");
}

}  // namespace

std::map<std::string, std::string> container_tool_env() {
  auto env = minimal_env();
  for (const char* name : {"XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "DOCKER_HOST", "DOCKER_CONFIG", "DOCKER_CONTEXT",
                           "CONTAINER_HOST", "CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF", "REGISTRY_AUTH_FILE", "HTTP_PROXY",
                           "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"}) {
    if (auto value = env_value(name)) env.emplace(name, std::move(*value));
  }
  return env;
}

ContainerTool::ContainerTool(const std::string& program) : program_(choose(program)) {}

Awaitable<RunResult> ContainerTool::run(std::vector<std::string> arguments, std::chrono::seconds patience,
                                        std::map<std::string, std::string> env) const {
  Spawn spec;
  spec.argv = {program_};
  spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
  spec.env = container_tool_env();
  for (auto& [name, value] : env) spec.env[name] = value;
  auto running = run_process(std::move(spec), deadline_in(patience));
  co_return co_await std::move(running);
}

Awaitable<std::string> ContainerTool::must(std::string what, std::vector<std::string> arguments, std::chrono::seconds patience,
                                           std::map<std::string, std::string> env) const {
  auto running = run(std::move(arguments), patience, std::move(env));
  auto result = co_await std::move(running);
  if (result.timed_out) throw Error(ErrorKind::timeout, what + ": " + program_ + " took longer than " + format_duration(patience));
  if (!result.status.ok()) {
    const auto said = std::string(trim(strip_control(result.err.empty() ? result.out : result.err)));
    throw Error(ErrorKind::unavailable,
                what + ": " + program_ + " ended with " + result.status.text() + ": " + ellipsize(said, said_limit));
  }
  co_return result.out;
}

std::vector<std::string> option_words(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  bool open = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      word += text[++i];
      open = true;
    } else if (quote != 0) {
      if (c == quote)
        quote = 0;
      else
        word += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      open = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (open) words.push_back(std::exchange(word, {}));
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (quote != 0) throw Error(ErrorKind::invalid, "the options \"" + text + "\" have an open quote");
  if (open) words.push_back(word);
  return words;
}

}  // namespace fairlead::exec
