// SPDX-License-Identifier: Apache-2.0
#include "cli/exposure.hpp"

#include <gmock/gmock.h>

namespace fairlead::cli {
namespace {

TEST(Exposure, OnlyPlainHttpOnANetworkIsWarnedOf) {
  for (const char* listen : {"0.0.0.0:7070", "[::]:7070", "192.168.1.5:7070", "deploy.example.com:80"}) {
    EXPECT_THAT(plain_text_exposure(listen, false, {}), testing::HasSubstr(std::string("plain text on ") + listen));
    EXPECT_EQ(plain_text_exposure(listen, true, {}), "");
    EXPECT_EQ(plain_text_exposure(listen, false, {"10.0.0.0/8"}), "");
  }
  for (const char* listen : {"127.0.0.1:7070", "127.1.2.3:0", "[::1]:7070", "localhost:7070"}) {
    EXPECT_EQ(plain_text_exposure(listen, false, {}), "") << listen;
  }
}

}  // namespace
}  // namespace fairlead::cli
