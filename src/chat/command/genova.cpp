// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <map>

#include "chat/command/line.hpp"
#include "fairlead/base/strings.hpp"

/// genova's mention grammar (`compat: genova`): the first word with an optional ":sub", then key=value; hyphens and underscores of keys
/// are the same. `repository` is the app, `branch` or `tag` the ref, `cluster` or `target` the environment; what is deployed there
/// (service, run task, scheduled task) is the pipeline's business and only has to be well-formed.
namespace fairlead::chat {

namespace {

constexpr std::array<std::string_view, 8> keys{"repository", "branch",  "tag",      "cluster",
                                               "target",     "service", "run-task", "scheduled-task-rule"};
constexpr std::string_view target_key = "scheduled-task-target";

std::string key_of(const std::string& word) { return replace_all(to_lower(word.substr(0, word.find('='))), "_", "-"); }

bool is_known(const std::string& key) {
  for (const auto known : keys)
    if (key == known) return true;
  return key == target_key;
}

using Parameters = std::map<std::string, std::string>;

Parameters read_parameters(Line& line) {
  Parameters found;
  while (!line.empty()) {
    const auto word = line.peek();
    const auto equals = word.text.find('=');
    if (equals == std::string::npos)
      line.fail("\"" + ellipsize(word.text, 80) + "\" is not key=value", "deploy:service repository=… branch=… cluster=… service=…");
    const auto key = key_of(word.text);
    if (!is_known(key)) {
      std::vector<std::string> names(keys.begin(), keys.end());
      std::vector<Choice> choices;
      for (const auto& near : similar(key, names, 3))
        choices.push_back({near, line.with(near + "=" + quoted(word.text.substr(equals + 1)))});
      line.fail("there is no parameter \"" + ellipsize(key, 80) + "\"", "there are: " + join(names, ", "), choices);
    }
    found[key] = word.text.substr(equals + 1);
    line.take();
  }
  return found;
}

std::string value_of(const Parameters& parameters, const std::string& key) {
  const auto found = parameters.find(key);
  return found == parameters.end() ? std::string() : found->second;
}

std::string app_of(const Line& line, const Parameters& parameters) {
  const auto repository = value_of(parameters, "repository");
  if (repository.empty()) line.fail("repository is missing", "deploy:service repository=… branch=… cluster=… service=…");
  const auto last = repository.substr(repository.rfind('/') + 1);
  if (auto app = exact_name(last, line.known().apps)) return *app;
  line.fail("there is no app \"" + ellipsize(last, 80) + "\"", "there are: " + ellipsize(join(line.known().apps, ", "), 500));
}

std::string environment_of(const Line& line, const Parameters& parameters) {
  const auto& names = line.known().environments;
  for (const char* key : {"cluster", "target"})
    if (auto name = exact_name(value_of(parameters, key), names)) return *name;
  const auto asked = value_of(parameters, parameters.contains("cluster") ? "cluster" : "target");
  line.fail(asked.empty() ? "cluster is missing" : "there is no environment \"" + ellipsize(asked, 80) + "\"",
            "write the environment as cluster=…; there are: " + ellipsize(join(names, ", "), 500));
}

Command read_statement(Line& line) {
  const auto parameters = read_parameters(line);
  Command command;
  command.verb = Verb::deploy;
  command.confirm = true;
  command.app = app_of(line, parameters);
  command.environment = environment_of(line, parameters);
  command.ref = value_of(parameters, "branch").empty() ? value_of(parameters, "tag") : value_of(parameters, "branch");
  return command;
}

}  // namespace

std::optional<Command> read_genova(Line& line) {
  const auto word = line.keyword();
  const bool statement =
      word.starts_with("deploy:") || (word == "deploy" && line.peek(1).text.contains('=') && is_known(key_of(line.peek(1).text)));
  if (statement) {
    const auto sub = word == "deploy" ? "service" : word.substr(7);
    if (sub != "service" && sub != "run-task" && sub != "scheduled-task")
      line.fail("there is no \"" + ellipsize(word, 80) + "\"", "there are deploy:service, deploy:run-task and deploy:scheduled-task");
    line.take();
    return read_statement(line);
  }
  if (word == "history" && line.left() == 1) {
    line.take();
    Command command;
    command.verb = Verb::history;
    command.by = "me";
    return command;
  }
  return std::nullopt;
}

}  // namespace fairlead::chat
