// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "fairlead/base/json.hpp"
#include "fairlead/engine/run_state.hpp"
#include "fairlead/store/rows.hpp"

/// The parts of apply(), by what they change. Each gets the payload parsed.
namespace fairlead::engine::folding {

struct Input {
  const store::Event& event;
  const Json& payload;
};

/// Throws Error(internal): the event is no path of the automaton.
[[noreturn]] void no_path(const RunState&, const Input&, std::string_view why);
void require(bool condition, const RunState&, const Input&, std::string_view why);

StageState& stage_of(RunState&, const Input&);
/// The payload's "job".
JobState& job_of(RunState&, const Input&);
StageState& stage_with(RunState&, const JobState&);
/// Run state while it is under way: running, waiting at a gate, or queued.
void refresh(RunState&);
std::vector<std::string> texts_at(const Json&, std::string_view key);

/// A stage ends (or the run does): what is left of it ends too.
void close_stage(StageState&, State, const std::string& reason, Time);
void reset_job(JobState&);

void gate_opened(RunState&, const Input&);
void gate_voted(RunState&, const Input&);
void gate_revoked(RunState&, const Input&);
void gate_closed(RunState&, const Input&);
void gate_reminded(RunState&, const Input&);

void stage_started(RunState&, const Input&);
void stage_finished(RunState&, const Input&);
void stage_retried(RunState&, const Input&);
void stage_rolled_back(RunState&, const Input&);

void job_queued(RunState&, const Input&);
void job_started(RunState&, const Input&);
void job_finished(RunState&, const Input&);
void step_started(RunState&, const Input&);
void step_finished(RunState&, const Input&);
void step_progress(RunState&, const Input&);
void step_asked(RunState&, const Input&);
void step_answered(RunState&, const Input&);

}  // namespace fairlead::engine::folding
