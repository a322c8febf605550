// SPDX-License-Identifier: Apache-2.0
#include "cli/parser/command_line.hpp"

#include <algorithm>

#include "fairlead/base/strings.hpp"

namespace fairlead::cli {

namespace {

/// Promised for a later version (interfaces.md): known, so that nobody thinks of a typing error.
const std::vector<std::string> later_commands{"import"};

bool is_one_of(const std::vector<std::string>& words, const std::string& word) { return std::ranges::find(words, word) != words.end(); }

std::vector<std::string> names_of_commands(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); }))
    names.push_back(command->get_name());
  return names;
}

std::vector<std::string> names_of_options(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string path_of(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : path_of(*app.get_parent()) + " " + app.get_name();
}

/// First word that nothing took.
std::string left_over(const CLI::App& app, bool options) {
  for (const auto& word : app.remaining(true)) {
    if (word.starts_with("-") == options && word != "--") return word;
  }
  return {};
}

Error unknown_option(const CLI::App& app, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  auto known = names_of_options(app);
  for (const CLI::App* above = app.get_parent(); above != nullptr; above = above->get_parent())
    std::ranges::move(names_of_options(*above), std::back_inserter(known));
  const auto meant = nearest(name, known);
  return {ErrorKind::usage, path_of(app) + " has no option " + name,
          meant ? "did you mean " + *meant + "?" : path_of(app) + " --help lists them"};
}

Error unknown_command(const CLI::App& app, const std::string& word) {
  if (app.get_parent() == nullptr && is_one_of(later_commands, word))
    return {ErrorKind::usage, "`" + word + "` is not built yet in this version"};
  const auto known = names_of_commands(app);
  const auto meant = nearest(word, known);
  const std::string message = "there is no command `" + path_of(app) + " " + word + "`";
  if (meant) return {ErrorKind::usage, message, "did you mean `" + path_of(app) + " " + *meant + "`?"};
  if (app.get_parent() == nullptr) return {ErrorKind::usage, message, "fairlead --help lists the commands"};
  return {ErrorKind::usage, message, "known are: " + join(known, ", ")};
}

}  // namespace

CommandLine::CommandLine() : root_("Deploys what is pushed, and remembers everything", "fairlead") {
  root_.fallthrough();
  root_.require_subcommand(1);
  root_.set_help_flag("-h,--help", "This text");
  root_
      .add_option("--server", globals_.server,
                  "http://host:port, https://host or unix:/path; default: $FAIRLEAD_SERVER, the server of the fairlead.yml found upwards "
                  "from here, http://127.0.0.1:7070")
      ->type_name("URL");
  root_.add_option("--token", globals_.token, "API token; default: $FAIRLEAD_TOKEN, ~/.config/fairlead/token")->type_name("T");
  root_.add_flag("--json", globals_.json, "One JSON document on stdout, nothing else");
  root_.add_flag("--quiet", globals_.quiet, "Only errors");
  root_.add_flag("--no-color", globals_.no_color, "No colours; so does $NO_COLOR");
  add_local_commands(*this);
  add_trial_commands(*this);
  add_run_commands(*this);
  add_admin_commands(*this);
  add_care_commands(*this);
  add_chat_commands(*this);
  add_shell_commands(*this);
}

CLI::App& CommandLine::add(std::string_view name, std::string_view summary, CommandInfo info, CLI::App* group) {
  CLI::App& parent = group == nullptr ? root_ : *group;
  CLI::App* command = parent.add_subcommand(std::string(name), std::string(summary));
  command->group(std::string(group == nullptr ? info.purpose : "Commands"));
  if (!info.run) command->require_subcommand(1);
  infos_.emplace(command, std::move(info));
  return *command;
}

const CLI::App* CommandLine::chosen() const {
  const CLI::App* app = &root_;
  for (auto below = app->get_subcommands(); !below.empty(); below = app->get_subcommands()) app = below.front();
  return app;
}

std::function<int(const Globals&)> CommandLine::parse(std::vector<std::string> arguments) {
  std::ranges::reverse(arguments);  // CLI11 takes them from the back
  root_.parse(std::move(arguments));
  return infos_.at(chosen()).run;
}

std::string CommandLine::help() const {
  const CLI::App* app = chosen();
  return app == &root_ ? help_of_all(*this) : help_of(*this, *app);
}

Error CommandLine::explain(const CLI::ParseError& error) const {
  const CLI::App& app = *chosen();
  const bool group = app.get_subcommands(nullptr).size() > 0;
  if (const std::string option = left_over(root_, true); !option.empty()) return unknown_option(app, option);
  const std::string word = left_over(root_, false);
  if (group && !word.empty()) return unknown_command(app, word);
  if (group) {
    const std::string names = app.get_parent() == nullptr ? "" : "one of: " + join(names_of_commands(app), ", ");
    return {ErrorKind::usage, "`" + path_of(app) + "` needs a command", names.empty() ? "fairlead --help lists them" : names};
  }
  const std::string hint = path_of(app) + " --help";
  if (!word.empty()) return {ErrorKind::usage, "`" + path_of(app) + "` does not take \"" + word + "\"", hint};
  return {ErrorKind::usage, "`" + path_of(app) + "`: " + error.what(), hint};
}

}  // namespace fairlead::cli
