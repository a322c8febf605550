// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rollout_driver.hpp"

namespace fairlead::deploy::ecs::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

TEST(Report, each_way_to_fail_is_told_once_with_its_number) {
  const std::map<std::string, Strike> strikes{{"task/1", {Cause::app, "a", "exited with 1", "", start}},
                                              {"task/2", {Cause::app, "a", "exited with 1", "", start}},
                                              {"task/3", {Cause::health, "b", "failed health checks", "", start}},
                                              {"task/4", {Cause::scaling, "c", "scaling", "", start}}};
  const auto found = exhibits(strikes);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].count, 2);
  EXPECT_EQ(found[0].strike.sentence, "exited with 1");
}

TEST(Report, has_the_reason_the_log_and_the_events) {
  Driver it(World{}, {.kind = Behaviour::Kind::crash});
  it.run();
  auto found = exhibits(it.rollout.strikes());
  found.at(0).first_lines = {"listening\x1b[31m on 80"};
  found.at(0).last_lines = {"panic: no database"};
  found.at(0).health = "Health checks failed with these codes: [502]";
  const auto text = report(*it.rollout.verdict(), it.rollout, found,
                           {{"1", start, "(service api) is unhealthy 1"},
                            {"2", start, "(service api) is unhealthy 2"},
                            {"3", start - std::chrono::hours(1), "long ago"}});
  EXPECT_THAT(text, HasSubstr("api:2: failed: "));
  EXPECT_THAT(text, HasSubstr("exited with 1"));
  EXPECT_THAT(text, HasSubstr("| listening on 80"));
  EXPECT_THAT(text, HasSubstr("| panic: no database"));
  EXPECT_THAT(text, HasSubstr("[502]"));
  EXPECT_THAT(text, HasSubstr("2 × (service api) is unhealthy"));
  EXPECT_THAT(text, Not(HasSubstr("long ago")));
}

}  // namespace
}  // namespace fairlead::deploy::ecs::test
