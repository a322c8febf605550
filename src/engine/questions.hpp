// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "fairlead/engine/engine.hpp"
#include "fairlead/engine/run_state.hpp"
#include "fairlead/store/rows.hpp"

/// What running steps ask people, and how an answer becomes an event. Pure.
namespace fairlead::engine {

struct Asking {
  const StageState* stage = nullptr;
  const JobState* job = nullptr;
  const StepState* step = nullptr;
};
/// Steps with an open question, in the order of the run.
std::vector<Asking> asking(const RunState&);

/// Throws as Engine::answer.
store::NewEvent answer_event(const RunState&, const Reply&, std::string& text);

}  // namespace fairlead::engine
