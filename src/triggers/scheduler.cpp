// SPDX-License-Identifier: Apache-2.0
#include "fairlead/triggers/scheduler.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/base/strings.hpp"
#include "triggers/schedule_doc.hpp"

namespace fairlead::triggers {
namespace {

/// The longest the timer sleeps: a clock that was set forward is noticed then.
constexpr Duration longest_wait = std::chrono::minutes{1};
constexpr Duration retry_wait = std::chrono::seconds{30};

std::string stream_of(const Schedule& schedule) { return "app:" + schedule.app; }

std::vector<Schedule> read_schedules(store::View& view) {
  std::vector<Schedule> all;
  for (const auto& doc : view.list(schedule_kind)) all.push_back(from_document(doc.body));
  return all;
}

Schedule find(store::View& view, const std::string& id) {
  if (auto doc = view.get(schedule_kind, id)) return from_document(doc->body);
  std::vector<std::string> ids;
  for (const auto& schedule : read_schedules(view)) ids.push_back(schedule.id);
  auto close = nearest(id, ids);
  throw Error(ErrorKind::not_found, "there is no schedule " + ellipsize(id, 80),
              close         ? "did you mean " + *close + "?"
              : ids.empty() ? "there are no schedules"
                            : "fairlead schedule list shows them");
}

bool by_time(const std::pair<Time, Schedule>& a, const std::pair<Time, Schedule>& b) {
  return std::tie(a.first, a.second.id) < std::tie(b.first, b.second.id);
}

void put(store::Tx& tx, const Schedule& schedule) { tx.put(schedule_kind, schedule.id, to_document(schedule)); }

/// Whether exactly these are the app's declared schedules already.
bool is_declared(const std::vector<Schedule>& all, const std::string& app, const std::map<std::string, Schedule>& wanted) {
  std::size_t found = 0;
  for (const auto& schedule : all) {
    if (schedule.app != app || schedule.origin != "pipeline") continue;
    if (!wanted.contains(schedule.id)) return false;
    ++found;
  }
  return found == wanted.size();
}

void require_valid(const Schedule& schedule, Time now) {
  const auto& timing = schedule.timing;
  if (timing.cron.empty() == !timing.at.has_value())
    throw Error(ErrorKind::invalid, "a schedule needs a cron expression or a time, one of them");
  require_zone(timing.zone);
  if (!next_due(timing, now)) {
    throw Error(ErrorKind::invalid, timing.at ? "the time " + format_time(*timing.at) + " has passed" : "the schedule is never due",
                "give a time to come");
  }
}

/// Fail closed: a calendar that cannot be asked does not allow.
CalendarCheck careful(const CalendarCheck& calendar) {
  return [&calendar](const std::string& name, Time at) {
    try {
      return calendar(name, at);
    } catch (const Error& error) {
      log::warn("schedule.calendar", {{"calendar", name}, {"error", error.message()}});
      return false;
    }
  };
}

/// Records decided due instants and starts their runs; all in the caller's transaction.
std::vector<RunId> perform(store::Tx& tx, Schedule schedule, const std::vector<Due>& dues, Time until, const Starter& starter) {
  std::vector<RunId> runs;
  std::vector<store::NewEvent> events;
  for (auto due : dues) {
    if (due.run) {
      try {
        runs.push_back(starter.create(tx, start_of(schedule, due)).id);
        events.push_back(fired_event(schedule, due, runs.back()));
        continue;
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::not_found && error.kind() != ErrorKind::invalid) throw;
        due.reason = error.message();
      }
    }
    events.push_back(skipped_event(schedule, due));
  }
  if (!events.empty()) tx.append(stream_of(schedule), -1, events);
  schedule.handled = until;
  if (schedule.timing.cron.empty()) {
    tx.erase(schedule_kind, schedule.id);
  } else {
    put(tx, schedule);
  }
  return runs;
}

}  // namespace

