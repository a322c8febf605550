// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/error.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <exception>

namespace fairlead {
namespace {

TEST(Error, KeepsKindMessageAndHintWithinAContext) {
  Error error = Error(ErrorKind::not_found, "no app web", "see fairlead status").within("start");
  EXPECT_EQ(error.kind(), ErrorKind::not_found);
  EXPECT_STREQ(error.what(), "start: no app web");
  EXPECT_EQ(error.hint(), "see fairlead status");
}

TEST(Error, OfTheSystemNamesWhatFailed) {
  Error error = io_error("cannot write /x", ENOSPC);
  EXPECT_EQ(error.kind(), ErrorKind::io);
  EXPECT_EQ(error.message(), "cannot write /x: No space left on device");
}

TEST(Error, DescribesAnyException) {
  EXPECT_EQ(describe(std::make_exception_ptr(Error(ErrorKind::usage, "a", "b"))), "a; b");
  EXPECT_EQ(describe(std::make_exception_ptr(std::runtime_error("plain"))), "plain");
  EXPECT_EQ(describe(std::make_exception_ptr(3)), "unknown exception");
}

}  // namespace
}  // namespace fairlead
