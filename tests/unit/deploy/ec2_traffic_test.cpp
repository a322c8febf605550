// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deploy/ec2/balancer.hpp"
#include "ec2_world.hpp"

/// What a load balancer says of hosts, and what is believed of it; and hosts without one.
namespace fairlead::deploy::ec2::test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

const std::map<std::string, Traffic> serving{{"h0", {Traffic::Kind::serving, {}}}, {"h1", {Traffic::Kind::serving, {}}}};

/// Two hosts, of which h0 has left and is at `at`.
Rollout with_one_out(At at) {
  auto settings = half();
  settings.balanced = settings.told = true;
  settings.drain = seconds(60);
  std::vector<Host> hosts(2);
  hosts[0].id = "h0";
  hosts[1].id = "h1";
  Rollout machine(settings, hosts, start);
  auto memory = machine.memory();
  memory["protected"] = true;
  memory["in_batch"] = true;
  memory["hosts"][0]["at"] = static_cast<int>(at);
  memory["hosts"][0]["has_left"] = true;
  machine.recall(memory, start);
  return machine;
}

/// h0 is seen out of traffic, and then twice in it.
void comes_back(Rollout& machine, Time now) {
  machine.saw({{"h0", {Traffic::Kind::draining, {}}}, {"h1", {Traffic::Kind::serving, {}}}}, now);
  for (int look = 0; look < 2; ++look) machine.saw(serving, now);
}

int asked_again(Rollout& machine, Time now) {
  return static_cast<int>(std::ranges::count(machine.next(now), Do::leave_again, &Command::what));
}

TEST(Ec2Traffic, ALoadBalancerThatDoesNotAnswerIsAskedNowAndThen) {
  Fleet fleet(3, half());
  fleet.blind_until = start + minutes(5);
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::succeeded) << verdict.reason;
  EXPECT_LT(std::ranges::count(fleet.log, "look"), 5 * 60 / 3 + 60);
}

TEST(Ec2Traffic, WhoWasTakenOutByUsDoesNotServeWhateverIsSaid) {
  Settings settings;
  settings.balanced = true;
  std::vector<Host> hosts(2);
  hosts[0].id = "h0";
  hosts[1].id = "h1";
  Rollout machine(settings, hosts, start);
  auto memory = machine.memory();
  memory["hosts"][0]["at"] = static_cast<int>(At::quarantined);
  memory["hosts"][0]["has_left"] = true;
  machine.recall(memory, start);
  machine.saw({{"h0", {.kind = Traffic::Kind::serving, .reason = {}}}, {"h1", {.kind = Traffic::Kind::serving, .reason = {}}}}, start);
  EXPECT_EQ(machine.serving(), 1);
}

/// The world refuses to be switched in traffic.
TEST(Ec2Traffic, AHostThatALoadBalancerPutsBackIsTakenOutOnceMore) {
  for (const auto when : {At::draining, At::switching}) {
    auto settings = half();
    settings.told = true;
    settings.drain = seconds(60);
    Fleet fleet(4, settings);
    fleet.reload_when = when;
    fleet.never_quiet = when == At::draining;
    fleet.switch_takes = seconds(20);
    const auto verdict = fleet.run();
    EXPECT_EQ(verdict.outcome, Outcome::succeeded) << verdict.reason;
    EXPECT_EQ(std::ranges::count(fleet.log, "leave-again h0"), 1) << to_string(when);
    EXPECT_EQ(fleet.machine().rows()[0].strays, 1);
    EXPECT_EQ(fleet.machine().rows()[1].strays, 0);
  }
}

TEST(Ec2Traffic, ALoadBalancerThatIsBehindIsNotTakenForOneThatWasReloaded) {
  auto machine = with_one_out(At::draining);
  for (int at = 3; at < 30; at += 3) machine.saw(serving, start + seconds(at));
  EXPECT_EQ(machine.rows()[0].strays, 0);
  for (int at = 30; at < 36; at += 3) machine.saw(serving, start + seconds(at));
  machine.next(start + seconds(36));
  EXPECT_EQ(machine.rows()[0].strays, 1) << "it stays in";
}

