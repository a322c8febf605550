// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "fairlead/base/json_fwd.hpp"

/// What an approval is shown and binds to, beyond the frozen plan of the run. Pure.
namespace fairlead::engine {

/// The digest of a gate: of the run's plan and of what the steps said they would do; the former alone when they said nothing.
std::string bound_digest(const std::string& run_digest, const std::string& steps_digest);

/// What of a PlanFact's steps is kept with the gate: everything but the details.
Json shown_plan(const Json& steps);

/// The difference of two plans as a person would say it: "now: …" with the lines that are new, at most two.
std::string change_text(const Json& before, const Json& after);

}  // namespace fairlead::engine
