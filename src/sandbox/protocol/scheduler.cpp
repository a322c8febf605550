// SPDX-License-Identifier: Apache-2.0
#include "sandbox/protocol/wire.hpp"

namespace fairlead::sandbox::wire {

/// "/schedules/NAME", "/schedules", "/schedule-groups…": the method says which operation, the query the filters.
Reading read_scheduler(const net::Request& request) {
  Reading reading;
  reading.style = Style::rest_json;
  reading.call.service = "scheduler";
  reading.call.params = request.body.empty() ? Json::object() : parse_json(request.body);
  const bool groups = !request.segments.empty() && request.segments[0] == "schedule-groups";
  const std::string noun = groups ? "ScheduleGroup" : "Schedule";
  if (request.segments.size() > 1) {
    reading.call.params["Name"] = request.segments[1];
    const std::map<std::string, std::string> verbs{{"GET", "Get"}, {"POST", "Create"}, {"PUT", "Update"}, {"DELETE", "Delete"}};
    const auto verb = verbs.find(request.method);
    reading.call.operation = verb == verbs.end() ? request.method : verb->second + noun;
  } else {
    reading.call.operation = "List" + noun + "s";
  }
  const std::map<std::string, std::string> names{{"groupName", "GroupName"},   {"ScheduleGroup", "GroupName"},
                                                 {"NamePrefix", "NamePrefix"}, {"clientToken", "ClientToken"},
                                                 {"NextToken", "NextToken"},   {"State", "State"}};
  for (const auto& [key, value] : request.query)
    if (const auto name = names.find(key); name != names.end()) reading.call.params[name->second] = value;
  return reading;
}

}  // namespace fairlead::sandbox::wire
