// SPDX-License-Identifier: Apache-2.0
#include "fairlead/engine/calendar.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fairlead/base/error.hpp"
#include "fairlead/base/files.hpp"

namespace fairlead::engine {
namespace {

using testing::HasSubstr;

Time t(std::string_view text) { return parse_time(text).value(); }
std::string text(const std::optional<Time>& time) { return time ? format_time(*time) : "never"; }

CalendarRules rules(std::string zone, std::vector<std::string> allow, std::vector<std::string> deny = {},
                    std::vector<std::string> holidays = {}) {
  return {std::move(zone), std::move(allow), std::move(deny), std::move(holidays)};
}

Calendar office_hours() {
  return Calendar(rules("Asia/Tokyo", {"mon-thu 10:00-17:00", "fri 10:00-15:00"}, {"2026-12-26..2027-01-04"}, {"jp"}));
}

TEST(Calendar, without_rules_is_always_open) {
  const auto verdict = Calendar(CalendarRules{}).at(t("2026-11-20T03:00:00Z"));
  EXPECT_TRUE(verdict.open);
  EXPECT_EQ(verdict.changes_at, std::nullopt);
}

TEST(Calendar, office_hours_in_tokyo) {
  struct Row {
    const char* at;
    bool open;
    const char* reason;
    const char* changes;
  };
  const Calendar calendar = office_hours();
  for (const auto& row : std::vector<Row>{
           {"2026-11-19T10:00:00+09:00", true, "", "2026-11-19T08:00:00.000Z"},
           {"2026-11-19T09:59:59+09:00", false, "outside mon-thu 10:00-17:00, fri 10:00-15:00 Asia/Tokyo", "2026-11-19T01:00:00.000Z"},
           {"2026-11-19T17:00:00+09:00", false, "outside", "2026-11-20T01:00:00.000Z"},
           // Friday 16:00 → weekend → Monday is a holiday → Tuesday.
           {"2026-11-20T16:00:00+09:00", false, "outside", "2026-11-24T01:00:00.000Z"},
           {"2026-11-23T11:00:00+09:00", false, "holiday: 勤労感謝の日 (2026-11-23)", "2026-11-24T01:00:00.000Z"},
           {"2026-12-28T11:00:00+09:00", false, "closed 2026-12-26..2027-01-04 Asia/Tokyo", "2027-01-05T01:00:00.000Z"}}) {
    const auto verdict = calendar.at(t(row.at));
    EXPECT_EQ(verdict.open, row.open) << row.at;
    EXPECT_THAT(verdict.reason, HasSubstr(row.reason)) << row.at;
    EXPECT_EQ(text(verdict.changes_at), row.changes) << row.at;
  }
}

TEST(Calendar, a_window_past_midnight_belongs_to_the_day_it_began) {
  const Calendar calendar(rules("UTC", {"fri 22:00-02:00"}));
  EXPECT_TRUE(calendar.at(t("2026-11-20T23:00:00Z")).open);
  EXPECT_TRUE(calendar.at(t("2026-11-21T01:59:00Z")).open);
  EXPECT_FALSE(calendar.at(t("2026-11-21T02:00:00Z")).open);
  EXPECT_FALSE(calendar.at(t("2026-11-20T01:00:00Z")).open);
  EXPECT_EQ(text(calendar.at(t("2026-11-20T23:00:00Z")).changes_at), "2026-11-21T02:00:00.000Z");
}

TEST(Calendar, deny_beats_allow) {
  const Calendar calendar(rules("UTC", {"mon-fri"}, {"fri 15:00-24:00"}));
  EXPECT_TRUE(calendar.at(t("2026-11-20T14:59:00Z")).open);
  const auto closed = calendar.at(t("2026-11-20T15:00:00Z"));
  EXPECT_FALSE(closed.open);
  EXPECT_EQ(text(closed.changes_at), "2026-11-23T00:00:00.000Z");
}

TEST(Calendar, a_single_denied_range_alone) {
  const Calendar calendar(rules("UTC", {}, {"2026-12-26..2027-01-04"}));
  EXPECT_EQ(text(calendar.at(t("2026-11-20T00:00:00Z")).changes_at), "2026-12-26T00:00:00.000Z");
  EXPECT_EQ(text(calendar.at(t("2026-12-30T00:00:00Z")).changes_at), "2027-01-05T00:00:00.000Z");
  EXPECT_EQ(calendar.at(t("2027-01-05T00:00:00Z")).changes_at, std::nullopt);
}

TEST(Calendar, clock_changes_of_the_zone) {
  // 2026-03-08: New York skips 02:00–03:00; 2026-11-01: 01:00–02:00 comes twice.
  const Calendar spring(rules("America/New_York", {"sun 02:30-04:00"}));
  const auto before = spring.at(t("2026-03-08T06:00:00Z"));
  EXPECT_FALSE(before.open);
  EXPECT_EQ(text(before.changes_at), "2026-03-08T07:00:00.000Z") << "a skipped time is the instant of the change";
  EXPECT_TRUE(spring.at(t("2026-03-08T07:00:00Z")).open);
  EXPECT_EQ(text(spring.at(t("2026-03-08T07:00:00Z")).changes_at), "2026-03-08T08:00:00.000Z");
  const Calendar autumn(rules("America/New_York", {"sun 01:00-01:30"}));
  EXPECT_TRUE(autumn.at(t("2026-11-01T05:15:00Z")).open);
  EXPECT_EQ(text(autumn.at(t("2026-11-01T05:15:00Z")).changes_at), "2026-11-01T05:30:00.000Z");
  EXPECT_EQ(text(autumn.at(t("2026-11-01T05:45:00Z")).changes_at), "2026-11-01T06:00:00.000Z") << "the hour comes again";
  EXPECT_TRUE(autumn.at(t("2026-11-01T06:00:00Z")).open);
}

TEST(Calendar, business_days) {
  const Calendar calendar = office_hours();
  EXPECT_TRUE(calendar.is_business_day(t("2026-11-20T23:00:00+09:00"))) << "a Friday, whatever the hour";
  EXPECT_FALSE(calendar.is_business_day(t("2026-11-21T11:00:00+09:00"))) << "a Saturday";
  EXPECT_FALSE(calendar.is_business_day(t("2026-11-23T11:00:00+09:00"))) << "a holiday";
  EXPECT_FALSE(calendar.is_business_day(t("2026-12-28T11:00:00+09:00"))) << "denied";
  const Calendar half(rules("UTC", {"mon-fri"}, {"fri 15:00-24:00"}));
  EXPECT_TRUE(half.is_business_day(t("2026-11-20T20:00:00Z"))) << "only a part of it is denied";
}

TEST(Calendar, asked_again_and_again_answers_as_if_for_the_first_time) {
  const Calendar kept = office_hours();
  Time at = t("2026-11-19T00:07:00+09:00");
  for (int i = 0; i < 400; ++i, at += std::chrono::minutes(29)) {
    const auto verdict = kept.at(at);
    const auto fresh = office_hours().at(at);
    ASSERT_EQ(verdict.open, fresh.open) << format_time(at);
    ASSERT_EQ(verdict.reason, fresh.reason) << format_time(at);
    ASSERT_EQ(verdict.changes_at, fresh.changes_at) << format_time(at);
    EXPECT_EQ(kept.at(at - std::chrono::hours(30)).open, office_hours().at(at - std::chrono::hours(30)).open);
    kept.at(at);
  }
}

TEST(Calendar, company_days_off_from_a_file) {
  TempFolder folder;
  write_file(
      folder.path() / "company.ics",
      "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
      "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260813\r\nDTEND;VALUE=DATE:20260815\r\nSUMMARY:Summer\\, all of\r\n  us\r\nEND:VEVENT\r\n"
      "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20200601\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:Founding day\r\nEND:VEVENT\r\n"
      "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260707\r\nSTATUS:CANCELLED\r\nSUMMARY:No\r\nEND:VEVENT\r\n"
      "END:VCALENDAR\r\n");
  const Calendar calendar(rules("UTC", {}, {}, {"company.ics"}), folder.path());
  EXPECT_EQ(calendar.at(t("2026-08-13T12:00:00Z")).reason, "holiday: Summer, all of us (2026-08-13)");
  EXPECT_FALSE(calendar.at(t("2026-08-14T12:00:00Z")).open);
  EXPECT_TRUE(calendar.at(t("2026-08-15T00:00:00Z")).open) << "DTEND is excluded";
  EXPECT_FALSE(calendar.at(t("2031-06-01T00:00:00Z")).open);
  EXPECT_TRUE(calendar.at(t("2026-07-07T00:00:00Z")).open);
}

TEST(Calendar, what_cannot_be_read_is_named) {
  TempFolder folder;
  write_file(folder.path() / "weekly.ics",
             "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260813\nRRULE:FREQ=WEEKLY\nEND:VEVENT\nEND:VCALENDAR\n");
  write_file(folder.path() / "date.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261399\nEND:VEVENT\nEND:VCALENDAR\n");
  write_file(folder.path() / "none.ics", "<html>\n");
  struct Row {
    CalendarRules given;
    const char* names;
  };
  for (const auto& row : std::vector<Row>{{rules("Asia/Tokio", {}), "Asia/Tokio"},
                                          {rules("UTC", {"mon 25:00-26:00"}), "mon 25:00-26:00"},
                                          {rules("UTC", {}, {}, {"fr"}), "\"fr\""},
                                          {rules("UTC", {}, {}, {"absent.ics"}), "absent.ics"},
                                          {rules("UTC", {}, {}, {"weekly.ics"}), "weekly.ics:4"},
                                          {rules("UTC", {}, {}, {"date.ics"}), "20261399"},
                                          {rules("UTC", {}, {}, {"none.ics"}), "not an iCalendar file"}}) {
    try {
      const Calendar calendar(row.given, folder.path());
      ADD_FAILURE() << "accepted: " << row.names;
    } catch (const Error& error) {
      EXPECT_THAT(error.message(), HasSubstr(row.names));
    }
  }
}

}  // namespace
}  // namespace fairlead::engine
