// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fairlead/base/json.hpp"

/// Answers of the REST API that cards are drawn from, made up of whole cloth.
namespace fairlead::chat::test {

/// shop-api #42: build, staging, production; `until` says how far it came.
Json run_reading();
Json run_building();
Json run_deploying();
Json run_waiting_for_approval();
Json run_half_approved();
Json run_locked();
Json run_succeeded();
Json run_failed();
Json run_rolled_back();
Json run_canceled();
Json run_superseded();
Json run_lost();
Json run_unreadable();
Json run_retrying();
Json run_asking();
/// The same with another end of its approval: "passed", "rejected", "expired", "superseded", "canceled", "bypassed".
Json run_decided(const std::string& state);

Json environments();
Json history_rows();
Json unfinished_runs();
Json locks_and_freezes();
Json a_plan();
Json a_blocked_plan();
Json schedules();

}  // namespace fairlead::chat::test
