// SPDX-License-Identifier: Apache-2.0
#include "fairlead/triggers/due.hpp"

#include <deque>

namespace fairlead::triggers {
namespace {

constexpr std::size_t most_missed_runs = 1000;

std::string missed_text(Time due, Time now, Missed policy, bool run) {
  auto late = "missed by " + format_duration(now - due) + ", ";
  return late + (run ? "run because of missed: " : "skipped because of missed: ") + std::string(to_string(policy));
}

/// Collects decisions; neighbours skipped for the same kind of reason become one range.
class Plan {
 public:
  explicit Plan(std::optional<Due> dropped) {
    if (dropped) due_.push_back(std::move(*dropped));
  }

  void run(Time at, std::string reason = {}) {
    due_.push_back({.at = at, .run = true, .reason = std::move(reason), .last = at, .count = 1});
  }

  void skip(Time at, std::string reason, std::string_view kind) {
    if (!due_.empty() && !due_.back().run && last_kind_ == kind) {
      due_.back().last = at;
      ++due_.back().count;
      return;
    }
    last_kind_ = kind;
    due_.push_back({.at = at, .run = false, .reason = std::move(reason), .last = at, .count = 1});
  }

  std::vector<Due> take() { return std::move(due_); }

 private:
  std::vector<Due> due_;
  std::string last_kind_;
};

struct Instants {
  std::deque<Time> recent;     ///< due, oldest first, at most `most_missed_runs`
  std::optional<Due> dropped;  ///< the older ones
};

/// `due` walks forward; the calendar is asked by the caller.
template <class Next>
Instants collect(Time handled, Time now, Next next) {
  Instants all;
  for (auto due = next(handled); due && *due <= now; due = next(*due)) {
    all.recent.push_back(*due);
    if (all.recent.size() <= most_missed_runs) continue;
    auto oldest = all.recent.front();
    all.recent.pop_front();
    if (!all.dropped)
      all.dropped = Due{.at = oldest, .run = false, .reason = "more than 1000 due times were missed", .last = oldest, .count = 0};
    all.dropped->last = oldest;
    ++all.dropped->count;
  }
  return all;
}

}  // namespace

std::optional<Missed> missed_from(std::string_view word) {
  for (auto missed : {Missed::skip, Missed::once, Missed::all})
    if (to_string(missed) == word) return missed;
  return std::nullopt;
}

std::string_view to_string(Missed missed) {
  switch (missed) {
    case Missed::skip: return "skip";
    case Missed::once: return "once";
    case Missed::all: return "all";
  }
  return "skip";
}

std::optional<Time> next_due(const Timing& timing, Time after) {
  if (timing.cron.empty()) return timing.at && *timing.at > after ? timing.at : std::nullopt;
  return Cron::parse(timing.cron).next(after, timing.zone);
}

std::vector<Due> decide_due(const Timing& timing, Time handled, Time now, const CalendarCheck& open) {
  auto cron = timing.cron.empty() ? std::optional<Cron>() : Cron::parse(timing.cron);
  auto next = [&](Time after) { return cron ? cron->next(after, timing.zone) : next_due(timing, after); };
  auto all = collect(handled, now, next);
  auto closed = [&](Time due) { return !timing.calendar.empty() && !open(timing.calendar, due); };

  // `once` runs the newest missed one, unless one that is in time runs anyway.
  std::optional<Time> chosen;
  if (timing.missed == Missed::once)
    for (auto due : all.recent)
      if (!closed(due)) chosen = due;

  Plan plan(std::move(all.dropped));
  for (auto due : all.recent) {
    bool late = now - due > timing.late;
    if (closed(due)) {
      plan.skip(due, "calendar " + timing.calendar + " is closed", "calendar");
    } else if (!late) {
      plan.run(due);
    } else if (timing.missed == Missed::all || (chosen && *chosen == due)) {
      plan.run(due, missed_text(due, now, timing.missed, true));
    } else {
      plan.skip(due, missed_text(due, now, timing.missed, false), "missed");
    }
  }
  return plan.take();
}

}  // namespace fairlead::triggers