TEST(Ec2Traffic, AHostThatIsBeingTakenOutOnceMoreDoesNotJoinBehindIt) {
  auto machine = with_one_out(At::switching);
  const auto asks = [&machine](Do what) { return std::ranges::count(machine.next(start), what, &Command::what); };
  EXPECT_EQ(asks(Do::switch_over), 1);
  comes_back(machine, start);
  EXPECT_EQ(asks(Do::leave_again), 1);
  machine.switched("h0", {.ok = true, .reason = {}}, start);
  EXPECT_EQ(asks(Do::join), 0);
  machine.left_again("h0", start);
  EXPECT_EQ(asks(Do::join), 1);
}

TEST(Ec2Traffic, AHostThatIsPutBackWhileItDrainsIsDrainedAnew) {
  auto machine = with_one_out(At::draining);
  comes_back(machine, start + seconds(55));
  EXPECT_EQ(asked_again(machine, start + seconds(59)), 1);
  machine.next(start + seconds(61));
  EXPECT_EQ(machine.rows()[0].at, At::draining) << "it is in traffic";
  machine.left_again("h0", start + seconds(62));
  machine.next(start + seconds(90));
  EXPECT_EQ(machine.rows()[0].at, At::draining) << "its connections are new";
  machine.next(start + seconds(123));
  EXPECT_EQ(machine.rows()[0].at, At::switching);
}

TEST(Ec2Traffic, WhoIsQuarantinedIsKeptOutOfTraffic) {
  auto machine = with_one_out(At::quarantined);
  comes_back(machine, start);
  EXPECT_EQ(asked_again(machine, start), 1);
}

TEST(Ec2Traffic, NobodyIsSaidToStayOutWhoWasSeenInTraffic) {
  for (const bool back : {false, true}) {
    auto machine = with_one_out(At::quarantined);
    machine.saw(back ? serving : std::map<std::string, Traffic>{{"h0", {}}, {"h1", {Traffic::Kind::serving, {}}}}, start);
    machine.condemn("an alarm rang", start);
    for (int i = 0; i < 4 && !machine.verdict(); ++i) machine.next(start + seconds(i));
    ASSERT_TRUE(machine.verdict());
    const auto text = machine.verdict()->reason + machine.verdict()->rollback;
    EXPECT_EQ(text.contains("h0 stays out of traffic"), !back) << text;
    EXPECT_EQ(text.contains("h0 is left as it is"), back) << text;
  }
}

TEST(Ec2Traffic, ATakingOutThatIsRefusedIsTriedAgainAfterAWhile) {
  auto machine = with_one_out(At::switching);
  comes_back(machine, start);
  EXPECT_EQ(asked_again(machine, start), 1);
  machine.refused(Do::leave_again, {"h0"}, "permission denied", start);
  for (int at = 3; at < 30; at += 3) {
    machine.saw(serving, start + seconds(at));
    EXPECT_EQ(asked_again(machine, start + seconds(at)), 0) << at;
  }
  for (int at = 30; at < 36; at += 3) machine.saw(serving, start + seconds(at));
  EXPECT_EQ(asked_again(machine, start + seconds(36)), 1);
}

TEST(Ec2Traffic, OutOfOneTargetGroupIsNotOut) {
  using Kind = Traffic::Kind;
  const auto both = [](Kind a, Kind b) {
    EXPECT_EQ(over_groups({a, {}}, {b, {}}).kind, over_groups({b, {}}, {a, {}}).kind);
    return over_groups({a, {}}, {b, {}}).kind;
  };
  EXPECT_EQ(both(Kind::serving, Kind::serving), Kind::serving);
  EXPECT_EQ(both(Kind::out, Kind::out), Kind::out);
  EXPECT_EQ(both(Kind::serving, Kind::out), Kind::draining);
  EXPECT_EQ(both(Kind::serving, Kind::unhealthy), Kind::unhealthy);
  EXPECT_EQ(both(Kind::draining, Kind::out), Kind::draining);
}

