// SPDX-License-Identifier: Apache-2.0
#include "aws/retry.hpp"

#include <gtest/gtest.h>

#include "fairlead/base/json.hpp"

namespace fairlead::aws {
namespace {

using namespace std::chrono_literals;

Attempt attempt(Trouble trouble, Repeat repeat = Repeat::read) {
  return {.trouble = trouble, .repeat = repeat, .left = 10s, .patience_left = 600s};
}
const Again* again(const Decision& decision) { return std::get_if<Again>(&decision); }
const GiveUp* end(const Decision& decision) { return std::get_if<GiveUp>(&decision); }

TEST(TroubleOf, TellsThrottlesFromRefusals) {
  EXPECT_EQ(trouble_of(400, "ThrottlingException", "Rate exceeded"), Trouble::throttled);
  EXPECT_EQ(trouble_of(400, "Throttling", ""), Trouble::throttled);
  EXPECT_EQ(trouble_of(503, "SlowDown", ""), Trouble::throttled);
  EXPECT_EQ(trouble_of(503, "RequestLimitExceeded", ""), Trouble::throttled);
  EXPECT_EQ(trouble_of(429, "HTTP 429", ""), Trouble::throttled);
  EXPECT_EQ(trouble_of(400, "ClientException", "Too many concurrent attempts to create a new revision of the specified family."),
            Trouble::throttled);
  EXPECT_EQ(trouble_of(400, "LimitExceededException", "too many clusters"), Trouble::refused);
  EXPECT_EQ(trouble_of(400, "ClientException", "no such family"), Trouble::refused);
  EXPECT_EQ(trouble_of(500, "ServerException", ""), Trouble::lost);
  EXPECT_EQ(trouble_of(503, "HTTP 503", ""), Trouble::lost);
}

TEST(TroubleOf, KnowsAClockThatIsOffAndCredentialsThatExpired) {
  EXPECT_EQ(trouble_of(403, "RequestTimeTooSkewed", ""), Trouble::clock_skew);
  EXPECT_EQ(trouble_of(400, "InvalidSignatureException", "Signature expired: 20261120T030405Z is now earlier than 20261120T031000Z"),
            Trouble::clock_skew);
  EXPECT_EQ(trouble_of(400, "InvalidSignatureException", "Signature not yet current: 2026"), Trouble::clock_skew);
  EXPECT_EQ(trouble_of(403, "SignatureDoesNotMatch", "The request signature we calculated does not match"), Trouble::refused);
  EXPECT_EQ(trouble_of(400, "ExpiredTokenException", "The security token included in the request is expired"), Trouble::expired);
  EXPECT_EQ(trouble_of(403, "ExpiredToken", ""), Trouble::expired);
}

TEST(Decide, RepeatsALostReadWithGrowingJitter) {
  auto state = attempt(Trouble::lost);
  state.chance = 1.0;
  for (int tries = 1; tries < 5; ++tries) {
    state.tries = tries;
    ASSERT_TRUE(again(decide(state))) << tries;
    EXPECT_EQ(again(decide(state))->after, 100ms * (1 << (tries - 1)));
  }
  state.tries = 5;
  ASSERT_TRUE(end(decide(state)));
  EXPECT_FALSE(end(decide(state))->outcome_unknown);
}

TEST(Decide, HasFullJitter) {
  auto state = attempt(Trouble::lost);
  state.chance = 0;
  EXPECT_EQ(again(decide(state))->after, 0s);
}

TEST(Decide, NeverRepeatsALostChangeThatIsNotHarmless) {
  const auto decision = decide(attempt(Trouble::lost, Repeat::once));
  ASSERT_TRUE(end(decision));
  EXPECT_TRUE(end(decision)->outcome_unknown);
}

TEST(Decide, RepeatsALostChangeWithATokenAndSaysUnknownInTheEnd) {
  auto state = attempt(Trouble::lost, Repeat::token);
  EXPECT_TRUE(again(decide(state)));
  state.tries = 5;
  EXPECT_TRUE(end(decide(state))->outcome_unknown);
  EXPECT_TRUE(again(decide(attempt(Trouble::lost, Repeat::set))));
}

TEST(Decide, RepeatsWhatNeverLeft) {
  EXPECT_TRUE(again(decide(attempt(Trouble::unreachable, Repeat::once))));
  auto state = attempt(Trouble::unreachable, Repeat::once);
  state.tries = 5;
  EXPECT_FALSE(end(decide(state))->outcome_unknown);
}

TEST(Decide, StopsAtTheDeadlineAndAtTheBudget) {
  auto late = attempt(Trouble::lost);
  late.left = 10ms;
  late.chance = 1;
  EXPECT_TRUE(end(decide(late)));
  auto poor = attempt(Trouble::lost);
  poor.budget = false;
  EXPECT_TRUE(end(decide(poor)));
}

TEST(Decide, WaitsOutThrottlingHoweverOften) {
  auto state = attempt(Trouble::throttled, Repeat::once);
  state.left = 0s;
  state.budget = false;
  for (const int throttles : {1, 10, 100}) {
    state.throttles = throttles;
    ASSERT_TRUE(again(decide(state)));
    EXPECT_LE(again(decide(state))->after, 20s);
  }
  state.patience_left = 1ms;
  ASSERT_TRUE(end(decide(state)));
  EXPECT_FALSE(end(decide(state))->outcome_unknown);
}

TEST(Decide, HonoursRetryAfter) {
  auto state = attempt(Trouble::throttled);
  state.retry_after = 7s;
  EXPECT_EQ(again(decide(state))->after, 7s);
}

TEST(Decide, RenewsCredentialsOnceAndSetsTheClockOnce) {
  auto expired = attempt(Trouble::expired, Repeat::once);
  EXPECT_TRUE(std::holds_alternative<RenewCredentials>(decide(expired)));
  expired.renewed = true;
  EXPECT_TRUE(end(decide(expired)));
  auto skewed = attempt(Trouble::clock_skew);
  EXPECT_TRUE(std::holds_alternative<SetClock>(decide(skewed)));
  skewed.clock_set = true;
  EXPECT_TRUE(end(decide(skewed)));
}

TEST(Decide, TakesANoForANo) { EXPECT_TRUE(end(decide(attempt(Trouble::refused)))); }

TEST(RepeatOf, TreatsAForcedDeploymentAsNotRepeatable) {
  const auto& update = look_up("ecs:UpdateService").operation;
  EXPECT_EQ(repeat_of(update, Json{{"service", "api"}}), Repeat::set);
  EXPECT_EQ(repeat_of(update, Json{{"forceNewDeployment", true}}), Repeat::once);
  EXPECT_EQ(repeat_of(look_up("ecs:RegisterTaskDefinition").operation, Json::object()), Repeat::once);
}

TEST(RetryBudget, RunsDryUnderConstantFailureAndComesBack) {
  RetryBudget budget;
  int granted = 0;
  while (budget.spend()) ++granted;
  EXPECT_EQ(granted, 100);
  for (int i = 0; i < 5; ++i) budget.on_success();
  EXPECT_TRUE(budget.spend());
}

TEST(ClockOffset, FollowsTheServerOnlyWhenItMatters) {
  const auto ours = *parse_time("2026-11-20T03:00:00Z");
  EXPECT_EQ(clock_offset(ours + 2min, ours, 0s), std::nullopt);
  EXPECT_EQ(clock_offset(ours + 15min, ours, 0s), Duration(15min));
  EXPECT_EQ(clock_offset(ours - 1h, ours, 0s), Duration(-1h));
  EXPECT_EQ(clock_offset(ours + 15min, ours, 15min), std::nullopt);
}

TEST(RetryAfter, ReadsSecondsAndDates) {
  const auto now = *parse_time("2026-10-21T07:28:00Z");
  EXPECT_EQ(parse_retry_after("3", now), Duration(3s));
  EXPECT_EQ(parse_retry_after("Wed, 21 Oct 2026 07:28:10 GMT", now), Duration(10s));
  EXPECT_EQ(parse_retry_after("Wed, 21 Oct 2026 07:20:00 GMT", now), Duration(0s));
  EXPECT_EQ(parse_retry_after("86400", now), std::nullopt);
  EXPECT_EQ(parse_retry_after("99999999999999", now), std::nullopt);
  EXPECT_EQ(parse_retry_after("", now), std::nullopt);
}

}  // namespace
}  // namespace fairlead::aws
