// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "chat/cards/blocks.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/chat/cards.hpp"

/// What a run's JSON says in words.
namespace fairlead::chat {

bool has_ended(const Json& run);
/// Name of the stage it is about now: the one that runs or waits; at the end the one that ended badly, else the last with an
/// environment. Null when there is none.
const Json& current_stage(const Json& run);
/// Where it goes or went: the target of a deploy, else the environment of the current stage. Plain, may be empty.
std::string environment_of(const Json& run);
/// "shop-api → production #42". Plain.
std::string run_title(const Json& run);
/// "deploying 2/4", "waits for approval 3/4", "deployed", "failed". Plain.
std::string run_phase(const Json& run);
/// The same in one sentence for `text`. Escaped.
std::string run_sentence(const CardContext&, const Json& run);

/// The open gate of the kind, or null.
const Json& open_gate(const Json& stage, std::string_view kind);
/// Why it waits, people as mentions. Escaped.
std::string gate_reason(const CardContext&, const Json& gate);
/// Whom an open approval takes: "@deployers (1 of 1 missing)". Escaped.
std::string needed_people(const CardContext&, const Json& gate);
const Json& approval_gate(const Json& stage);
const Json& stage_of(const Json& run, std::string_view name);

/// "web/api: 2 of 4 tasks serving"; "" when the step tells nothing. Plain.
std::string progress_text(const Json& progress);
/// The lines under the glyph of a stage, the first with it. Escaped.
std::vector<std::string> stage_lines(const CardContext&, const Json& stage);
/// Where and why it ended badly; empty members where that is not known. Plain.
struct BrokenStep {
  std::string stage, environment, job, step, reason;
  int index = 0;
};
BrokenStep broken_step(const Json& run);

}  // namespace fairlead::chat
