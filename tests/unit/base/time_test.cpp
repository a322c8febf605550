// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/time.hpp"

#include <gtest/gtest.h>

namespace fairlead {
namespace {

using namespace std::chrono_literals;

TEST(FormatTime, IsRfc3339WithMilliseconds) {
  EXPECT_EQ(format_time(from_micros(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_time(from_micros(1795143845678999)), "2026-11-20T03:04:05.678Z");
  EXPECT_EQ(format_time(from_micros(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(ParseTime, ReadsOffsetsAndFractions) {
  Time expected = from_micros(1795143845678000);
  EXPECT_EQ(parse_time("2026-11-20T03:04:05.678Z"), expected);
  EXPECT_EQ(parse_time("2026-11-20T12:04:05.678+09:00"), expected);
  EXPECT_EQ(parse_time("2026-11-19t22:04:05.678000999-05:00"), expected);
  EXPECT_EQ(parse_time("2026-11-20 03:04:05z"), expected - 678ms);
  EXPECT_EQ(parse_time("2016-12-31T23:59:60Z"), parse_time("2017-01-01T00:00:00Z"));
}

TEST(ParseTime, RefusesWhatIsNotOne) {
  for (const char* wrong : {"", "2026-11-20", "2026-11-20T03:04:05", "2026-13-01T00:00:00Z", "2023-02-29T00:00:00Z", "2026-11-20T24:00:00Z",
                            "2026-11-20T03:04Z", "2026-11-20T03:04:05.Z", "2026-11-20T03:04:05+9:00", "2026-11-20T03:04:05Z ",
                            "2026-11-20T03:04:05+24:00", "-026-11-20T03:04:05Z"})
    EXPECT_FALSE(parse_time(wrong)) << wrong;
}

TEST(ParseDuration, ReadsUnitsAndSums) {
  EXPECT_EQ(parse_duration("90s"), 90s);
  EXPECT_EQ(parse_duration("10m"), 10min);
  EXPECT_EQ(parse_duration("4h"), 4h);
  EXPECT_EQ(parse_duration("2d"), 48h);
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("1h30m"), 90min);
  EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(ParseDuration, RefusesWhatIsNotOne) {
  for (const char* wrong : {"", "10", "s", "-1s", "1.5h", "1h 30m", "1w", "1S", "10000000000000s", "999999999999d", "1h30"})
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
}

TEST(FormatDuration, ShowsAtMostTwoUnits) {
  EXPECT_EQ(format_duration(0s), "0s");
  EXPECT_EQ(format_duration(90s), "1m30s");
  EXPECT_EQ(format_duration(90min), "1h30m");
  EXPECT_EQ(format_duration(48h), "2d");
  EXPECT_EQ(format_duration(1500ms), "1s500ms");
  EXPECT_EQ(format_duration(26h + 3min + 4s), "1d2h");
  EXPECT_EQ(format_duration(-5s), "-5s");
  EXPECT_EQ(format_duration(12us), "0s");
}

TEST(FormatDuration, ReadsBackAsWritten) {
  for (const char* text : {"1ms", "59s", "1m1s", "23h59m", "1d1h", "400d"}) EXPECT_EQ(format_duration(*parse_duration(text)), text);
}

}  // namespace
}  // namespace fairlead
