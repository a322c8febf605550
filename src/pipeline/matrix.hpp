// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "fairlead/pipeline/definition.hpp"

namespace fairlead::pipeline {

constexpr std::size_t max_jobs = 256;  ///< of a run, matrix expanded

/// One combination: its values, and how it is told from the others ("18, linux").
struct Combination {
  Json values;
  std::string label;
};

/// All combinations: the product of the axes in the order of the file, without `exclude`, then `include`: an entry whose
/// values agree with a combination adds to it, any other is a combination of its own. One without values for no matrix.
std::vector<Combination> expand(const Matrix&);

/// What is wrong with it; empty when nothing is.
std::string matrix_problem(const Matrix&);

}  // namespace fairlead::pipeline
