// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdio>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/pipeline/actions.hpp"
#include "fairlead/web/web.hpp"

/// What this program knows about itself; none of it needs a server.
namespace fairlead::cli {

namespace {

std::string note_of(const pipeline::ActionInfo& action) {
  return action.built ? action.summary : action.summary + " (not built yet in this version)";
}

const pipeline::ActionInfo& action_named(const std::string& name) {
  if (const auto* action = pipeline::find_action(name)) return *action;
  std::vector<std::string> names;
  for (const auto& action : pipeline::actions()) names.push_back(action.name);
  const auto meant = nearest(name, names);
  throw Error(ErrorKind::not_found, "there is no action \"" + name + "\"",
              meant ? "did you mean " + *meant + "?" : "fairlead actions lists them");
}

void print(Output& output, const pipeline::ActionInfo& action) {
  output.line(action.name + ": " + note_of(action));
  if (action.needs_environment) output.line("Only in a stage with an environment.");
  if (!action.main_input.empty()) output.line("A plain text stands for `" + action.main_input + "`.");
  if (!action.inputs.empty()) output.line("\nInputs");
  for (const auto& input : action.inputs) {
    std::string kind = input.type + (input.required ? ", required" : "");
    if (!input.fallback.empty()) kind += ", default " + input.fallback;
    output.line(fmt::format("  {:<22}{} ({})", input.name, input.description, kind));
  }
  if (!action.outputs.empty() || action.open_outputs) output.line("\nOutputs");
  for (const auto& one : action.outputs) output.line(fmt::format("  {:<22}{}", one.name, one.description));
  if (action.open_outputs) output.line(fmt::format("  {:<22}{}", "any name", "lines name=value in $FAIRLEAD_OUTPUT"));
}

}  // namespace

int schema(const Globals&, const std::string& which) {
  // A schema is JSON with and without --json; indented, because people read it too.
  const Json document = which == "server" ? pipeline::server_schema() : pipeline::pipeline_schema();
  std::printf("%s\n", document.dump(2).c_str());
  return Exit::done;
}

int actions(const Globals& globals, const std::string& name) {
  Output output(globals);
  if (!name.empty()) {
    const auto& action = action_named(name);
    output.document(pipeline::to_json(action));
    print(output, action);
    return Exit::done;
  }
  Json all = Json::array();
  std::vector<std::vector<std::string>> table{{"ACTION", "DOES"}};
  for (const auto& action : pipeline::actions()) {
    all.push_back(pipeline::to_json(action));
    table.push_back({action.name, note_of(action)});
  }
  output.document(all);
  output.table(table);
  return Exit::done;
}

int routes(const Globals& globals) {
  Output output(globals);
  Json all = Json::array();
  std::vector<std::vector<std::string>> table{{"METHOD", "ROUTE", "ROLE", "DOES"}};
  for (const auto& route : web::route_lines()) {
    all.push_back(Json{{"method", route.method}, {"route", route.pattern}, {"role", route.access}, {"summary", route.summary}});
    table.push_back({route.method, route.pattern, route.access, route.summary});
  }
  output.document(all);
  output.table(table);
  return Exit::done;
}

int version(const Globals& globals) {
  Output output(globals);
  output.line("fairlead " FAIRLEAD_VERSION);
  output.document(Json{{"version", FAIRLEAD_VERSION}});
  return Exit::done;
}

}  // namespace fairlead::cli
