// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/parser/command_line.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::cli {

namespace {

constexpr std::size_t left_column = 24;

std::string path_of(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : path_of(*app.get_parent()) + " " + app.get_name();
}

std::string row(const std::string& left, const std::string& right) {
  if (left.size() + 2 > left_column) return fmt::format("  {}\n  {:<{}}{}\n", left, "", left_column, right);
  return fmt::format("  {:<{}}{}\n", left, left_column, right);
}

bool is_helpful(const CLI::Option* option) { return !option->get_positional() && !option->get_group().empty(); }

std::string option_text(const CLI::Option* option) {
  std::string text;
  for (const auto& name : option->get_snames()) text += "-" + name + ", ";
  for (const auto& name : option->get_lnames()) text += "--" + name + ", ";
  text.resize(text.size() - 2);
  const bool takes_value = option->get_items_expected_max() > 0;
  return takes_value ? text + " " + option->get_type_name() : text;
}

std::string options_of(const CLI::App& app) {
  std::string text;
  for (const CLI::Option* option : app.get_options(is_helpful)) text += row(option_text(option), option->get_description());
  return text;
}

std::string positional_text(const CLI::Option* option) {
  std::string name = option->get_name(true);
  if (option->get_allow_extra_args()) name += "…";
  return option->get_required() ? name : "[" + name + "]";
}

std::string usage_of(const CLI::App& app) {
  std::string text = path_of(app);
  for (const CLI::Option* option : app.get_options([](const CLI::Option* one) { return one->get_positional(); }))
    text += " " + positional_text(option);
  if (!app.get_subcommands(nullptr).empty()) text += " COMMAND";
  return text + " [options]";
}

std::vector<const CLI::App*> commands_of(const CLI::App& app, std::string_view purpose) {
  return app.get_subcommands([purpose](const CLI::App* command) { return command->get_group() == purpose; });
}

std::string rows_of(const CLI::App& app, std::string_view purpose) {
  std::string text;
  for (const CLI::App* command : commands_of(app, purpose)) {
    std::string name = command->get_name();
    for (const CLI::App* below : command->get_subcommands(nullptr)) name += (name == command->get_name() ? " " : "|") + below->get_name();
    text += row(name, command->get_description());
  }
  return text;
}

}  // namespace

std::string help_of_all(const CommandLine& line) {
  const CLI::App& root = line.root();
  std::string text = root.get_description() + ".\n\nUsage: fairlead [options] COMMAND …\n";
  for (const auto heading : {purpose::begin, purpose::act, purpose::look, purpose::plan, purpose::care, purpose::shell}) {
    text += fmt::format("\n{}\n{}", heading, rows_of(root, heading));
  }
  text += "\nOptions, before or after the command\n" + options_of(root);
  text += "\nRUN is shop-api#42, a run id, or latest:shop-api. `fairlead COMMAND --help` has options and an example.\n";
  text +=
      "Exit codes: 0 done, 1 failed, 2 usage, 3 invalid configuration, 4 not found, 5 refused, 6 server unreachable,\n"
      "7 canceled or superseded, 8 lost, 124 --wait timed out.\n";
  return text;
}

std::string help_of(const CommandLine& line, const CLI::App& command) {
  const CommandInfo& info = line.info(&command);
  std::string text = command.get_description() + ".\n\nUsage: " + usage_of(command) + "\n";
  if (const auto below = rows_of(command, "Commands"); !below.empty()) text += "\nCommands\n" + below;
  std::string positionals;
  for (const CLI::Option* option : command.get_options([](const CLI::Option* one) { return one->get_positional(); })) {
    positionals += row(positional_text(option), option->get_description());
  }
  if (!positionals.empty()) text += "\n" + positionals;
  text += "\nOptions\n" + options_of(command);
  text += "  and --server, --token, --json, --quiet, --no-color of `fairlead --help`\n";
  if (!info.example.empty()) text += fmt::format("\nExample: {}\n", info.example);
  return text;
}

}  // namespace fairlead::cli