Scheduler::Scheduler(Parts parts) : parts_(std::move(parts)), changed_(parts_.executor) {}

Awaitable<void> Scheduler::declare(std::string app, std::vector<Schedule> wanted) {
  auto at = parts_.clock();
  std::map<std::string, Schedule> by_id;
  for (auto& schedule : wanted) {
    schedule.app = app;
    schedule.origin = "pipeline";
    if (schedule.created_by.empty()) schedule.created_by = "fairlead";
    try {
      require_valid(schedule, at);
    } catch (const Error& error) {
      log::warn("schedule.invalid", {{"app", app}, {"error", error.message()}});
      continue;
    }
    schedule.id = declared_id(schedule);
    schedule.created_at = schedule.handled = at;
    by_id.emplace(schedule.id, schedule);
  }
  if (is_declared(co_await read_all(), app, by_id)) co_return;
  co_await parts_.store->transact([&](store::Tx& tx) {
    auto fresh = by_id;
    for (const auto& old : read_schedules(tx)) {
      if (old.app != app || old.origin != "pipeline" || fresh.erase(old.id) > 0) continue;
      tx.append(stream_of(old), -1, {change_event("schedule.removed", old, "fairlead")});
      tx.erase(schedule_kind, old.id);
    }
    for (const auto& [id, schedule] : fresh) {
      tx.append(stream_of(schedule), -1, {change_event("schedule.added", schedule, "fairlead")});
      put(tx, schedule);
    }
  });
  stale_ = true;
  changed_.notify_all();
}

Awaitable<Schedule> Scheduler::add(Schedule schedule) {
  auto at = parts_.clock();
  schedule.origin = "person";
  schedule.id = schedule.app + "-" + hex(random_bytes(4));
  schedule.created_at = schedule.handled = at;
  auto key = schedule.idempotency_key.empty() ? std::string() : schedule.app + "/schedule/" + schedule.idempotency_key;
  auto added = co_await parts_.store->transact([&](store::Tx& tx) {
    if (auto earlier = key.empty() ? std::nullopt : tx.get("idempotency", key)) {
      auto known = from_document(earlier->body);
      known.existed = true;
      return known;
    }
    require_valid(schedule, at);
    tx.append(stream_of(schedule), -1, {change_event("schedule.added", schedule, schedule.created_by)});
    put(tx, schedule);
    if (!key.empty()) tx.put("idempotency", key, to_document(schedule));
    return schedule;
  });
  stale_ = true;
  changed_.notify_all();
  co_return added;
}

Awaitable<std::vector<Schedule>> Scheduler::read_all() {
  co_return co_await parts_.store->read([](store::View& view) { return read_schedules(view); });
}

Awaitable<std::vector<Schedule>> Scheduler::list() {
  auto all = co_await read_all();
  std::vector<std::pair<Time, Schedule>> keyed;
  for (auto& schedule : all) {
    auto next = schedule.paused_by.empty() ? next_due(schedule.timing, schedule.handled) : std::nullopt;
    keyed.emplace_back(next.value_or(Time::max()), std::move(schedule));
  }
  std::ranges::sort(keyed, by_time);
  std::vector<Schedule> sorted;
  for (auto& entry : keyed) sorted.push_back(std::move(entry.second));
  co_return sorted;
}

Awaitable<std::vector<std::pair<Time, Schedule>>> Scheduler::upcoming(std::size_t count) {
  constexpr int most_tries = 2000;  // of one schedule whose calendar is closed
  std::vector<std::pair<Time, Schedule>> all;
  auto open = careful(parts_.calendar);
  for (const auto& schedule : co_await read_all()) {
    if (!schedule.paused_by.empty()) continue;
    auto due = next_due(schedule.timing, parts_.clock());
    std::size_t found = 0;
    for (int tries = 0; due && found < count && tries < most_tries; ++tries, due = next_due(schedule.timing, *due)) {
      if (!schedule.timing.calendar.empty() && !open(schedule.timing.calendar, *due)) continue;
      all.emplace_back(*due, schedule);
      ++found;
    }
  }
  std::ranges::sort(all, by_time);
  if (all.size() > count) all.resize(count);
  co_return all;
}

