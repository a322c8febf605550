// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "engine/plan_index.hpp"
#include "fairlead/base/json_fwd.hpp"
#include "fairlead/engine/run_state.hpp"

/// `if:` of stages and jobs.
namespace fairlead::engine {

/// Whether it runs, else why not. `broken`: the condition itself could not be evaluated; then `reason` is the error.
struct Answer {
  bool runs = false;
  bool broken = false;
  std::string reason;
};

/// By the stages before it and a cancel.
Answer stage_condition(const RunState&, std::size_t stage);
/// By the jobs it needs, which have all ended, and a cancel. Without a condition of its own it also wants none of them skipped.
Answer job_condition(const RunState&, std::size_t stage, std::size_t job);
/// Whether a cancel of the run stops what has not started in this stage.
bool cancels(const RunState&, std::size_t stage);
/// Whether this text can hold in a canceled run at all: it names always() or canceled().
bool survives_cancel(const std::string& condition);

/// What expressions of a stage see: git, run, app, inputs, environment, and the ended jobs up to it.
Json stage_contexts(const RunState&, std::size_t stage);

/// Whether the stage began, failed, and is to be rolled back by a run that does not exist yet. A lost deploy needs eyes first,
/// a person who canceled wants no more, and a rollback that fails is not rolled back to where it came from.
bool wants_rollback(const RunState&, std::size_t stage);
/// `on-failure: rollback` ends what was let in: it waits for the environment alone, not for people, clocks or checks.
bool is_automatic_rollback(const RunState&);

/// "canceled by user:ops@example.com: wrong branch"
std::string cancel_text(const CancelRequest&);

/// "unit: exit 1": the first line of why a stage did not succeed.
std::string first_failure(const StageState&);

}  // namespace fairlead::engine
