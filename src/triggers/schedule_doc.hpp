// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "fairlead/engine/engine.hpp"
#include "fairlead/triggers/scheduler.hpp"

/// Schedules as documents of the store, and as events of their app's stream.
namespace fairlead::triggers {

inline constexpr std::string_view schedule_kind = "schedule";

std::string to_document(const Schedule&);
/// Throws Error(invalid) for what to_document did not write.
Schedule from_document(const std::string&);

/// The id of a pipeline's schedule follows from what it says: unchanged lines keep their state.
std::string declared_id(const Schedule&);

engine::StartRequest start_of(const Schedule&, const Due&);
store::NewEvent fired_event(const Schedule&, const Due&, const RunId&);
store::NewEvent skipped_event(const Schedule&, const Due&);
/// "schedule.added", "schedule.removed", "schedule.paused", "schedule.resumed".
store::NewEvent change_event(const std::string& type, const Schedule&, const std::string& who);

}  // namespace fairlead::triggers
