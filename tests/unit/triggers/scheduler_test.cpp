// SPDX-License-Identifier: Apache-2.0
#include "fairlead/triggers/scheduler.hpp"

#include "unit/triggers/trigger_world.hpp"

namespace fairlead::triggers {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Time utc(const char* text) { return *parse_time(text); }

class SchedulerTest : public TriggerTest {
 protected:
  void SetUp() override {
    TriggerTest::SetUp();
    start();
  }
  void start() {
    scheduler.emplace(Scheduler::Parts{.executor = io.get_executor(),
                                       .store = store.get(),
                                       .clock = clock,
                                       .starter = starter(),
                                       .calendar = [this](const std::string& name, Time) {
                                         if (name != "office") throw Error(ErrorKind::not_found, "there is no calendar " + name);
                                         return open;
                                       }});
  }

  static Schedule hourly(Missed missed = Missed::skip) {
    Schedule schedule;
    schedule.timing = {.cron = "0 * * * *", .late = minutes(10), .missed = missed};
    return schedule;
  }
  void declare(std::vector<Schedule> wanted) { run(scheduler->declare("shop", std::move(wanted))); }
  void tick(const char* time) {
    at = utc(time);
    run(scheduler->run_due());
  }
  /// "fired 10:00", "skipped 11:00 x2 paused by …"
  std::vector<std::string> record() {
    std::vector<std::string> lines;
    for (const auto& event : events("app:shop")) {
      auto json = parse_json(event.payload);
      auto time = [&](const char* key) { return format_time(*time_at(json, key)).substr(11, 5); };
      if (event.type == "schedule.fired") lines.push_back("fired " + time("due"));
      if (event.type == "schedule.skipped")
        lines.push_back("skipped " + time("from") + " x" + std::to_string(number_at(json, "count")) + " " + text_at(json, "reason"));
    }
    return lines;
  }

