// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chat/cards/blocks.hpp"

namespace fairlead::chat {

/// What the steps of a stage would do: [{job, step, name, action, lines[], problems[{fatal, text, advice}]}], also under "steps".
void add_plan(Blocks&, const Json& plan);

}  // namespace fairlead::chat
