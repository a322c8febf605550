// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/log.hpp"

#include <gtest/gtest.h>

#include <regex>

namespace fairlead {
namespace {

std::string logged(std::initializer_list<log::Field> fields) {
  testing::internal::CaptureStderr();
  log::info("thing.done", fields);
  return testing::internal::GetCapturedStderr();
}

std::string fields_of(std::initializer_list<log::Field> fields) {
  std::string line = logged(fields);
  return line.substr(line.find("thing.done"));
}

TEST(Log, WritesTimeLevelEventAndFields) {
  std::string line = logged({{"app", "shop-api"}, {"number", 42}});
  static const std::regex form(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info  thing\.done app=shop-api number=42\n)");
  EXPECT_TRUE(std::regex_match(line, form)) << line;
}

TEST(Log, OneEventIsOneLineWhateverTheValues) {
  EXPECT_EQ(fields_of({{"v", "a b"}}), "thing.done v=\"a b\"\n");
  EXPECT_EQ(fields_of({{"v", ""}}), "thing.done v=\"\"\n");
  EXPECT_EQ(fields_of({{"v", "x=\"y\\z\""}}), "thing.done v=\"x=\\\"y\\\\z\\\"\"\n");
  EXPECT_EQ(fields_of({{"v", "a\r\nb\tc"}}), "thing.done v=\"a\\r\\nb\\tc\"\n");
}

TEST(Log, DisarmsWhatSteersATerminal) {
  EXPECT_EQ(fields_of({{"v", "\x1b[31mred\x7f"}}), "thing.done v=\"\\x1b[31mred\\x7f\"\n");
  EXPECT_EQ(fields_of({{"v",
                        "a\xc2\x9b"
                        "31m"}}),
            "thing.done v=\"a\\x9b31m\"\n");
  EXPECT_EQ(fields_of({{"v", "bad\xff"}}), "thing.done v=\"bad\\xff\"\n");
  EXPECT_EQ(fields_of({{"v", "日本"}}), "thing.done v=日本\n");
}

TEST(Log, KeepsToItsLevel) {
  testing::internal::CaptureStderr();
  log::debug("hidden");
  log::set_level(log::Level::error);
  log::warn("hidden");
  log::error("shown {}");
  log::set_level(log::Level::info);
  std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.find("hidden"), std::string::npos);
  EXPECT_NE(text.find("error shown {}\n"), std::string::npos);
}

}  // namespace
}  // namespace fairlead
