// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace fairlead::pipeline {

// Checks of single texts for the tables: the problem in words, or empty.

std::string check_not_empty(std::string_view);
/// Names in expressions and files: a letter or _, then letters, digits, _ and -; at most 64.
std::string check_id(std::string_view);
/// Shown names: one line, at most 100 characters.
std::string check_title(std::string_view);
/// Environment variables; FAIRLEAD… is the server's.
std::string check_env_name(std::string_view);
std::string check_secret_name(std::string_view);
/// Five fields: minute hour day month weekday.
std::string check_cron(std::string_view);
/// Looks like an IANA name.
std::string check_zone(std::string_view);
/// http:// or https://
std::string check_url(std::string_view);
/// Relative, within the workspace.
std::string check_inside(std::string_view);
/// lost, timeout, failure or "exit 75".
std::string check_retry_on(std::string_view);
std::string check_on_failure(std::string_view);
std::string check_glob(std::string_view);
std::string check_person(std::string_view);
std::string check_notify_target(std::string_view);
std::string check_calendar_rule(std::string_view);
std::string check_listen(std::string_view);
std::string check_network(std::string_view);
std::string check_repository(std::string_view);
std::string check_duration_or_forever(std::string_view);
std::string check_arn(std::string_view);
std::string check_region(std::string_view);
std::string check_store(std::string_view);

}  // namespace fairlead::pipeline
