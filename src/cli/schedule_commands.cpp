// SPDX-License-Identifier: Apache-2.0
#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::cli {

namespace {

std::string what_of(const Json& schedule) {
  const std::string environment = text_at(schedule, "environment");
  const std::string ref = text_at(schedule, "ref");
  return text_at(schedule, "app") + (environment.empty() ? "" : " → " + environment) + (ref.empty() ? "" : " @ " + short_ref(ref));
}

std::string when_of(const Json& schedule) {
  const std::string cron = text_at(schedule, "cron");
  if (cron.empty()) return text_at(schedule, "at", "-");
  return cron + " " + text_at(schedule, "zone", "UTC");
}

}  // namespace

int schedule_list(const Globals& globals) {
  Client client(globals);
  Output output(globals);
  const Json rows = client.get("/api/v1/schedules");
  output.document(rows);
  std::vector<std::vector<std::string>> table{{"ID", "WHAT", "WHEN", "NEXT", "BY", "NOTE"}};
  for (const auto& row : rows) {
    const std::string paused = text_at(row, "paused_by");
    table.push_back({text_at(row, "id"), what_of(row), when_of(row), text_at(row, "next", "-"), text_at(row, "created_by"),
                     paused.empty() ? text_at(row, "reason") : "paused by " + paused});
  }
  output.table(table);
  if (rows.empty()) output.line("no schedules; a pipeline's on.schedule or `fairlead deploy --cron` makes one");
  return Exit::done;
}

int schedule_next(const Globals& globals, int count) {
  Client client(globals);
  Output output(globals);
  const Json rows = client.get("/api/v1/schedules/next?limit=" + std::to_string(count));
  output.document(rows);
  std::vector<std::vector<std::string>> table{{"AT", "WHAT", "SCHEDULE"}};
  for (const auto& row : rows)
    table.push_back({text_at(row, "at"), what_of(member(row, "schedule")), text_at(member(row, "schedule"), "id")});
  output.table(table);
  if (rows.empty()) output.line("nothing is due");
  return Exit::done;
}

int schedule_change(const Globals& globals, const std::string& id, const std::string& verb) {
  Client client(globals);
  Output output(globals);
  const std::string path = "/api/v1/schedules/" + segment(id);
  if (verb == "remove") {
    client.remove(path);
  } else {
    client.post(path + "/" + verb, Json::object());
  }
  output.line(id + " " + verb + "d");
  output.document(Json{{"id", id}, {"done", verb}});
  return Exit::done;
}

}  // namespace fairlead::cli
