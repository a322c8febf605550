// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <optional>

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

/// `folder`: where its files are; without it, they are not looked at.
void add_ec2_problems(const pipeline::Definition& definition, const std::optional<fs::path>& folder, pipeline::Problems& problems) {
  for (const auto& stage : definition.stages)
    for (const auto& job : stage.jobs)
      for (const auto& step : job.steps) {
        if (step.action != "ec2-deploy") continue;
        auto problem = deploy::problem_of_ec2_inputs(step.with);
        if (problem.empty() && folder) problem = deploy::problem_of_ec2_files(step.with, *folder, has_all_files(job, step));
        if (!problem.empty())
          problems.push_back({.file = definition.file, .path = step.path + ".ec2-deploy", .message = std::move(problem), .nearest = {}});
      }
}

Verdict verdict_on_appspec(const std::string& text, const std::string& file, const std::optional<fs::path>& bundle) {
  auto check = check_appspec(text, file, bundle);
  std::string detail = check.hooks.empty() ? ", without hooks" : ", with hooks " + join(check.hooks, ", ");
  if (!bundle) detail += "; its files were not looked for: the job makes or takes some";
  return {file, std::move(check.problems), std::move(detail)};
}

/// A pipeline, and behind it the appspecs in `folder` that its steps go by.
std::vector<Verdict> verdicts_on_pipeline(const std::string& text, const std::string& file, const std::optional<fs::path>& folder) {
  auto definition = pipeline::parse_pipeline(text, file);
  if (!definition) return {{file, std::move(definition.error()), {}}};
  std::vector<Verdict> verdicts{{file, {}, {}}};
  add_ec2_problems(*definition, folder, verdicts.front().problems);
  if (!folder) return verdicts;
  for (const auto& [name, complete] : appspecs_of(*definition, *folder))
    verdicts.push_back(verdict_on_appspec(read_file(*folder / name, largest), name, complete ? folder : std::nullopt));
  return verdicts;
}

/// `folder`: where the files are that a pipeline names; without it, they are not looked at.
std::vector<Verdict> verdicts_on(const std::string& file, const std::optional<fs::path>& folder) {
  const std::string text = read_file(file, largest);
  if (is_server_file(file)) {
    auto config = pipeline::parse_server(text, file);
    return {{file, config ? pipeline::Problems{} : std::move(config.error()), {}}};
  }
  if (is_appspec(file, text)) return {verdict_on_appspec(text, file, bundle_of(file))};
  return verdicts_on_pipeline(text, file, folder);
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
  Json files = Json::array(), all = Json::array();
  const auto folder = named.empty() ? std::optional(fs::path(".")) : std::nullopt;
  for (const auto& name : named.empty() ? files_here() : named) {
    for (const auto& [file, problems, detail] : verdicts_on(name, folder)) {
      files.push_back(file);
      for (const auto& problem : problems) all.push_back(pipeline::to_json(problem));
      if (problems.empty()) {
        output.line(file + ": valid" + detail);
      } else {
        output.error(format(problems));
      }
    }
  }
  output.document(Json{{"files", files}, {"valid", all.empty()}, {"problems", all}});
  return all.empty() ? Exit::done : Exit::invalid;
}

}  // namespace fairlead::cli
