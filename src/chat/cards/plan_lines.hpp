// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "chat/cards/blocks.hpp"

namespace fairlead::chat {

/// What the steps of a stage would do: [{job, step, name, action, lines[], problems[{fatal, text, advice}]}], also under "steps".
void add_plan(Blocks&, const Json& plan);
/// What is there now and how much would change, of the answer of `plan`. Escaped.
std::string changes_line(const CardContext&, const Json& plan);
/// What it would wait for, and why it cannot be. Escaped; empty: nothing.
std::string plan_warnings(const CardContext&, const Json& plan);

}  // namespace fairlead::chat
