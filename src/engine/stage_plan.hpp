// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "engine/impl.hpp"
#include "fairlead/base/json_fwd.hpp"
#include "fairlead/engine/world.hpp"
#include "fairlead/pipeline/expression.hpp"

/// What the steps of a stage would do: each action that can tell is asked, in the order of the stage.
namespace fairlead::engine {

/// `value` with every {"$expr"} evaluated whose references are known; the others stay. Throws as Template::evaluate. Pure.
Json resolve_known(const Json& value, const pipeline::Scope&);

/// The run must be planned. Reads only, of a state that does not change meanwhile: `run` is a copy.
Awaitable<PlanFact> plan_stage(Engine::Impl&, RunState run, std::size_t stage);

}  // namespace fairlead::engine
