// SPDX-License-Identifier: Apache-2.0
#include "cli/appspec.hpp"

#include "cli/deploying.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/pipeline/definition.hpp"
#include "fairlead/pipeline/value.hpp"

namespace fairlead::cli {

namespace {

namespace fs = std::filesystem;

/// The appspec that a step goes by; empty: none, or one that only its archive or an expression can tell.
std::string appspec_of(const Json& with, const fs::path& folder) {
  for (const char* key : {"destination", "archive"})
    if (!member(with, key).is_null()) return {};
  if (text_at(with, "strategy") == "instance-refresh") return {};
  return deploy::appspec_in(folder, text_at(with, "appspec", "appspec.yml"));
}

}  // namespace

fs::path bundle_of(const fs::path& appspec) {
  const auto own = fs::absolute(appspec).lexically_normal().parent_path();
  for (auto folder = own;; folder = folder.parent_path()) {
    if (fs::exists(folder / ".fairlead.yml") || fs::exists(folder / ".git")) return folder;
    if (folder == folder.parent_path()) return own;
  }
}

bool has_all_files(const pipeline::Job& job, const pipeline::Step& step) {
  return job.artifacts_from.empty() && step.path == job.steps.front().path;
}

bool is_appspec(const fs::path& file, const std::string& text) {
  if (file.filename() == "appspec.yml" || file.filename() == "appspec.yaml") return true;
  pipeline::Problems ignored;
  const auto root = pipeline::load_yaml(text, file.string(), ignored);
  const auto* version = root ? root->find("version") : nullptr;
  return version != nullptr && version->text() == "0.0" && (root->find("os") != nullptr || root->find("Resources") != nullptr);
}

AppspecCheck check_appspec(const std::string& text, const std::string& file, const std::optional<fs::path>& bundle) {
  AppspecCheck check{.file = file, .kind = {}, .hooks = {}, .problems = {}};
  const auto root = pipeline::load_yaml(text, file, check.problems);
  if (!root) return check;
  Json document = root->to_json();
  if (check.problems.empty()) {
    try {
      document = read_definition(text, file, Json::object());
    } catch (const Error& error) {
      check.problems.push_back({.file = file, .line = 0, .column = 0, .path = {}, .message = error.message(), .nearest = {}});
    }
  }
  auto report = deploy::check_appspec(document, bundle);
  check.kind = report.kind;
  check.hooks = std::move(report.hooks);
  for (auto& flaw : report.flaws) {
    const auto mark = pipeline::place_of(*root, flaw.path);
    check.problems.push_back({file, mark.line, mark.column, std::move(flaw.path), std::move(flaw.what), std::move(flaw.nearest)});
  }
  pipeline::sort_by_place(check.problems);
  return check;
}

std::map<std::string, bool> appspecs_of(const pipeline::Definition& definition, const fs::path& folder) {
  std::map<std::string, bool> found;
  for (const auto& stage : definition.stages)
    for (const auto& job : stage.jobs)
      for (const auto& step : job.steps) {
        if (step.action != "ec2-deploy") continue;
        const auto name = appspec_of(step.with, folder);
        if (name.empty()) continue;
        found[name] = found[name] || has_all_files(job, step);
      }
  return found;
}

}  // namespace fairlead::cli
