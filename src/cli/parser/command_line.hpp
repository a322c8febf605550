// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/globals.hpp"

namespace fairlead::cli {

/// Headings of `fairlead --help`, in this order.
namespace purpose {
inline constexpr std::string_view begin = "Begin", act = "Act", look = "Look", plan = "Plan and protect", care = "Run the server",
                                  shell = "Shell";
}

/// What CLI11 does not know of a command.
struct CommandInfo {
  std::string_view purpose;  ///< heading in the help; empty: hidden
  std::string_view example;
  std::function<int(const Globals&)> run;  ///< empty: a group of commands
};

/// Every command with its options: the one table that parses, helps and completes. The including files are few, because
/// CLI11 is slow to compile.
class CommandLine {
 public:
  CommandLine();

  /// A command of its own, or one of a group ("schedule" → "list"). `summary` is one line without a full stop.
  CLI::App& add(std::string_view name, std::string_view summary, CommandInfo info, CLI::App* group = nullptr);

  /// The command that the arguments choose, ready to run. Throws CLI::ParseError; help was asked for when it is CallForHelp.
  std::function<int(const Globals&)> parse(std::vector<std::string> arguments);
  Globals globals() const { return globals_; }

  /// Help of what was chosen so far, or of everything.
  std::string help() const;
  /// What is wrong with the arguments of the last parse, and what was probably meant.
  Error explain(const CLI::ParseError&) const;

  const CLI::App& root() const { return root_; }
  const CommandInfo& info(const CLI::App* command) const { return infos_.at(command); }

 private:
  const CLI::App* chosen() const;

  CLI::App root_;
  Globals globals_;
  std::map<const CLI::App*, CommandInfo> infos_;
};

/// options_*.cpp: the table, by purpose.
void add_local_commands(CommandLine&);
void add_trial_commands(CommandLine&);
void add_run_commands(CommandLine&);
void add_admin_commands(CommandLine&);
void add_care_commands(CommandLine&);
void add_chat_commands(CommandLine&);
void add_shell_commands(CommandLine&);

/// help.cpp
std::string help_of_all(const CommandLine&);
std::string help_of(const CommandLine&, const CLI::App& command);

/// What may follow the words so far (the last one may be unfinished): commands, options, or values the server knows.
std::vector<std::string> complete_words(const CommandLine&, const std::vector<std::string>& words);

}  // namespace fairlead::cli
