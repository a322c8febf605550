// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "cli/appspec.hpp"
#include "cli/commands.hpp"
#include "cli/find_config.hpp"
#include "cli/output.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/deploy/actions.hpp"
#include "fairlead/pipeline/definition.hpp"
#include "fairlead/pipeline/problem.hpp"
#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::cli {

namespace {

constexpr std::size_t largest = 1u << 20;

namespace fs = std::filesystem;

/// fairlead.yml is the server's file; every other name is a pipeline's, unless it is an appspec.
bool is_server_file(const fs::path& file) { return file.filename() == "fairlead.yml" || file.filename() == "fairlead.yaml"; }

/// What a file was found to be.
struct Verdict {
  std::string file;
  pipeline::Problems problems;
  std::string detail;  ///< said of a file that is valid
};

void add_ec2_problems(const pipeline::Definition& definition, pipeline::Problems& problems) {
  for (const auto& stage : definition.stages)
    for (const auto& job : stage.jobs)
      for (const auto& step : job.steps) {
        if (step.action != "ec2-deploy") continue;
        if (auto problem = deploy::problem_of_ec2_inputs(step.with); !problem.empty())
          problems.push_back({.file = definition.file, .path = step.path + ".ec2-deploy", .message = std::move(problem), .nearest = {}});
      }
}

Verdict verdict_on_appspec(const std::string& text, const std::string& file, const fs::path& bundle) {
  auto check = check_appspec(text, file, bundle);
  std::string detail = check.hooks.empty() ? ", without hooks" : ", with hooks " + join(check.hooks, ", ");
  return {file, std::move(check.problems), std::move(detail)};
}

Verdict verdict_on(const std::string& file) {
  const std::string text = read_file(file, largest);
  if (is_server_file(file)) {
    auto config = pipeline::parse_server(text, file);
    return {file, config ? pipeline::Problems{} : std::move(config.error()), {}};
  }
  if (is_appspec(file, text)) return verdict_on_appspec(text, file, fs::path(file).parent_path());
  auto definition = pipeline::parse_pipeline(text, file);
  if (!definition) return {file, std::move(definition.error()), {}};
  Verdict verdict{file, {}, {}};
  add_ec2_problems(*definition, verdict.problems);
  return verdict;
}

std::vector<std::string> files_here() {
  std::vector<std::string> files;
  for (const char* name : {".fairlead.yml", "fairlead.yml"}) {
    if (fs::exists(name)) files.emplace_back(name);
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
  for (const auto& name : files) {
    const auto [file, problems, detail] = verdict_on(name);
    for (const auto& problem : problems) all.push_back(pipeline::to_json(problem));
    if (problems.empty()) {
      output.line(file + ": valid" + detail);
    } else {
      output.error(format(problems));
    }
  }
  output.document(Json{{"files", files}, {"valid", all.empty()}, {"problems", all}});
  return all.empty() ? Exit::done : Exit::invalid;
}

}  // namespace fairlead::cli
