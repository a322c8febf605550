// SPDX-License-Identifier: Apache-2.0
#include "fairlead/pipeline/problem.hpp"

#include <algorithm>
#include <tuple>

#include "fairlead/base/json.hpp"

namespace fairlead::pipeline {

std::string format(const Problem& problem) {
  std::string out = problem.file;
  if (problem.line > 0) out += ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column);
  if (!out.empty()) out += ": ";
  if (!problem.path.empty()) out += problem.path + ": ";
  out += problem.message;
  if (!problem.nearest.empty()) out += "; did you mean \"" + problem.nearest + "\"?";
  return out;
}

void sort_by_place(Problems& problems) {
  std::ranges::sort(problems, [](const Problem& a, const Problem& b) {
    return std::tie(a.file, a.line, a.column, a.path, a.message) < std::tie(b.file, b.line, b.column, b.path, b.message);
  });
}

std::string format(const Problems& problems) {
  Problems sorted = problems;
  sort_by_place(sorted);
  std::string out;
  for (const auto& problem : sorted) out += format(problem) + "\n";
  return out;
}

Json to_json(const Problem& problem) {
  Json out = {
      {"file", problem.file}, {"line", problem.line}, {"column", problem.column}, {"path", problem.path}, {"message", problem.message}};
  if (!problem.nearest.empty()) out["nearest"] = problem.nearest;
  return out;
}

}  // namespace fairlead::pipeline