Awaitable<void> Scheduler::remove(std::string id, std::string who) {
  co_await parts_.store->transact([&](store::Tx& tx) {
    auto schedule = find(tx, id);
    tx.append(stream_of(schedule), -1, {change_event("schedule.removed", schedule, who)});
    tx.erase(schedule_kind, id);
  });
}

Awaitable<void> Scheduler::change(std::string id, std::string who, bool pause) {
  auto at = parts_.clock();
  co_await parts_.store->transact([&](store::Tx& tx) {
    auto schedule = find(tx, id);
    if (schedule.paused_by.empty() != pause) return;
    if (!pause) {
      auto asleep = decide_due(schedule.timing, schedule.handled, at, [](const std::string&, Time) { return true; });
      auto reason = "paused by " + schedule.paused_by;
      for (auto& due : asleep) {
        due.run = false;
        due.reason = reason;
      }
      perform(tx, schedule, asleep, at, parts_.starter);
      schedule.handled = at;
    }
    schedule.paused_by = pause ? who : "";
    tx.append(stream_of(schedule), -1, {change_event(pause ? "schedule.paused" : "schedule.resumed", schedule, who)});
    if (next_due(schedule.timing, schedule.handled)) put(tx, schedule);
  });
  stale_ = true;
  changed_.notify_all();
}

Awaitable<void> Scheduler::pause(std::string id, std::string who) { co_await change(std::move(id), std::move(who), true); }
Awaitable<void> Scheduler::resume(std::string id, std::string who) { co_await change(std::move(id), std::move(who), false); }

Awaitable<void> Scheduler::decide(Schedule schedule) {
  auto at = parts_.clock();
  auto dues = decide_due(schedule.timing, schedule.handled, at, careful(parts_.calendar));
  if (dues.empty()) co_return;
  auto record = [&](store::Tx& tx) -> std::vector<RunId> {
    auto doc = tx.get(schedule_kind, schedule.id);
    if (!doc) return {};
    auto current = from_document(doc->body);
    if (current.handled != schedule.handled || !current.paused_by.empty()) return {};  // decided elsewhere meanwhile
    return perform(tx, current, dues, at, parts_.starter);
  };
  auto runs = co_await parts_.store->transact(record, store::Purpose::intake);
  for (const auto& run : runs) parts_.starter.wake(run);
  for (const auto& due : dues)
    log::info(due.run ? "schedule.fired" : "schedule.skipped",
              {{"schedule", schedule.id}, {"due", format_time(due.at)}, {"reason", due.reason}});
}

Awaitable<void> Scheduler::run_due() {
  for (const auto& schedule : co_await read_all())
    if (schedule.paused_by.empty()) co_await decide(schedule);
}

Awaitable<std::optional<Time>> Scheduler::next_instant() {
  std::optional<Time> soonest;
  for (const auto& schedule : co_await read_all()) {
    if (!schedule.paused_by.empty()) continue;
    auto due = next_due(schedule.timing, schedule.handled);
    if (due && (!soonest || *due < *soonest)) soonest = due;
  }
  co_return soonest;
}

Awaitable<void> Scheduler::run() {
  while (true) {
    stale_ = false;
    auto wait = longest_wait;
    std::optional<Error> failure;
    try {
      co_await run_due();
      if (auto next = co_await next_instant()) wait = std::clamp(*next - parts_.clock(), Duration{1000}, longest_wait);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::canceled) throw;
      failure = error;
    }
    if (failure) {
      log::warn("schedule.delayed", {{"error", failure->message()}});
      wait = retry_wait;
    }
    if (!stale_) co_await changed_.wait_until(deadline_in(wait));
  }
}

}  // namespace fairlead::triggers
