// SPDX-License-Identifier: Apache-2.0
#include "cli/schedules.hpp"

#include <map>
#include <memory>

#include "fairlead/base/json.hpp"
#include "fairlead/engine/calendar.hpp"
#include "fairlead/pipeline/definition.hpp"

namespace fairlead::cli {

namespace {

Duration duration_of(const Json& wanted, std::string_view key, Duration fallback) {
  const std::string text = text_at(wanted, key);
  if (text.empty()) return fallback;
  const auto value = parse_duration(text);
  if (!value) throw Error(ErrorKind::usage, std::string(key) + ": \"" + text + "\" is no duration", "write 30m, 2h or 1d");
  return *value;
}

triggers::Schedule schedule_of(const Json& wanted, const std::string& who) {
  triggers::Schedule schedule;
  schedule.app = text_at(wanted, "app");
  schedule.origin = "person";
  schedule.environment = text_at(wanted, "environment");
  schedule.ref = text_at(wanted, "ref");
  schedule.reason = text_at(wanted, "reason");
  schedule.created_by = who;
  schedule.idempotency_key = text_at(wanted, "idempotency_key");
  if (wanted.contains("inputs")) schedule.inputs = dump(wanted.at("inputs"));
  schedule.timing.cron = text_at(wanted, "cron");
  schedule.timing.zone = text_at(wanted, "zone");
  schedule.timing.calendar = text_at(wanted, "calendar");
  schedule.timing.late = duration_of(wanted, "late", schedule.timing.late);
  if (const std::string at = text_at(wanted, "at"); !at.empty()) {
    schedule.timing.at = parse_time(at);
    if (!schedule.timing.at) throw Error(ErrorKind::usage, "at: \"" + at + "\" is no time", "write 2026-11-20T22:00:00+09:00");
  }
  if (const std::string missed = text_at(wanted, "missed"); !missed.empty()) {
    const auto policy = triggers::missed_from(missed);
    if (!policy) throw Error(ErrorKind::usage, "missed: \"" + missed + "\" is none of skip, once, all");
    schedule.timing.missed = *policy;
  }
  return schedule;
}

Awaitable<Json> list(triggers::Scheduler& scheduler) {
  Json rows = Json::array();
  for (const auto& schedule : co_await scheduler.list()) rows.push_back(to_json(schedule));
  co_return rows;
}

Awaitable<Json> upcoming(triggers::Scheduler& scheduler, std::size_t count) {
  Json rows = Json::array();
  for (const auto& [at, schedule] : co_await scheduler.upcoming(count))
    rows.push_back(Json{{"at", format_time(at)}, {"schedule", to_json(schedule)}});
  co_return rows;
}

Awaitable<Json> add(triggers::Scheduler& scheduler, Json wanted, std::string who) {
  const auto added = co_await scheduler.add(schedule_of(wanted, who));
  Json json = to_json(added);
  json["existed"] = added.existed;
  co_return json;
}

triggers::Schedule declared(const std::string& app, const pipeline::ScheduleTrigger& trigger) {
  triggers::Schedule schedule;
  schedule.app = app;
  schedule.origin = "pipeline";
  schedule.created_by = "fairlead";
  schedule.timing.cron = trigger.cron;
  schedule.timing.zone = trigger.zone;
  schedule.timing.calendar = trigger.calendar;
  if (trigger.late) schedule.timing.late = *trigger.late;
  switch (trigger.missed) {
    case pipeline::Missed::skip: schedule.timing.missed = triggers::Missed::skip; break;
    case pipeline::Missed::once: schedule.timing.missed = triggers::Missed::once; break;
    case pipeline::Missed::all: schedule.timing.missed = triggers::Missed::all; break;
  }
  Json inputs = Json::object();
  for (const auto& [name, value] : trigger.inputs) inputs[name] = value;
  schedule.inputs = dump(inputs);
  return schedule;
}

}  // namespace

web::ScheduleDoor schedule_door(triggers::Scheduler& scheduler) {
  web::ScheduleDoor door;
  door.list = [&scheduler] { return list(scheduler); };
  door.upcoming = [&scheduler](std::size_t count) { return upcoming(scheduler, count); };
  door.add = [&scheduler](Json wanted, std::string who) { return add(scheduler, std::move(wanted), std::move(who)); };
  door.remove = [&scheduler](std::string id, std::string who) { return scheduler.remove(std::move(id), std::move(who)); };
  door.pause = [&scheduler](std::string id, std::string who) { return scheduler.pause(std::move(id), std::move(who)); };
  door.resume = [&scheduler](std::string id, std::string who) { return scheduler.resume(std::move(id), std::move(who)); };
  return door;
}

triggers::Declared declared_of(const std::string& app, const pipeline::Definition& definition) {
  triggers::Declared all{.schedules = {}, .http_secret = definition.on.http_secret};
  for (const auto& trigger : definition.on.schedules) all.schedules.push_back(declared(app, trigger));
  return all;
}

Awaitable<std::optional<triggers::Declared>> read_declared(std::string app, GitSource& source, const pipeline::ServerConfig& config,
                                                           Pool& pool) {
  const auto& settings = config.apps.at(app);
  engine::SourceRequest request;
  request.app = app;
  request.ref = "refs/heads/" + settings.branch;
  request.pipeline_path = settings.folder.empty() ? settings.pipeline : settings.folder + "/" + settings.pipeline;
  const std::string path = request.pipeline_path;
  const auto files = co_await source.bring(std::move(request));
  if (!files.pipeline) co_return triggers::Declared{};
  const auto definition = co_await pool.run([&] { return pipeline::parse_pipeline(*files.pipeline, path); });
  if (!definition) co_return std::nullopt;  // the run of this commit says what is wrong
  co_return declared_of(app, *definition);
}

triggers::CalendarCheck calendar_check(const pipeline::ServerConfig& config, const std::filesystem::path& folder) {
  auto calendars = std::make_shared<std::map<std::string, engine::Calendar>>();
  for (const auto& [name, settings] : config.calendars) {
    engine::CalendarRules rules;
    rules.zone = settings.zone;
    for (const auto& rule : settings.allow) rules.allow.push_back(rule.text);
    for (const auto& rule : settings.deny) rules.deny.push_back(rule.text);
    rules.holidays = settings.holidays;
    calendars->emplace(name, engine::Calendar(rules, folder));
  }
  return [calendars](const std::string& name, Time at) {
    const auto calendar = calendars->find(name);
    if (calendar == calendars->end()) throw Error(ErrorKind::not_found, "there is no calendar \"" + name + "\" in fairlead.yml");
    return calendar->second.is_business_day(at);
  };
}

}  // namespace fairlead::cli
