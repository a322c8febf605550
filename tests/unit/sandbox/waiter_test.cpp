// SPDX-License-Identifier: Apache-2.0
#include "unit/sandbox/cloud.hpp"

/// What the SDK's waiter "services stable" (15 s × 40, one deployment left and running == desired) says in this world: the rows that
/// a deploy tool is measured against. Its false verdicts are a property of ECS that the world must have.
namespace fairlead::sandbox {
namespace {

struct Verdict {
  bool stable = false;  ///< said within 40 looks
  bool truthful = false;  ///< the new version really is the one that runs
  int seconds = 0;
};

Verdict wait(Cloud& cloud, const std::string& wanted) {
  Verdict verdict;
  for (int look = 0; look < 40; ++look) {
    verdict.seconds = look * 15;
    if (cloud.stable()) {
      verdict.stable = true;
      verdict.truthful = text_at(cloud.describe(), "taskDefinition") == wanted;
      return verdict;
    }
    cloud.pass(std::chrono::seconds(15));
  }
  return verdict;
}

struct Row {
  const char* name;
  int drain, desired;
  bool breaker;
  const char* faults;
  bool stable, truthful;
  int from, to;
};

struct Waiter : testing::TestWithParam<Row> {};

TEST_P(Waiter, SaysWhatItSaysOnAws) {
  const Row& row = GetParam();
  Cloud cloud;
  cloud.desired = row.desired;
  cloud.balance(row.drain);
  cloud.create(row.breaker ? breaker : Json::object());
  cloud.world.set_faults(parse_json(row.faults));
  const auto wanted = text_at(cloud.deploy("sim/web:new")["deployments"][0], "taskDefinition");
  const auto verdict = wait(cloud, wanted);
  EXPECT_EQ(verdict.stable, row.stable);
  EXPECT_EQ(verdict.truthful, row.truthful);
  EXPECT_GE(verdict.seconds, row.from);
  EXPECT_LE(verdict.seconds, row.to);
}

constexpr const char* bad_image = R"([{"fault": "image-missing", "image": "*:new"}])";
constexpr const char* crash = R"([{"fault": "crash-after-running", "after": "15s", "image": "*:new"}])";
constexpr const char* late_crash = R"([{"fault": "crash-after-running", "after": "45s", "image": "*:new"}])";
constexpr const char* unhealthy = R"([{"fault": "failing-health", "image": "*:new"}])";

INSTANTIATE_TEST_SUITE_P(Rows, Waiter,
                         testing::Values(Row{"good, drain 300 s", 300, 4, true, "[]", true, true, 345, 405},
                                         Row{"good, drain 30 s", 30, 4, true, "[]", true, true, 90, 135},
                                         Row{"bad image, breaker", 300, 4, true, bad_image, true, false, 30, 90},
                                         Row{"bad image, no breaker", 300, 4, false, bad_image, false, false, 585, 600},
                                         Row{"crash 15 s after RUNNING, counted", 300, 4, true, crash, true, false, 60, 135},
                                         Row{"the same, no breaker", 300, 4, false, crash, false, false, 585, 600},
                                         Row{"crash after it was healthy: stable between two crashes", 300, 4, true, late_crash, true, true,
                                             345, 600},
                                         Row{"health checks fail, four tasks", 30, 4, true, unhealthy, true, false, 75, 195},
                                         Row{"health checks fail, one task", 30, 1, true, unhealthy, true, false, 180, 420}));

}  // namespace
}  // namespace fairlead::sandbox
