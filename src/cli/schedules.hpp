// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "cli/source.hpp"
#include "fairlead/pipeline/definition.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "fairlead/triggers/declarations.hpp"
#include "fairlead/web/web.hpp"

namespace fairlead::cli {

/// `/api/v1/schedules` over the scheduler.
web::ScheduleDoor schedule_door(triggers::Scheduler&);

/// What a pipeline's `on.schedule` and `on.http` ask for.
triggers::Declared declared_of(const std::string& app, const pipeline::Definition&);

/// The same of the pipeline file at the tip of the app's branch, which is brought first; nullopt when it does not parse.
Awaitable<std::optional<triggers::Declared>> read_declared(std::string app, GitSource&, const pipeline::ServerConfig&, Pool&);

/// Whether a calendar of the server file allows an instant's day; Error(not_found) for an unknown one.
triggers::CalendarCheck calendar_check(const pipeline::ServerConfig&, const std::filesystem::path& folder);

}  // namespace fairlead::cli