  bool open = true;
  std::optional<Scheduler> scheduler;
};

using Lines = std::vector<std::string>;

TEST_F(SchedulerTest, each_due_time_has_one_run_never_early_also_after_a_restart) {
  declare({hourly()});
  tick("2026-11-20T10:59:59Z");
  EXPECT_TRUE(record().empty());
  tick("2026-11-20T11:00:00Z");
  tick("2026-11-20T11:00:00Z");
  reopen();
  start();
  tick("2026-11-20T11:30:00Z");
  tick("2026-11-20T12:00:03Z");
  EXPECT_EQ(record(), (Lines{"fired 11:00", "fired 12:00"}));
  ASSERT_EQ(runs().size(), 2u);
  EXPECT_EQ(runs().front().trigger, "schedule");
  EXPECT_EQ(woken.size(), 2u);
}

TEST_F(SchedulerTest, a_clock_that_steps_back_repeats_nothing) {
  declare({hourly()});
  tick("2026-11-20T11:00:00Z");
  tick("2026-11-20T10:30:00Z");
  tick("2026-11-20T11:00:30Z");
  EXPECT_EQ(record(), (Lines{"fired 11:00"}));
}

TEST_F(SchedulerTest, what_was_missed_is_recorded_or_run_as_the_policy_says) {
  declare({hourly(Missed::once)});
  tick("2026-11-20T13:20:00Z");
  EXPECT_EQ(record(), (Lines{"skipped 11:00 x2 missed by 2h20m, skipped because of missed: once", "fired 13:00"}));
}

TEST_F(SchedulerTest, a_closed_or_unknown_calendar_skips) {
  auto schedule = hourly();
  schedule.timing.calendar = "office";
  declare({schedule});
  open = false;
  tick("2026-11-20T11:00:00Z");
  open = true;
  tick("2026-11-20T12:00:00Z");
  schedule.timing.calendar = "nowhere";
  declare({schedule});
  tick("2026-11-20T13:00:00Z");
  EXPECT_EQ(record(), (Lines{"skipped 11:00 x1 calendar office is closed", "fired 12:00", "skipped 13:00 x1 calendar nowhere is closed"}));
}

TEST_F(SchedulerTest, declaring_again_keeps_what_did_not_change_and_drops_the_rest) {
  auto other = hourly();
  other.timing.cron = "30 * * * *";
  declare({hourly(), other});
  auto before = run(scheduler->list());
  ASSERT_EQ(before.size(), 2u);
  at = utc("2026-11-20T10:40:00Z");
  auto broken = hourly();
  broken.timing.cron = "61 * * * *";
  declare({hourly(), broken});
  auto after = run(scheduler->list());
  ASSERT_EQ(after.size(), 1u);
  EXPECT_EQ(after.front().handled, utc("2026-11-20T10:00:00Z"));
  run(scheduler->declare("other-app", {}));
  EXPECT_EQ(run(scheduler->list()).size(), 1u);
}

TEST_F(SchedulerTest, a_person_can_ask_for_one_time_or_many) {
  Schedule once;
  once.app = "shop";
  once.environment = "production";
  once.created_by = "user:ops@example.com";
  once.timing = {.cron = "", .at = utc("2026-11-20T18:00:00Z")};
  auto added = run(scheduler->add(once));
  EXPECT_TRUE(added.id.starts_with("shop-"));
  EXPECT_EQ(to_json(added)["next"], "2026-11-20T18:00:00.000Z");
  tick("2026-11-20T18:00:00Z");
  EXPECT_EQ(record(), (Lines{"fired 18:00"}));
  EXPECT_EQ(runs().front().actor, "user:ops@example.com");
  EXPECT_TRUE(run(scheduler->list()).empty());
  EXPECT_THROW(run(scheduler->add(once)), Error);
  once.timing = {.cron = "0 3 * * *", .zone = "Asia/Tokio"};
  EXPECT_THROW(run(scheduler->add(once)), Error);
}

TEST_F(SchedulerTest, the_same_idempotency_key_gives_the_same_schedule_even_when_its_time_has_passed) {
  Schedule once;
  once.app = "shop";
  once.created_by = "user:ops@example.com";
  once.idempotency_key = "user:ops@example.com\nrelease-7";
  once.timing = {.cron = "", .at = utc("2026-11-20T18:00:00Z")};
  auto first = run(scheduler->add(once));
  EXPECT_FALSE(first.existed);
  tick("2026-11-20T18:00:00Z");
  auto again = run(scheduler->add(once));
  EXPECT_TRUE(again.existed);
  EXPECT_EQ(again.id, first.id);
  EXPECT_TRUE(run(scheduler->list()).empty());
  EXPECT_EQ(runs().size(), 1u);
  once.idempotency_key = "user:other@example.com\nrelease-7";
  EXPECT_THROW(run(scheduler->add(once)), Error);
}

TEST_F(SchedulerTest, a_paused_schedule_records_what_it_did_not_run) {
  declare({hourly(Missed::all)});
  auto id = run(scheduler->list()).front().id;
  run(scheduler->pause(id, "user:ops@example.com"));
  tick("2026-11-20T12:30:00Z");
  EXPECT_TRUE(run(scheduler->upcoming(3)).empty());
  run(scheduler->resume(id, "user:ops@example.com"));
  tick("2026-11-20T13:00:00Z");
  Lines expected{"skipped 11:00 x1 paused by user:ops@example.com", "skipped 12:00 x1 paused by user:ops@example.com", "fired 13:00"};
  EXPECT_EQ(record(), expected);
}

TEST_F(SchedulerTest, the_next_times_of_all_schedules_are_told_in_order) {
  auto tokyo = hourly();
  tokyo.timing = {.cron = "30 19 * * *", .zone = "Asia/Tokyo"};
  declare({hourly(), tokyo});
  std::vector<std::string> times;
  for (const auto& [time, schedule] : run(scheduler->upcoming(3))) times.push_back(format_time(time).substr(11, 5));
  EXPECT_EQ(times, (Lines{"10:30", "11:00", "12:00"}));
}

TEST_F(SchedulerTest, a_wrong_name_is_told_with_the_near_one) {
  declare({hourly()});
  auto id = run(scheduler->list()).front().id;
  try {
    run(scheduler->remove(id + "x", "user:ops@example.com"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::not_found);
    EXPECT_NE(error.hint().find(id), std::string::npos);
  }
  run(scheduler->remove(id, "user:ops@example.com"));
  EXPECT_TRUE(run(scheduler->list()).empty());
}

TEST_F(SchedulerTest, an_app_that_is_gone_is_recorded_and_does_not_stop_others) {
  unknown.insert("gone");
  run(scheduler->declare("gone", {hourly()}));
  declare({hourly()});
  tick("2026-11-20T11:00:00Z");
  EXPECT_EQ(record(), (Lines{"fired 11:00"}));
  EXPECT_EQ(text_at(parse_json(events("app:gone").back().payload), "reason"), "there is no app gone");
}

TEST_F(SchedulerTest, its_timer_wakes_for_a_schedule_that_is_added_later) {
  clock = now;
  start();
  asio::cancellation_signal stop;
  asio::co_spawn(io, scheduler->run(), asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {}));
  Schedule soon;
  soon.app = "shop";
  soon.timing = {.cron = "", .at = now() + std::chrono::seconds(1)};  // a time that has passed would be refused
  asio::co_spawn(io, scheduler->add(soon), [](std::exception_ptr, Schedule) {});
  auto deadline = deadline_in(std::chrono::seconds(20));
  while (woken.empty() && std::chrono::steady_clock::now() < deadline) io.run_one_for(std::chrono::milliseconds(100));
  EXPECT_EQ(woken.size(), 1u);
  EXPECT_GE(now(), *soon.timing.at);
  stop.emit(asio::cancellation_type::terminal);
  drain();
}

}  // namespace
}  // namespace fairlead::triggers