/// Whom a late host gives the release takes as long as the release takes.
TEST(Ec2Traffic, TheDeadlineOfProgressDoesNotRunWhileHostsAreListed) {
  auto settings = half();
  settings.balanced = settings.told = true;
  settings.resumes = true;
  settings.release = "new";
  settings.progress = minutes(1);
  std::vector<Host> hosts(1);
  hosts[0].id = "h0";
  hosts[0].release = "new";
  Rollout machine(settings, hosts, start);
  machine.is_protected(start);
  EXPECT_EQ(std::ranges::count(machine.next(start), Do::list, &Command::what), 1);
  for (int at = 0; at < 20; ++at) machine.next(start + minutes(at));
  machine.listed(hosts, start + minutes(20));
  machine.next(start + minutes(20));
  ASSERT_TRUE(machine.verdict());
  EXPECT_EQ(machine.verdict()->outcome, Outcome::succeeded) << machine.verdict()->reason;
}

TEST(Ec2Traffic, ADeployThatBeganNoHostHasTouchedNone) {
  Fleet fleet(2, half());
  fleet.cancel_at = start;
  fleet.run();
  EXPECT_FALSE(fleet.machine().touched());
  Fleet other(2, half());
  other.switch_fails.insert("h0");
  other.run();
  EXPECT_TRUE(other.machine().touched()) << "it was taken back";
}

TEST(Ec2Traffic, WithoutALoadBalancerHostsThatAreDoneAreProbed) {
  Settings settings;
  settings.probed = true;
  settings.pace.min_healthy = {50, true};
  for (const auto bake : {seconds(0), seconds(120)}) {
    settings.bake = bake;
    Fleet fleet(4, settings);
    fleet.balanced = false;
    fleet.falls_ill["h1"] = bake + seconds(bake.count() == 0 ? 1 : -60);  // right after its turn, or while the fleet is watched
    const auto verdict = fleet.run();
    EXPECT_EQ(verdict.outcome, Outcome::failed) << verdict.reason;
    EXPECT_THAT(verdict.reason, HasSubstr("h1: it was good and is not any more"));
    EXPECT_EQ(fleet.updated(), 0U);
  }
}

TEST(Ec2Traffic, WithoutALoadBalancerAFinalLookThatCannotBeHadIsTold) {
  Settings settings;
  settings.probed = true;
  Fleet fleet(4, settings);
  fleet.balanced = false;
  fleet.blind_until = start + std::chrono::hours(10);
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::succeeded);
  EXPECT_THAT(verdict.reason, HasSubstr("whether they are still good could not be asked: the socket is away"));
  EXPECT_LT(fleet.now() - start, std::chrono::minutes(10));
}

TEST(Ec2Traffic, WithoutALoadBalancerNobodyLeavesAndTheArithmeticHolds) {
  Fleet fleet(5, half());
  fleet.balanced = false;
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::succeeded);
  EXPECT_EQ(std::ranges::count(fleet.log, "look"), 0);
  for (const auto& [id, world] : fleet.worlds()) EXPECT_EQ(world.release, "new") << id;
}

TEST(Ec2Traffic, WhatTheLoadBalancerFindsUnhealthyAfterAGoodProbeIsNoLongerWaitedFor) {
  auto settings = half();
  settings.probed = true;
  settings.health = minutes(30);
  Fleet fleet(4, settings);
  for (const auto* id : {"h0", "h1", "h2", "h3"}) fleet.never_healthy.insert(id);
  const auto verdict = fleet.run();
  EXPECT_THAT(verdict.reason, HasSubstr("the load balancer finds it unhealthy: Health checks failed with these codes: [502]"));
  EXPECT_LT(fleet.now() - start, minutes(3));
}

TEST(Ec2Traffic, AHostThatNeverGetsHealthyGoesBackWithTheReasonOfTheLoadBalancer) {
  Fleet fleet(4, half());
  for (const auto* id : {"h0", "h1", "h2", "h3"}) fleet.never_healthy.insert(id);
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_THAT(verdict.reason, HasSubstr("[502]"));
  for (const auto& [id, world] : fleet.worlds()) EXPECT_EQ(world.release, "old") << id;
  EXPECT_EQ(fleet.serving(fleet.now() + seconds(20)), 4);
}

}  // namespace
}  // namespace fairlead::deploy::ec2::test
