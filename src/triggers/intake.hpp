// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "fairlead/engine/engine.hpp"
#include "fairlead/triggers/match.hpp"
#include "fairlead/triggers/provider.hpp"

/// What one request comes to, decided before the transaction: pure.
namespace fairlead::triggers {

/// One ref of one app that a request told of.
struct RefChange {
  std::string app;
  std::string ref;
  std::string before;
  std::string after;  ///< empty: deleted
  bool app_branch = false;
};

struct Intake {
  std::vector<engine::StartRequest> starts;
  std::vector<RefChange> refs;  ///< to be noted, also where nothing starts
  std::string reason;           ///< why nothing starts, when `starts` is empty
};

/// The same request always gives the same id, so that a redelivery after a restored backup finds the run it made.
std::string trigger_id(std::string_view source, std::string_view delivery_id);

Intake plan_intake(const Parsed&, const AppIndex&, const std::string& trigger);

}  // namespace fairlead::triggers
