// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/commands.hpp"
#include "cli/parser/command_line.hpp"

/// Commands that show fairlead at work without a server of one's own.
namespace fairlead::cli {

namespace {

void add_try(CommandLine& line) {
  auto options = std::make_shared<TryOptions>();
  CLI::App& command = line.add("try", "Run the pipeline of the working tree here, without a server",
                               {purpose::begin, "fairlead try --stage build --set size=large",
                                [options](const Globals& globals) { return try_pipeline(globals, *options); }});
  command.add_option("FILE", options->file, "Pipeline file; default: the .fairlead.yml found upwards from here");
  command.add_option("--stage", options->stage, "Only this stage; without it, those that deploy nowhere")->type_name("S");
  command.add_option("--set", options->set, "Input of the run; may be repeated")->type_name("K=V")->allow_extra_args(false);
}

void add_demo(CommandLine& line) {
  auto options = std::make_shared<DemoOptions>();
  CLI::App& command =
      line.add("demo", "A push, built, tested, approved and live, in a temporary folder",
               {purpose::begin, "fairlead demo --auto", [options](const Globals& globals) { return demo(globals, *options); }});
  command.add_flag("--auto", options->automatic, "Approve by itself and end with a summary");
  command.add_flag("--keep", options->keep, "Leave the folder");
}

void add_sandbox(CommandLine& line) {
  auto options = std::make_shared<SandboxOptions>();
  CLI::App& command = line.add("sandbox", "A local AWS that behaves: ECS, load balancers, ECR, logs and more",
                               {purpose::begin, "fairlead sandbox --listen 127.0.0.1:4566",
                                [options](const Globals& globals) { return sandbox_server(globals, *options); }});
  command.add_option("--listen", options->listen, "Address; port 0 takes a free one")->type_name("H:P")->capture_default_str();
  command.add_option("--faults", options->faults, "Faults to begin with, JSON (docs/sandbox.md)")->type_name("F");
  command.add_option("--speed", options->speed, "How much faster than AWS things take place")
      ->type_name("N")
      ->check(CLI::Validator(CLI::PositiveNumber).description(""))
      ->capture_default_str();
}

}  // namespace

void add_trial_commands(CommandLine& line) {
  add_try(line);
  add_demo(line);
  add_sandbox(line);
}

}  // namespace fairlead::cli
