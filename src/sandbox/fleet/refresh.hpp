// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/fleet/fleet.hpp"

/// Instance refresh: a group's members are replaced by ones of another configuration.
namespace fairlead::sandbox::fleet {

/// Of nothing: all.
int percent_of(int part, int whole);

// refresh.cpp
/// The one that is not over; nothing when there is none.
Refresh* active_refresh(ScalingGroup&);
/// Its turn in a look of the group: members it terminates, its own end. How many members there should be.
int take_turn(Context&, ScalingGroup&);
/// What is launched now: the desired configuration, or the group's own.
const Json& launched_configuration(const ScalingGroup&);
/// A member was launched while it goes on.
void note_launch(ScalingGroup&, const std::string& id);
void begin_rollback(Context&, ScalingGroup&, Refresh&, const std::string& reason);
void end_refresh(Context&, Refresh&, const std::string& status, const std::string& reason);

// refresh_members.cpp
/// What is to be replaced and what replaces it, as of now.
struct Standing {
  std::vector<Instance*> ready_olds, unready_olds;  ///< may be terminated
  std::vector<Instance*> blocked;                   ///< protected or in standby, and waited for
  std::vector<Instance*> unready_fresh, warming;    ///< of the unready, those that are healthy
  bool leaving = false;                             ///< some are being terminated
  int live = 0, ready = 0, ready_fresh = 0;

  int olds() const { return static_cast<int>(ready_olds.size() + unready_olds.size() + blocked.size()); }
};
Standing standing_of(Context&, ScalingGroup&, Refresh&);
/// Fills in what has to be replaced.
void choose_olds(Context&, ScalingGroup&, Refresh&);
int done_of(const Standing&, const Refresh&);

// refresh_view.cpp, refresh_api.cpp
Json refresh_view(const ScalingGroup&, const Refresh&);
void add_refreshes(Table&);

// refresh_preferences.cpp
/// With AWS's defaults. Refusal: ValidationError.
Json preferences_of(const ScalingGroup&, const Json& given);
/// Why the group could not go back; empty when it could.
std::string irreversible(Context&, const ScalingGroup&, const Json& desired);

}  // namespace fairlead::sandbox::fleet
