// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/output.hpp"

namespace fairlead::cli {

/// What a step asks, and how to answer.
std::string question_text(const Json& asked);

/// What an unfinished run waits for and how to go on, or which steps run; a line for each. Pure.
std::vector<std::string> pending_lines(const Json& run);

/// What a step would do and what would stop it, as `plan` and an open approval have it.
void print_step_plan(Output&, const Json& plan, const std::string& indent);

/// The tree of a run, as `show` prints it.
void print_run(Output&, const Json& run);

}  // namespace fairlead::cli
