// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "cli/source.hpp"
#include "fairlead/pipeline/definition.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "fairlead/triggers/scheduler.hpp"
#include "fairlead/web/web.hpp"

namespace fairlead::cli {

/// `/api/v1/schedules` over the scheduler.
web::ScheduleDoor schedule_door(triggers::Scheduler&);

/// What a pipeline's `on.schedule` asks for.
std::vector<triggers::Schedule> schedules_of(const std::string& app, const pipeline::Definition&);

/// Reads `on.schedule` of the pipeline at the tip of the app's branch and declares it. Brings the branch first.
Awaitable<void> declare_schedules(std::string app, GitSource&, const pipeline::ServerConfig&, triggers::Scheduler&, Pool&);

/// Whether a calendar of the server file allows an instant's day; Error(not_found) for an unknown one.
triggers::CalendarCheck calendar_check(const pipeline::ServerConfig&, const std::filesystem::path& folder);

}  // namespace fairlead::cli
