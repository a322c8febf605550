// SPDX-License-Identifier: Apache-2.0
#include "cli/aws_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fairlead::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(AwsMetrics, EveryLimitIsASampleOfEachFamily) {
  aws::Usage reads{.account = "111122223333", .region = "eu-west-1", .family = "ecs/services-read", .calls = 7};
  aws::Usage writes{.account = "default", .region = "eu-west-1", .family = "ecs/services-write", .calls = 3, .throttled = 1};
  writes.waited = 1500ms;
  writes.waiting = 2;
  writes.rate = 2.375;
  const auto text = aws_metrics({reads, writes});
  EXPECT_THAT(text, HasSubstr("# HELP fairlead_aws_calls_total Requests to AWS"));
  EXPECT_THAT(text, HasSubstr("# TYPE fairlead_aws_calls_total counter\n"
                              "fairlead_aws_calls_total{account=\"111122223333\",family=\"ecs/services-read\",region=\"eu-west-1\"} 7\n"
                              "fairlead_aws_calls_total{account=\"default\",family=\"ecs/services-write\",region=\"eu-west-1\"} 3\n"));
  const std::string labels = "{account=\"default\",family=\"ecs/services-write\",region=\"eu-west-1\"}";
  EXPECT_THAT(text, HasSubstr("fairlead_aws_throttles_total" + labels + " 1\n"));
  EXPECT_THAT(text, HasSubstr("fairlead_aws_wait_seconds_total" + labels + " 1.5\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE fairlead_aws_waiting gauge\n"));
  EXPECT_THAT(text, HasSubstr("fairlead_aws_waiting" + labels + " 2\n"));
  EXPECT_THAT(text, HasSubstr("fairlead_aws_allowed_per_second" + labels + " 2.375\n"));
}

TEST(AwsMetrics, WithoutCallsThereIsNothing) { EXPECT_EQ(aws_metrics({}), ""); }

}  // namespace
}  // namespace fairlead::cli
