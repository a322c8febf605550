// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cli/globals.hpp"

namespace fairlead::cli {

TEST(ExitCodes, FollowTheKindOfAnError) {
  EXPECT_EQ(exit_code(ErrorKind::usage), 2);
  EXPECT_EQ(exit_code(ErrorKind::invalid), 3);
  EXPECT_EQ(exit_code(ErrorKind::not_found), 4);
  EXPECT_EQ(exit_code(ErrorKind::refused), 5);
  EXPECT_EQ(exit_code(ErrorKind::unauthorized), 5);
  EXPECT_EQ(exit_code(ErrorKind::unavailable), 6);
  EXPECT_EQ(exit_code(ErrorKind::canceled), 7);
  EXPECT_EQ(exit_code(ErrorKind::timeout), 124);
  EXPECT_EQ(exit_code(ErrorKind::internal), 1);
}

TEST(ExitCodes, FollowTheEndOfARun) {
  EXPECT_EQ(exit_code_of_state("succeeded", ""), 0);
  EXPECT_EQ(exit_code_of_state("skipped", ""), 0);
  EXPECT_EQ(exit_code_of_state("failed", "job unit: step tests: exit 1"), 1);
  EXPECT_EQ(exit_code_of_state("failed", "rejected by user:ann: not today"), 5);
  EXPECT_EQ(exit_code_of_state("canceled", ""), 7);
  EXPECT_EQ(exit_code_of_state("superseded", "by shop-api#43"), 7);
  EXPECT_EQ(exit_code_of_state("lost", ""), 8);
}

}  // namespace fairlead::cli
