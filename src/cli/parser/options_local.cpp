// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/commands.hpp"
#include "cli/parser/command_line.hpp"
#include "cli/serve.hpp"

/// Commands that need no server, and those that start one.
namespace fairlead::cli {

namespace {

void add_init(CommandLine& line) {
  auto folder = std::make_shared<std::string>(".");
  line.add("init", "Look at a repository and write .fairlead.yml and fairlead.yml",
           {purpose::begin, "fairlead init", [folder](const Globals& globals) { return init(globals, *folder); }})
      .add_option("DIR", *folder, "Default: this folder");
}

void add_validate(CommandLine& line) {
  auto files = std::make_shared<std::vector<std::string>>();
  line.add("validate", "Check pipeline and server files, and appspec.yml: all problems at once",
           {purpose::begin, "fairlead validate .fairlead.yml", [files](const Globals& globals) { return validate(globals, *files); }})
      .add_option("FILE", *files, "fairlead.yml is a server file, appspec.yml CodeDeploy's, any other a pipeline; default: those here");
}

void add_descriptions(CommandLine& line) {
  auto which = std::make_shared<std::string>();
  line.add("schema", "JSON Schema of a file, for editors",
           {purpose::begin, "fairlead schema pipeline > fairlead.schema.json",
            [which](const Globals& globals) { return schema(globals, *which); }})
      .add_option("pipeline|server", *which, "Which file")
      ->required()
      ->check(CLI::IsMember({"pipeline", "server"}));
  auto name = std::make_shared<std::string>();
  line.add("actions", "What a step can do, with inputs and outputs",
           {purpose::begin, "fairlead actions build-image", [name](const Globals& globals) { return actions(globals, *name); }})
      .add_option("NAME", *name, "Only this action");
}

void add_serve(CommandLine& line) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App& command = line.add(
      "serve", "Run the server until SIGTERM",
      {purpose::begin, "fairlead serve --config /etc/fairlead/fairlead.yml", [options](const Globals&) { return serve(*options); }});
  command.add_option("--config", options->config, "Server file; default: the fairlead.yml found upwards from here")->type_name("F");
  command.add_option("--listen", options->listen, "Instead of server.listen of the file")->type_name("HOST:PORT");
  command.add_flag("--announce", options->announce, "Print the addresses on stdout, for programs that start a server on port 0");
}

}  // namespace

void add_local_commands(CommandLine& line) {
  add_init(line);
  add_validate(line);
  add_descriptions(line);
  add_serve(line);
}

}  // namespace fairlead::cli
