// SPDX-License-Identifier: Apache-2.0
#include "cli/appspec.hpp"

#include "cli/deploying.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/pipeline/value.hpp"

namespace fairlead::cli {

namespace fs = std::filesystem;

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

}  // namespace fairlead::cli
