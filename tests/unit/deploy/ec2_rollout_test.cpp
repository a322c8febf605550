// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "ec2_world.hpp"

namespace fairlead::deploy::ec2::test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

TEST(Ec2Rollout, AGoodReleaseComesToEveryHostAndHalfServesAllTheTime) {
  Fleet fleet(6, half());
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::succeeded) << verdict.reason;
  EXPECT_EQ(verdict.reason, "6 of 6 hosts serve the new release");
  EXPECT_GE(fleet.lowest, 3);
  for (const auto& [id, world] : fleet.worlds()) EXPECT_EQ(world.release, "new") << id;
  EXPECT_LT(fleet.now() - start, minutes(4));
}

TEST(Ec2Rollout, ABadCanaryTouchesOneHostAndGoesBack) {
  Fleet fleet(6, half());
  for (int i = 0; i < 6; ++i) fleet.switch_fails.insert("h" + std::to_string(i));
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_THAT(verdict.reason, HasSubstr("AfterInstall ended with 1"));
  EXPECT_EQ(std::ranges::count_if(fleet.log, [](const auto& line) { return line.starts_with("switch-over"); }), 1);
  EXPECT_EQ(fleet.serving(fleet.now()), 6);
}

TEST(Ec2Rollout, AFewFailuresAreBorneAfterTheCanary) {
  auto settings = half();
  settings.pace.max_failures = {1, false};
  Fleet fleet(6, settings);
  fleet.verify_fails.insert("h4");
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::succeeded);
  EXPECT_EQ(verdict.reason, "5 of 6 hosts serve the new release; not on h4");
  EXPECT_EQ(fleet.world("h4").release, "old");
}

TEST(Ec2Rollout, TooManyFailuresRollTheFleetBackUnderTheSameRule) {
  auto settings = half();
  settings.pace.max_failures = {1, false};
  Fleet fleet(8, settings);
  fleet.switch_fails = {"h6", "h7"};
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_THAT(verdict.rollback, HasSubstr("the release before serves again on 8 hosts"));
  for (const auto& [id, world] : fleet.worlds()) EXPECT_EQ(world.release, "old") << id;
  EXPECT_GE(fleet.lowest, 4);
}

TEST(Ec2Rollout, AHostThatCannotGoBackStaysOut) {
  Fleet fleet(4, half());
  fleet.switch_fails = {"h0", "h1", "h2", "h3"};
  fleet.cannot_go_back = {"h0", "h1", "h2", "h3"};
  const auto verdict = fleet.run();
  EXPECT_THAT(verdict.rollback + verdict.reason, HasSubstr("quarantined"));
  EXPECT_EQ(std::ranges::count_if(fleet.worlds(), [](const auto& one) { return !one.second.registered; }), 1);
}

TEST(Ec2Rollout, AHangingHostIsGivenUpAfterTheDeadlineOfProgress) {
  Fleet fleet(4, half());
  fleet.hangs = {"h0", "h1"};
  auto settings = half();
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::failed);
}

TEST(Ec2Rollout, NewcomersAreBroughtUpToDate) {
  Fleet fleet(3, half());
  fleet.late_hosts = {"late"};
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::succeeded) << verdict.reason;
  EXPECT_EQ(fleet.world("late").release, "new");
}

TEST(Ec2Rollout, ANewcomerWhoseAgentIsNotThereYetIsWaitedForAWhile) {
  Fleet soon(3, half());
  soon.late_hosts = {"late"};
  soon.late_reachable_at = start + minutes(3);
  EXPECT_EQ(soon.run().reason, "4 of 4 hosts serve the new release");
  EXPECT_EQ(soon.world("late").release, "new");
  Fleet never(3, half());
  never.late_hosts = {"late"};
  never.late_reachable_at = Time::max();
  const auto verdict = never.run();
  EXPECT_EQ(verdict.outcome, Outcome::succeeded);
  EXPECT_EQ(verdict.reason, "3 of 4 hosts serve the new release; not on late");
  EXPECT_LT(never.now() - start, minutes(10));
}

TEST(Ec2Rollout, CancelingEndsWhatWasBegunAndGoesBack) {
  Fleet fleet(8, half());
  fleet.cancel_at = start + minutes(1);
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::canceled);
  EXPECT_EQ(verdict.reason, "user:lead canceled it");
  EXPECT_THAT(verdict.rollback, HasSubstr("the release before serves again"));
  for (const auto& [id, world] : fleet.worlds()) EXPECT_EQ(world.release, "old") << id;
  EXPECT_GE(fleet.lowest, 4);
}

