// SPDX-License-Identifier: Apache-2.0
#include "aws/bucket.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "aws/limits.hpp"

namespace fairlead::aws {
namespace {

using namespace std::chrono_literals;

Time at(Duration since_start) { return from_micros(1'000'000'000) + since_start; }

/// Takes as many calls as the bucket gives until `end`; how many that were.
int calls_until(Bucket& bucket, Time from, Time end) {
  int calls = 0;
  for (Time now = from;; ++calls) {
    now = std::max(now, bucket.ready_at(now));
    if (now > end) return calls;
    bucket.take(now);
  }
}

TEST(Bucket, GivesItsBurstAtOnceAndThenItsRate) {
  Bucket bucket({.burst = 20, .rate = 5}, at(0s));
  EXPECT_EQ(calls_until(bucket, at(0s), at(0s)), 20);
  EXPECT_EQ(calls_until(bucket, at(0s), at(10s)), 50 - 1);
}

TEST(Bucket, NeverExceedsBurstPlusRateInAnyWindow) {
  Bucket bucket({.burst = 3, .rate = 2}, at(0s));
  EXPECT_EQ(calls_until(bucket, at(0s), at(100s)), 202);
}

TEST(Bucket, DoesNotSaveUpMoreThanItsBurst) {
  Bucket bucket({.burst = 4, .rate = 1}, at(0s));
  EXPECT_EQ(calls_until(bucket, at(1h), at(1h)), 4);
}

TEST(Bucket, HalvesItsRateOnAThrottleAndPauses) {
  Bucket bucket({.burst = 10, .rate = 8}, at(0s));
  bucket.take(at(0s));
  bucket.on_throttle(at(1s), at(0s), 2s);
  EXPECT_DOUBLE_EQ(bucket.rate(), 4);
  EXPECT_EQ(bucket.ready_at(at(1s)), at(3s));
}

TEST(Bucket, CountsOneStormOfThrottlesOnce) {
  Bucket bucket({.burst = 10, .rate = 8}, at(0s));
  for (int i = 0; i < 10; ++i) bucket.take(at(0s));
  int counted = 0;
  for (int i = 0; i < 10; ++i) counted += bucket.on_throttle(at(1s), at(0s), 0s) ? 1 : 0;
  EXPECT_EQ(counted, 1);
  EXPECT_DOUBLE_EQ(bucket.rate(), 4);
  bucket.on_throttle(at(3s), at(2s), 0s);
  EXPECT_DOUBLE_EQ(bucket.rate(), 2);
}

TEST(Bucket, KeepsATrickleHoweverOftenItIsThrottled) {
  Bucket bucket({.burst = 10, .rate = 10}, at(0s));
  for (int i = 1; i < 50; ++i) bucket.on_throttle(at(1s * i), at(1s * i - 1ms), 0s);
  EXPECT_DOUBLE_EQ(bucket.rate(), 0.5);
}

TEST(Bucket, GrowsBackWhileCallsPass) {
  Bucket bucket({.burst = 10, .rate = 10}, at(0s));
  bucket.on_throttle(at(0s), at(-1s), 0s);
  bucket.on_success(at(4s));
  EXPECT_NEAR(bucket.rate(), 7, 1e-9);
  bucket.on_success(at(1h));
  EXPECT_DOUBLE_EQ(bucket.rate(), 10);
}

TEST(Bucket, SurvivesATimeThatGoesBack) {
  Bucket bucket({.burst = 1, .rate = 1}, at(10s));
  bucket.take(at(10s));
  EXPECT_GT(bucket.ready_at(at(5s)), at(5s));
  bucket.take(at(12s));
  EXPECT_LE(bucket.ready_at(at(12s)), at(13s) + 1ms);
}

TEST(Limits, StayBelowWhatAwsDocuments) {
  const auto register_limit = limit_of(family_of(look_up("ecs:RegisterTaskDefinition").operation));
  EXPECT_LT(register_limit.rate, 1.0);
  EXPECT_LE(register_limit.burst, 20);
  EXPECT_EQ(family_of(look_up("ecs:DescribeServices").operation), family_of(look_up("ecs:ListServices").operation));
  EXPECT_NE(family_of(look_up("ecs:DescribeServices").operation), family_of(look_up("ecs:DescribeTasks").operation));
  EXPECT_GT(limit_of("kms/").rate, 0);
}

}  // namespace
}  // namespace fairlead::aws
