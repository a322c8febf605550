// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "cli/commands.hpp"
#include "cli/find_config.hpp"
#include "cli/output.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/deploy/actions.hpp"
#include "fairlead/pipeline/definition.hpp"
#include "fairlead/pipeline/problem.hpp"
#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::cli {

namespace {

constexpr std::size_t largest = 1u << 20;

/// fairlead.yml is the server's file; every other name is a pipeline's.
bool is_server_file(const std::filesystem::path& file) { return file.filename() == "fairlead.yml" || file.filename() == "fairlead.yaml"; }

pipeline::Problems problems_of(const std::string& file) {
  const std::string text = read_file(file, largest);
  if (is_server_file(file)) {
    auto config = pipeline::parse_server(text, file);
    return config ? pipeline::Problems{} : std::move(config.error());
  }
  auto definition = pipeline::parse_pipeline(text, file);
  if (!definition) return std::move(definition.error());
  pipeline::Problems problems;
  for (const auto& stage : definition->stages)
    for (const auto& job : stage.jobs)
      for (const auto& step : job.steps) {
        if (step.action != "ec2-deploy") continue;
        if (auto problem = deploy::problem_of_ec2_inputs(step.with); !problem.empty())
          problems.push_back({.file = file, .path = step.path + ".ec2-deploy", .message = std::move(problem), .nearest = {}});
      }
  return problems;
}

std::vector<std::string> files_here() {
  std::vector<std::string> files;
  for (const char* name : {".fairlead.yml", "fairlead.yml"}) {
    if (std::filesystem::exists(name)) files.emplace_back(name);
  }
  if (files.empty()) {
    if (const auto config = find_config()) files.push_back(config->string());
  }
  if (files.empty())
    throw Error(ErrorKind::not_found, "there is no .fairlead.yml and no fairlead.yml here", "fairlead init writes both, or name the files");
  return files;
}

}  // namespace

int validate(const Globals& globals, const std::vector<std::string>& named) {
  Output output(globals);
  const auto files = named.empty() ? files_here() : named;
  Json all = Json::array();
  for (const auto& file : files) {
    const auto problems = problems_of(file);
    for (const auto& problem : problems) all.push_back(pipeline::to_json(problem));
    if (problems.empty()) {
      output.line(file + ": valid");
    } else {
      output.error(format(problems));
    }
  }
  output.document(Json{{"files", files}, {"valid", all.empty()}, {"problems", all}});
  return all.empty() ? Exit::done : Exit::invalid;
}

}  // namespace fairlead::cli
