// SPDX-License-Identifier: Apache-2.0
#include "fairlead/aws/scope.hpp"

#include <gtest/gtest.h>

namespace fairlead::aws {

TEST(Scope, TakesTheAccountFromARoleArn) {
  EXPECT_EQ(account_in("arn:aws:iam::111122223333:role/fairlead"), "111122223333");
  EXPECT_EQ(account_in("arn:aws:s3:::bucket"), "");
  EXPECT_EQ(account_in("fairlead"), "");
}

}  // namespace fairlead::aws
