// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fairlead::deploy::ecs {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Service service() {
  Service it;
  it.name = "api";
  it.status = "ACTIVE";
  it.controller = "ECS";
  it.desired = 4;
  it.deployments = {{.id = "ecs-svc/1", .status = "PRIMARY", .task_definition = "x:task-definition/api:1", .rollout = "COMPLETED"}};
  return it;
}

std::string check(const Service& it, const Wishes& wishes = {}, bool ours = false) { return listed(check_service(it, wishes, ours)); }

TEST(Plan, an_ordinary_service_has_nothing_against_it) { EXPECT_THAT(check_service(service(), {}, false), IsEmpty()); }

TEST(Plan, controllers_that_are_not_ecs_are_refused) {
  for (const char* controller : {"CODE_DEPLOY", "EXTERNAL"}) {
    auto it = service();
    it.controller = controller;
    EXPECT_THAT(check(it), HasSubstr(controller));
  }
}

TEST(Plan, desired_0_would_prove_nothing) {
  auto it = service();
  it.desired = 0;
  EXPECT_THAT(check(it), HasSubstr("would start nothing"));
  EXPECT_THAT(check_service(it, {.desired = 2}, false), IsEmpty());
}

TEST(Plan, settings_with_which_ecs_can_never_move_are_refused) {
  auto it = service();
  const int stuck[][3] = {{2, 75, 149}, {3, 100, 125}, {1, 100, 100}};
  for (const auto& [desired, low, high] : stuck) {
    it.desired = desired;
    it.min_percent = low;
    it.max_percent = high;
    EXPECT_THAT(check(it), HasSubstr("could never move")) << desired;
  }
}

TEST(Plan, somebody_elses_deployment_in_progress_is_not_run_over_but_our_own_draining_is) {
  auto it = service();
  it.deployments.front().rollout = "IN_PROGRESS";
  EXPECT_THAT(check(it), HasSubstr("somebody else's deployment ecs-svc/1 of api:1 is in progress"));
  EXPECT_THAT(check_service(it, {}, true), IsEmpty());
}

TEST(Plan, a_failing_deployment_of_somebody_else_may_be_replaced_by_its_cure) {
  auto it = service();
  it.deployments.front().rollout = "IN_PROGRESS";
  it.deployments.front().desired = 4;
  it.deployments.front().failed = 3;
  EXPECT_THAT(check(it), HasSubstr("(warning)"));
  EXPECT_FALSE(any_fatal(check_service(it, {}, false)));
}

TEST(Plan, all_findings_come_in_one_list) {
  auto it = service();
  it.controller = "EXTERNAL";
  it.desired = 0;
  EXPECT_THAT(check_service(it, {}, false), SizeIs(2));
  EXPECT_THAT(check(it), HasSubstr("\n2. "));
}

}  // namespace
}  // namespace fairlead::deploy::ecs
