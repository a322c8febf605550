// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "fairlead/base/json_fwd.hpp"

namespace fairlead::pipeline {

/// Place in a file, 1-based; 0 means unknown.
struct Mark {
  int line = 0;
  int column = 0;
  int inset = -1;  ///< of a scalar that stands in the file as it is: columns before its first character; otherwise -1
};

/// One thing that is wrong with a file. A value, collected: all problems of a file are told at once.
struct Problem {
  std::string file;
  int line = 0;
  int column = 0;
  std::string path;     ///< "stages[1].jobs.api.steps[0].ecs-deploy.servise"; empty for the whole file
  std::string message;  ///< what is wrong and what was expected
  std::string nearest;  ///< the known word that was probably meant, or empty
};
using Problems = std::vector<Problem>;

/// Into the order of the files.
void sort_by_place(Problems&);
/// `.fairlead.yml:12:9: stages[1].jobs.api: unknown key; did you mean "needs"?`
std::string format(const Problem&);
/// One per line, in the order of the file.
std::string format(const Problems&);
Json to_json(const Problem&);

}  // namespace fairlead::pipeline
