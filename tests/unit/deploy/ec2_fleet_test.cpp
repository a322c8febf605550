// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deploy/ec2/fleet.hpp"

namespace fairlead::deploy::ec2::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<Host> fleet(int count) {
  std::vector<Host> hosts;
  for (int i = 0; i < count; ++i) {
    Host host;
    host.id = "i-" + std::to_string(i);
    host.zone = i % 2 == 0 ? "a" : "b";
    host.release = "old";
    hosts.push_back(host);
  }
  return hosts;
}

std::vector<std::string> ids(const std::vector<Host>& hosts) {
  std::vector<std::string> list;
  for (const auto& host : hosts) list.push_back(host.id);
  return list;
}

TEST(Ec2Share, CountsAndPercentages) {
  EXPECT_EQ(parse_share("75%")->at_least(10), 8);
  EXPECT_EQ(parse_share("10%")->at_most(19), 1);
  EXPECT_EQ(parse_share("3")->at_least(2), 2);
  for (const char* wrong : {"", "%", "101%", "-1", "x", "1.5"}) EXPECT_FALSE(parse_share(wrong)) << wrong;
}

TEST(Ec2Order, WhatCostsNoCapacityComesFirstAndZonesTakeTurns) {
  auto hosts = fleet(4);
  hosts[3].serving = false;
  hosts[2].release = "";
  hosts[0].release = "new";
  EXPECT_THAT(ids(in_order(hosts, "new", false)), ElementsAre("i-3", "i-2", "i-1", "i-0"));
  EXPECT_THAT(ids(in_order(fleet(4), "new", false)), ElementsAre("i-0", "i-1", "i-2", "i-3"));
  EXPECT_THAT(ids(in_order(fleet(4), "new", true)), ElementsAre("i-0", "i-2", "i-1", "i-3"));
}

TEST(Ec2Arithmetic, SaysWhyItCanNeverHold) {
  Pace pace;
  pace.min_healthy = {95, true};
  EXPECT_THAT(impossible(pace, fleet(10)), HasSubstr("min-healthy 95% of 10 hosts is 10, and 10 serve: none may ever leave"));
  pace.min_healthy = {3, false};
  auto short_fleet = fleet(4);
  short_fleet[0].serving = short_fleet[1].serving = false;
  EXPECT_EQ(impossible(pace, short_fleet), "") << "those that do not serve are done first";
  short_fleet[0].reachable = false;
  EXPECT_THAT(impossible(pace, short_fleet), HasSubstr("min-healthy 3 of 4 hosts is 3, but only 3 can be reached or serve"));
  pace.min_healthy = {50, true};
  EXPECT_EQ(impossible(pace, fleet(2)), "");
  pace.zonal = true;
  EXPECT_EQ(impossible(pace, fleet(4)), "");
  EXPECT_THAT(impossible(pace, fleet(3)), HasSubstr("in zone b"));
}

TEST(Ec2Arithmetic, OfASmallFleetOneHostMayLeaveUnlessSomebodyWroteOtherwise) {
  Pace pace;
  pace.unsaid = true;
  for (const int hosts : {1, 2, 3}) {
    EXPECT_EQ(needed(pace, hosts), hosts - 1);
    EXPECT_EQ(impossible(pace, fleet(hosts)), "");
  }
  EXPECT_EQ(needed(pace, 10), 8);
  EXPECT_EQ(rule_text(pace, 2), "min-healthy 75% of 2 hosts is 2 (the default; one may leave all the same: 1)");
  pace.unsaid = false;
  EXPECT_EQ(needed(pace, 2), 2);
  EXPECT_EQ(rule_text(pace, 2), "min-healthy 75% of 2 hosts is 2");
}

TEST(Ec2Arithmetic, BatchesDoubleAfterTheCanary) {
  Pace pace;
  pace.min_healthy = {50, true};
  EXPECT_THAT(batches(pace, 16, 16), ElementsAre(1, 2, 4, 8, 1));
  pace.batch = Share{2, false};
  EXPECT_THAT(batches(pace, 6, 6), ElementsAre(1, 2, 2, 1));
  pace.canary = false;
  EXPECT_THAT(batches(pace, 6, 6), ElementsAre(2, 2, 2));
  EXPECT_THAT(batches(Pace{}, 1, 0), ElementsAre(1));
}

TEST(Ec2Fleet, WhoIsLeftOutWithoutALoadBalancerMayMakeARuleImpossible) {
  const Pace pace{.one_out = true};
  std::vector<Host> hosts(3);
  for (std::size_t i = 0; i < hosts.size(); ++i) hosts[i].id = "h" + std::to_string(i);
  EXPECT_EQ(impossible(pace, hosts), "");
  leave_out(hosts[0], "the disk is full", false);
  EXPECT_NE(impossible(pace, hosts), "") << "two must serve, and two do: nobody could ever leave";
  EXPECT_EQ(hosts[0].unreachable_why, "the disk is full");
  Host balanced;
  leave_out(balanced, "the disk is full", true);
  EXPECT_TRUE(balanced.serving) << "the load balancer says so, and it serves the release before";
}

}  // namespace
}  // namespace fairlead::deploy::ec2::test
