// SPDX-License-Identifier: Apache-2.0
#include "sandbox/fleet/pace.hpp"

#include <gtest/gtest.h>

namespace fairlead::sandbox::fleet {
namespace {

TEST(Pace, BoundsAreRoundedUp) {
  const auto bounds = bounds_of(4, 90, 110);
  EXPECT_EQ(bounds.least, 4);
  EXPECT_EQ(bounds.most, 5);
  EXPECT_EQ(bounds_of(10, 50, 100).least, 5);
  EXPECT_EQ(bounds_of(10, 0, 200).most, 20);
}

/// A group of ready olds, `replaced` of them already replaced by ready ones.
Counts group_of(int size, int replaced = 0) {
  Counts counts;
  counts.live = counts.ready = size;
  counts.ready_olds = counts.allowed = size - replaced;
  return counts;
}

TEST(Pace, TerminatesDownToTheLeastAndLaunchesAsMany) {
  const auto half = next_moves(bounds_of(4, 50, 100), group_of(4));
  EXPECT_EQ(half.ready_olds, 2);
  EXPECT_EQ(half.live, 4);
  EXPECT_EQ(next_moves(bounds_of(20, 90, 100), group_of(20)).ready_olds, 2);
  EXPECT_EQ(next_moves(bounds_of(4, 0, 100), group_of(4)).ready_olds, 4);
}

TEST(Pace, GoesOneAtATimeWhereNothingMayBeMissing) {
  for (const int least : {90, 100}) EXPECT_EQ(next_moves(bounds_of(4, least, 100), group_of(4)).ready_olds, 1) << least;
  auto counts = group_of(4);
  counts.ready = 3, counts.ready_olds = 3, counts.allowed = 3, counts.unready_fresh = 1;
  EXPECT_EQ(next_moves(bounds_of(4, 100, 100), counts).ready_olds, 0);
  counts.live = 3, counts.unready_fresh = 0;
  EXPECT_EQ(next_moves(bounds_of(4, 100, 100), counts).ready_olds, 0);
}

TEST(Pace, LaunchesFirstAboveAHundredPercent) {
  const auto begin = next_moves(bounds_of(10, 100, 110), group_of(10));
  EXPECT_EQ(begin.ready_olds, 0);
  EXPECT_EQ(begin.live, 11);
  auto counts = group_of(10);
  counts.live = counts.ready = 11;
  const auto next = next_moves(bounds_of(10, 100, 110), counts);
  EXPECT_EQ(next.ready_olds, 1);
  EXPECT_EQ(next.live, 11);
}

TEST(Pace, DoesNotLaunchMoreThanIsLeftToReplace) {
  EXPECT_EQ(next_moves(bounds_of(4, 100, 200), group_of(4, 3)).live, 5);
  auto counts = group_of(4, 3);
  counts.live = counts.ready = 5;
  const auto last = next_moves(bounds_of(4, 100, 200), counts);
  EXPECT_EQ(last.ready_olds, 1);
  EXPECT_EQ(last.live, 4);
}

TEST(Pace, UnhealthyOldsCostNothing) {
  auto counts = group_of(4);
  counts.ready = 2, counts.ready_olds = 2, counts.unready_olds = 2;
  const auto moves = next_moves(bounds_of(4, 100, 100), counts);
  EXPECT_EQ(moves.unready_olds, 2);
  EXPECT_EQ(moves.ready_olds, 0);
}

TEST(Pace, CheckpointHoldsTheRest) {
  auto counts = group_of(4);
  counts.allowed = 1;
  EXPECT_EQ(next_moves(bounds_of(4, 0, 100), counts).ready_olds, 1);
  EXPECT_EQ(next_moves(bounds_of(4, 100, 200), counts).live, 5);
  counts.allowed = 0;
  EXPECT_EQ(next_moves(bounds_of(4, 100, 200), counts).live, 4);
}

}  // namespace
}  // namespace fairlead::sandbox::fleet
