// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/commands.hpp"
#include "cli/parser/command_line.hpp"

/// Commands that show fairlead at work without a server of one's own.
namespace fairlead::cli {

void add_trial_commands(CommandLine& line) {
  auto options = std::make_shared<DemoOptions>();
  CLI::App& command = line.add("demo", "A push, built, tested, approved and live, in a temporary folder",
                               {purpose::begin, "fairlead demo --auto", [options](const Globals& globals) { return demo(globals, *options); }});
  command.add_flag("--auto", options->automatic, "Approve by itself and end with a summary");
  command.add_flag("--keep", options->keep, "Leave the folder");
}

}  // namespace fairlead::cli
