// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "fairlead/engine/run_state.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::engine {

/// The projection of a run for lists.
store::RunRow run_row(const RunState&);

/// Deployment records that change between two states: one per stage with an environment and attempt.
std::vector<store::DeploymentRow> deployment_rows(const RunState& before, const RunState& after, store::View&);

/// A drafted event as the store will give it back (without its place in the whole log).
store::Event as_event(const RunId&, std::int64_t version, const store::NewEvent&);

}  // namespace fairlead::engine
