// SPDX-License-Identifier: Apache-2.0
#include "triggers/schedule_doc.hpp"

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::triggers {
namespace {

Json timing_json(const Timing& timing) {
  return {{"cron", timing.cron},         {"at", json_time(timing.at)},  {"zone", timing.zone},
          {"calendar", timing.calendar}, {"late", timing.late.count()}, {"missed", to_string(timing.missed)}};
}

Timing timing_of(const Json& json) {
  Timing timing;
  timing.cron = text_at(json, "cron");
  timing.at = time_at(json, "at");
  timing.zone = text_at(json, "zone");
  timing.calendar = text_at(json, "calendar");
  timing.late = Duration(number_at(json, "late", timing.late.count()));
  timing.missed = missed_from(text_at(json, "missed")).value_or(Missed::skip);
  return timing;
}

std::string timing_text(const Timing& timing) {
  if (timing.cron.empty()) return "at " + format_time(*timing.at);
  return timing.cron + (timing.zone.empty() ? "" : " " + timing.zone);
}

store::NewEvent event(const std::string& type, const Json& payload, const std::string& actor) {
  return {.type = type, .payload = dump(payload), .actor = actor};
}

}  // namespace

Json to_json(const Schedule& schedule) {
  const auto& timing = schedule.timing;
  Json json{{"id", schedule.id},
            {"app", schedule.app},
            {"origin", schedule.origin},
            {"cron", timing.cron.empty() ? Json() : Json(timing.cron)},
            {"at", timing.at ? Json(format_time(*timing.at)) : Json()},
            {"zone", timing.zone.empty() ? "UTC" : timing.zone},
            {"calendar", timing.calendar.empty() ? Json() : Json(timing.calendar)},
            {"late", format_duration(timing.late)},
            {"missed", to_string(timing.missed)},
            {"ref", schedule.ref.empty() ? Json() : Json(schedule.ref)},
            {"environment", schedule.environment.empty() ? Json() : Json(schedule.environment)},
            {"inputs", parse_json(schedule.inputs)},
            {"reason", schedule.reason},
            {"created_by", schedule.created_by},
            {"created_at", format_time(schedule.created_at)},
            {"paused_by", schedule.paused_by.empty() ? Json() : Json(schedule.paused_by)}};
  auto next = schedule.paused_by.empty() ? next_due(timing, schedule.handled) : std::nullopt;
  json["next"] = next ? Json(format_time(*next)) : Json();
  return json;
}

std::string to_document(const Schedule& schedule) {
  return dump(Json{{"id", schedule.id},
                   {"app", schedule.app},
                   {"origin", schedule.origin},
                   {"timing", timing_json(schedule.timing)},
                   {"ref", schedule.ref},
                   {"environment", schedule.environment},
                   {"inputs", schedule.inputs},
                   {"reason", schedule.reason},
                   {"created_by", schedule.created_by},
                   {"created_at", to_micros(schedule.created_at)},
                   {"paused_by", schedule.paused_by},
                   {"handled", to_micros(schedule.handled)}});
}

Schedule from_document(const std::string& text) {
  auto json = parse_json(text);
  Schedule schedule;
  schedule.id = text_at(json, "id");
  schedule.app = text_at(json, "app");
  schedule.origin = text_at(json, "origin");
  schedule.timing = timing_of(member(json, "timing"));
  schedule.ref = text_at(json, "ref");
  schedule.environment = text_at(json, "environment");
  schedule.inputs = text_at(json, "inputs", "{}");
  schedule.reason = text_at(json, "reason");
  schedule.created_by = text_at(json, "created_by");
  schedule.created_at = from_micros(number_at(json, "created_at"));
  schedule.paused_by = text_at(json, "paused_by");
  schedule.handled = from_micros(number_at(json, "handled"));
  return schedule;
}

std::string declared_id(const Schedule& schedule) {
  Json content{
      {"timing", timing_json(schedule.timing)}, {"inputs", schedule.inputs}, {"ref", schedule.ref}, {"environment", schedule.environment}};
  return schedule.app + "-" + sha256_hex(dump(content)).substr(0, 8);
}

engine::StartRequest start_of(const Schedule& schedule, const Due& due) {
  engine::StartRequest start;
  start.app = schedule.app;
  start.ref = schedule.ref;
  start.trigger = "schedule";
  start.actor = schedule.created_by;
  start.trigger_id = uuid_from("schedule " + schedule.id + " " + std::to_string(to_micros(due.at)));
  start.reason = schedule.reason.empty() ? "schedule " + timing_text(schedule.timing) : schedule.reason;
  if (!due.reason.empty()) start.reason += " (" + due.reason + ")";
  start.inputs = schedule.inputs;
  start.environment = schedule.environment;
  start.idempotency_key = start.trigger_id;
  return start;
}

store::NewEvent fired_event(const Schedule& schedule, const Due& due, const RunId& run) {
  return event("schedule.fired", {{"schedule", schedule.id}, {"due", to_micros(due.at)}, {"run", run.str()}, {"reason", due.reason}},
               schedule.created_by);
}

store::NewEvent skipped_event(const Schedule& schedule, const Due& due) {
  return event(
      "schedule.skipped",
      {{"schedule", schedule.id}, {"from", to_micros(due.at)}, {"to", to_micros(due.last)}, {"count", due.count}, {"reason", due.reason}},
      schedule.created_by);
}

store::NewEvent change_event(const std::string& type, const Schedule& schedule, const std::string& who) {
  return event(type,
               {{"schedule", schedule.id},
                {"timing", timing_json(schedule.timing)},
                {"origin", schedule.origin},
                {"environment", schedule.environment}},
               who);
}

}  // namespace fairlead::triggers
