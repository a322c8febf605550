// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/impl.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/engine/run_state.hpp"
#include "fairlead/engine/source.hpp"
#include "fairlead/pipeline/plan.hpp"
#include "fairlead/store/rows.hpp"

namespace fairlead::engine {

/// What a run will do, before anything is recorded; or why it cannot be told.
struct Resolved {
  SourceFiles files;
  std::optional<pipeline::RunPlan> plan;
  Json reused = nullptr;           ///< of run.planned (engine/reuse.hpp)
  Json recorded = nullptr;         ///< of run.planned (engine/reuse.hpp)
  std::vector<std::string> notes;
  State state = State::failed;     ///< without a plan: failed, or skipped by a filter
  std::string reason;
  std::vector<std::string> errors;
};

/// Brings the commit, reads the pipeline file at it, filters, resolves. Reads only; `run` must outlive it. Throws what Source throws.
Awaitable<Resolved> resolve_run(Engine::Impl&, const RunState& run);
/// The run.planned of what has a plan.
store::NewEvent planned_event(const RunState&, const Resolved&);

}  // namespace fairlead::engine