TEST(Ec2Rollout, WhoDoesNotServeIsDoneFirstAndMakesRoomForTheOthers) {
  auto settings = half();
  settings.pace.min_healthy = {3, false};
  Fleet fleet(4, settings);
  for (const auto* id : {"h0", "h1"}) {
    fleet.world(id).healthy_at = Time::max();
    std::ranges::find(fleet.hosts(), id, &Host::id)->serving = false;
  }
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.reason, "4 of 4 hosts serve the new release");
  EXPECT_EQ(fleet.lowest, 2);
}

TEST(Ec2Rollout, AHostThatIsTakenAwayInTheMiddleIsNobodysFailure) {
  auto settings = half();
  settings.dynamic = true;
  settings.pace.max_failures = {0, false};
  Fleet fleet(6, settings);
  fleet.leaves["h4"] = start + seconds(15);  // while it waits
  fleet.leaves["h1"] = start + seconds(40);
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::succeeded) << verdict.reason;
  EXPECT_EQ(verdict.reason, "4 of 4 hosts serve the new release");
  EXPECT_EQ(fleet.machine().failures(), 0);
}

TEST(Ec2Rollout, AListedHostThatDiesIsAFailure) {
  auto settings = half();
  settings.pace.max_failures = {1, false};
  Fleet fleet(6, settings);
  fleet.cannot_go_back = {"h4"};
  fleet.leaves["h4"] = start + seconds(15);
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::succeeded) << verdict.reason;
  EXPECT_THAT(verdict.reason, HasSubstr("h4 stays out of traffic, quarantined"));
}

TEST(Ec2Rollout, AReleaseThatFallsOverWithinTheStabilityWindowIsNotGood) {
  auto settings = half();
  settings.stability = seconds(30);
  Fleet fleet(4, settings);
  for (const auto* id : {"h0", "h1", "h2", "h3"}) fleet.falls_ill[id] = seconds(15);
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_EQ(std::ranges::count_if(fleet.log, [](const auto& line) { return line.starts_with("switch-over"); }), 1);
  EXPECT_EQ(fleet.serving(fleet.now() + seconds(20)), 4);
}

TEST(Ec2Rollout, AHostThatFallsIllAfterItWasDoneCondemnsTheRelease) {
  auto settings = half();
  settings.pace.batch = Share{1, false};
  settings.pace.max_failures = {0, false};
  Fleet fleet(6, settings);
  fleet.falls_ill["h0"] = seconds(20);
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_THAT(verdict.reason, HasSubstr("h0: it was good and is not any more: Health checks failed with these codes: [502]"));
  for (const auto& [id, world] : fleet.worlds()) EXPECT_EQ(world.release, "old") << id;
}

TEST(Ec2Rollout, WhenTheReleaseBeforeFallsIllAsWellTheNewOneIsNotBlamed) {
  auto settings = half();
  settings.pace.min_healthy = {0, true};
  settings.pace.batch = Share{1, false};
  Fleet fleet(4, settings);
  fleet.falls_ill["h0"] = seconds(20);
  fleet.world("h3").ill_at = start;  // still on the old one
  fleet.run();
  const auto at = [&fleet](const char* line) { return std::ranges::find(fleet.log, line) - fleet.log.begin(); };
  EXPECT_GT(at("switch-back h0"), at("switch-over h3"));
}

TEST(Ec2Rollout, PeopleAreAskedAtACheckpointAndNoHostIsBegunBefore) {
  auto settings = half();
  settings.checkpoints = {{1, false}, {50, true}};
  Fleet fleet(8, settings);
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::succeeded) << verdict.reason;
  ASSERT_EQ(fleet.asked.size(), 2U);
  EXPECT_EQ(fleet.asked[0], std::pair(std::string("1 of 8 hosts serves the new release: go on with the others?"), 1UL));
  EXPECT_EQ(fleet.asked[1], std::pair(std::string("4 of 8 hosts serve the new release: go on with the others?"), 4UL));
}

TEST(Ec2Rollout, ACheckpointMaySendItBackOrStopItThere) {
  auto settings = half();
  settings.checkpoints = {{2, false}};
  Fleet back(6, settings);
  back.people = "rollback";
  EXPECT_EQ(back.run().reason, "user:lead sent it back at a checkpoint");
  EXPECT_EQ(back.updated(), 0U);
  Fleet kept(6, settings);
  kept.people = "stop";
  const auto verdict = kept.run();
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_EQ(verdict.rollback, "2 hosts are still on the new release");
  EXPECT_EQ(kept.updated(), 2U);
}

