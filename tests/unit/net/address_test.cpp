// SPDX-License-Identifier: Apache-2.0
#include "fairlead/net/address.hpp"

#include <gtest/gtest.h>

#include "fairlead/base/error.hpp"

namespace fairlead::net {
namespace {

TEST(Address, PrivateAndSpecialRangesAreNotPublic) {
  for (const char* text : {"127.0.0.1",
                           "10.1.2.3",
                           "172.31.255.255",
                           "192.168.0.1",
                           "169.254.169.254",
                           "100.64.0.1",
                           "0.0.0.0",
                           "224.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "fe80::1",
                           "fd00:ec2::254",
                           "ff02::1",
                           "64:ff9b::a9fe:a9fe",
                           "2002:7f00:1::",
                           "localhost",
                           "",
                           "0x7f.1",
                           "127.1",
                           "[::1]"})
    EXPECT_TRUE(is_private_address(text)) << text;
}

TEST(Address, PublicAddressesPass) {
  for (const char* text : {"8.8.8.8", "172.32.0.1", "100.128.0.1", "2600::1", "::ffff:8.8.8.8", "64:ff9b::808:808"})
    EXPECT_FALSE(is_private_address(text)) << text;
}

TEST(Address, RangesMatchByPrefix) {
  const AddressRanges ranges({"10.0.0.0/9", "192.0.2.7", "2001:db8::/33"});
  EXPECT_TRUE(ranges.contains("10.127.0.1"));
  EXPECT_TRUE(ranges.contains("::ffff:10.1.1.1"));
  EXPECT_FALSE(ranges.contains("10.128.0.1"));
  EXPECT_TRUE(ranges.contains("192.0.2.7"));
  EXPECT_FALSE(ranges.contains("192.0.2.8"));
  EXPECT_TRUE(ranges.contains("2001:db8:7fff::1"));
  EXPECT_FALSE(ranges.contains("2001:db8:8000::1"));
  EXPECT_FALSE(ranges.contains("nonsense"));
}

TEST(Address, AWrongRangeIsAnError) {
  for (const char* text : {"10.0.0.0/33", "x", "10.0.0.0/", "10.0.0.0/-1", "::/129", "example.com"})
    EXPECT_THROW(AddressRanges({text}), Error) << text;
}

}  // namespace
}  // namespace fairlead::net
