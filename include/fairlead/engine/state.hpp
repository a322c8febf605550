// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace fairlead::engine {

/// State of a run, stage, job or step (product.md, Words).
enum class State { queued, waiting, running, succeeded, failed, canceled, skipped, superseded, lost };

std::string_view to_string(State);
std::optional<State> parse_state(std::string_view);

/// Terminal states have no outgoing edge (invariant I3); a retry makes a new attempt.
constexpr bool is_terminal(State state) { return state > State::running; }

}  // namespace fairlead::engine