TEST(Ec2Rollout, NobodyAnswersAtACheckpointAndItGoesBack) {
  auto settings = half();
  settings.checkpoints = {{1, false}};
  settings.patience = minutes(30);
  Fleet fleet(4, settings);
  fleet.people.clear();
  fleet.restart_chance = 0.01;
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.reason, "nobody answered at the checkpoint of 1 of 4 hosts within 30m");
  EXPECT_EQ(fleet.updated(), 0U);
  EXPECT_GT(fleet.now() - start, minutes(30));
  EXPECT_LT(fleet.now() - start, minutes(35));
}

TEST(Ec2Rollout, AHostThatFallsIllWhileAQuestionIsOpenSendsItBack) {
  auto settings = half();
  settings.checkpoints = {{2, false}};
  settings.pace.max_failures = {0, false};
  Fleet fleet(4, settings);
  fleet.people.clear();
  fleet.falls_ill["h0"] = minutes(3);
  const auto verdict = fleet.run();
  EXPECT_THAT(verdict.reason, HasSubstr("h0: it was good and is not any more"));
  EXPECT_LT(fleet.now() - start, minutes(10));
}

TEST(Ec2Rollout, WhoServesTheReleaseAlreadyIsLeftAloneWhenItIsTriedAgain) {
  auto settings = half();
  settings.resumes = true;
  Fleet fleet(4, settings);
  for (const auto* id : {"h0", "h1", "h2"}) {
    fleet.world(id).release = "new";
    std::ranges::find(fleet.hosts(), id, &Host::id)->release = "new";
  }
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.reason, "4 of 4 hosts serve the new release");
  EXPECT_EQ(std::ranges::count_if(fleet.log, [](const auto& line) { return line.starts_with("switch-over"); }), 1);
  EXPECT_TRUE(fleet.machine().changed());
}

TEST(Ec2Rollout, AfterTheLastHostTheFleetIsWatchedForAWhile) {
  auto settings = half();
  settings.bake = minutes(10);
  settings.pace.max_failures = {0, false};
  Fleet good(4, settings);
  EXPECT_EQ(good.run().outcome, Outcome::succeeded);
  EXPECT_GT(good.now() - start, minutes(10));
  Fleet bad(4, settings);
  bad.falls_ill["h3"] = minutes(5);
  const auto verdict = bad.run();
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_THAT(verdict.rollback, HasSubstr("the release before serves again on 4 hosts"));
}

TEST(Ec2Rollout, ADoneHostThatIsSilentAtTheEndIsNotTouchedAgain) {
  Fleet fleet(4, half());
  fleet.silent_at_the_end = {"h0", "h1", "h2"};
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::succeeded);
  EXPECT_EQ(verdict.reason, "4 of 4 hosts serve the new release; at the end h0, h1, h2 could not be asked");
  EXPECT_EQ(std::ranges::count_if(fleet.log, [](const auto& line) { return line.starts_with("leave"); }), 4);
  EXPECT_EQ(fleet.serving(fleet.now()), 4);
}

TEST(Ec2Rollout, AListThatFailsIsAskedForAgainBeforeItCountsAsASuccess) {
  auto settings = half();
  settings.dynamic = true;
  Fleet fleet(4, settings);
  fleet.late_hosts = {"late"};
  fleet.unlisted_until = start + minutes(5);
  auto verdict = fleet.run();
  EXPECT_EQ(verdict.reason, "5 of 5 hosts serve the new release");
  EXPECT_EQ(fleet.world("late").release, "new");
  Fleet blind(4, settings);
  blind.unlisted_until = Time::max();
  verdict = blind.run();
  EXPECT_EQ(verdict.reason, "4 of 4 hosts serve the new release; who came in the meantime is not known: Service Unavailable");
}

TEST(Ec2Rollout, AFirstReleaseThatIsCondemnedTakesNobodyOutOfTraffic) {
  Settings settings;
  settings.pace.min_healthy = {0, false};
  settings.pace.canary = false;
  settings.bake = minutes(10);
  Fleet fleet(4, settings);
  for (auto& host : fleet.hosts()) host.release.clear();
  fleet.cancel_at = start + minutes(5);
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.outcome, Outcome::canceled);
  EXPECT_EQ(verdict.rollback, "4 hosts are still on the new release");
  EXPECT_EQ(fleet.serving(fleet.now()), 4);
}

TEST(Ec2Rollout, WhoWasDoneBeforeIsNotSaidToHaveGoneBack) {
  auto settings = half();
  settings.resumes = true;
  settings.pace.max_failures = {0, false};
  Fleet fleet(4, settings);
  for (const auto* id : {"h0", "h1"}) {
    fleet.world(id).release = "new";
    for (auto& host : fleet.hosts())
      if (host.id == id) host.release = "new";
  }
  fleet.switch_fails = {"h3"};
  const auto verdict = fleet.run();
  EXPECT_EQ(verdict.rollback, "2 hosts are still on the new release");
  EXPECT_EQ(std::ranges::count_if(fleet.log, [](const auto& line) { return line == "leave h0" || line == "leave h1"; }), 0);
}

