// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fairlead/base/json_fwd.hpp"

namespace fairlead::pipeline {

/// What the language knows of an action: the same table validates files, makes the JSON Schema and prints
/// `fairlead actions`.
struct ActionInput {
  std::string name;
  std::string type;  ///< "text", "list of text", "duration", "one of rolling, canary", …
  bool required = false;
  std::string fallback;
  std::string description;
};
struct ActionOutput {
  std::string name;
  std::string description;
};
struct ActionInfo {
  std::string name;
  std::string summary;
  std::string main_input;     ///< what a plain text stands for (`wait: 30s`), or empty
  bool needs_environment = false;
  bool open_outputs = false;  ///< writes outputs of any name (a script)
  bool built = false;         ///< whether this version can run it
  std::vector<ActionInput> inputs;
  std::vector<ActionOutput> outputs;
};

/// In the order of the documentation. Lives as long as the process.
const std::vector<ActionInfo>& actions();
/// nullptr when there is none of that name.
const ActionInfo* find_action(std::string_view name);
Json to_json(const ActionInfo&);

/// JSON Schema (draft 2020-12) of `.fairlead.yml` and `fairlead.yml`.
Json pipeline_schema();
Json server_schema();

}  // namespace fairlead::pipeline