TEST(Ec2Rollout, DrainingAndStabilityMayTakeLongerThanTheDeadlineOfProgress) {
  auto settings = half();
  settings.drain = minutes(30);
  settings.stability = minutes(15);
  Fleet fleet(2, settings);
  fleet.never_quiet = true;
  EXPECT_EQ(fleet.run().reason, "2 of 2 hosts serve the new release");
}

TEST(Ec2Rollout, TheTimeWithoutAServerIsNeitherWatchingNorAnswering) {
  Settings settings;
  settings.release = "new";
  settings.bake = minutes(10);
  settings.checkpoints = {{1, false}};
  std::vector<Host> hosts(2);
  hosts[0].id = "h0";
  hosts[1].id = "h1";
  auto memory = Rollout(settings, hosts, start).memory();
  memory["bake_until"] = to_micros(start + minutes(10));
  memory["asked"] = {{"round", 1}, {"text", "?"}, {"until", to_micros(start + minutes(60))}};
  Rollout machine(settings, hosts, start);
  machine.recall(memory, start + minutes(120));
  EXPECT_EQ(machine.asked()->until, start + minutes(180));
  EXPECT_EQ(number_at(machine.memory(), "bake_until"), to_micros(start + minutes(130)));
}

TEST(Ec2Rollout, GroupsThatStaySuspendedAreToldWithTheVerdict) {
  Fleet fleet(2, half());
  fleet.stays_suspended = true;
  EXPECT_THAT(fleet.run().reason, HasSubstr("; the auto-scaling groups could not be released again: AccessDenied"));
}

/// Fleets, paces, faults and restarts by lot: it always ends, never goes below what must serve by its own doing, and never leaves a
/// serving host on the wrong release.
TEST(Ec2Rollout, RandomFleetsKeepTheInvariant) {
  std::mt19937 random(11);
  const auto dice = [&random](int sides) { return static_cast<int>(random() % static_cast<unsigned>(sides)); };
  std::map<int, int> outcomes;
  for (int round = 0; round < 400; ++round) {
    Settings settings;
    settings.pace.min_healthy = {25 * dice(4), true};
    if (dice(2) == 0) settings.pace.batch = Share{1 + dice(4), false};
    settings.pace.max_failures = {dice(4), false};
    settings.pace.zonal = dice(4) == 0;
    settings.pace.canary = dice(3) != 0;
    settings.drain = seconds(30);
    settings.stability = seconds(dice(3) * 10);
    settings.dynamic = dice(3) == 0;
    if (dice(4) == 0) settings.checkpoints = {{1 + dice(3), false}, {50 + dice(40), true}};
    if (dice(5) == 0) settings.bake = seconds(60);
    const int count = 1 + dice(12);
    Fleet fleet(count, settings, static_cast<unsigned>(round));
    for (int i = 0; i < count; ++i) {
      const auto id = "h" + std::to_string(i);
      if (dice(8) == 0) fleet.switch_fails.insert(id);
      if (dice(10) == 0) fleet.never_healthy.insert(id);
      if (dice(20) == 0) fleet.cannot_go_back.insert(id);
      if (dice(12) == 0) fleet.verify_fails.insert(id);
      if (dice(25) == 0) fleet.falls_ill[id] = seconds(dice(100));
    }
    fleet.people = dice(4) == 0 ? "rollback" : dice(8) == 0 ? "stop" : "continue";
    fleet.restart_chance = dice(3) == 0 ? 0.05 : 0;
    if (!impossible(settings.pace, fleet.hosts()).empty()) continue;
    const auto verdict = fleet.run();
    ++outcomes[static_cast<int>(verdict.outcome)];
    const int lost = static_cast<int>(std::ranges::count_if(fleet.machine().rows(), [](const auto& row) { return row.failed; }));
    EXPECT_GE(fleet.lowest, needed(settings.pace, count) - lost) << "round " << round << ": " << verdict.reason;
    for (const auto& row : fleet.machine().rows()) {
      const auto& world = fleet.world(row.host.id);
      if (row.at == At::done) {
        EXPECT_EQ(world.release, "new") << "round " << round;
      }
      if (row.at == At::restored || row.at == At::waiting) {
        EXPECT_EQ(world.release, "old") << "round " << round;
      }
      EXPECT_EQ(world.registered, row.at != At::quarantined) << "round " << round << " " << row.host.id << " " << to_string(row.at);
    }
  }
  EXPECT_GT(outcomes[0], 50);
  EXPECT_GT(outcomes[1], 50);
}

}  // namespace
}  // namespace fairlead::deploy::ec2::test
