// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "deploy/ecs/deploy_plan.hpp"
#include "deploy/ecs/poller.hpp"
#include "deploy/ecs/run_task.hpp"
#include "deploy/ecs/schedule.hpp"
#include "deploy/patience.hpp"

namespace fairlead::deploy::ecs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Task ended(std::optional<int> code, std::string reason) {
  Task task;
  task.arn = "arn:aws:ecs:eu-west-1:111122223333:task/web/0123";
  task.stopped_reason = std::move(reason);
  task.containers = {{"app", code, "", "UNKNOWN"}, {"sidecar", 143, "", "UNKNOWN"}};
  return task;
}

TEST(RunTask, the_exit_code_of_its_container_decides) {
  EXPECT_TRUE(end_of({ended(0, "Essential container in task exited")}, "app").succeeded);
  const auto failed = end_of({ended(0, ""), ended(3, "Essential container in task exited")}, "app");
  EXPECT_FALSE(failed.succeeded);
  EXPECT_EQ(failed.exit_code, 3);
  EXPECT_THAT(failed.reason, HasSubstr("exited with 3"));
}

TEST(RunTask, genova_W22_a_container_that_never_started_is_a_failure_with_its_reason) {
  const auto end = end_of({ended(std::nullopt, "CannotPullContainerError: api:nope: not found")}, "app");
  EXPECT_FALSE(end.succeeded);
  EXPECT_EQ(end.exit_code, -1);
  EXPECT_THAT(end.reason, HasSubstr("CannotPullContainerError"));
}

Json target(const char* id) {
  return {{"Id", id},
          {"Arn", "arn:aws:ecs:eu-west-1:111122223333:cluster/web"},
          {"RoleArn", "arn:aws:iam::111122223333:role/events"},
          {"DeadLetterConfig", {{"Arn", "dlq"}}},
          {"RetryPolicy", {{"MaximumRetryAttempts", 3}}},
          {"EcsParameters", {{"TaskDefinitionArn", "task-definition/job:1"}, {"PlatformVersion", "1.4.0"}, {"TaskCount", 2}}}};
}

TEST(Schedule, genova_W21_every_other_field_of_the_target_is_kept) {
  const Json before = target("one");
  Json after = changed_target(before, {"task-definition/job:2", "app", Json({"rake", "x"})});
  EXPECT_EQ(after["EcsParameters"]["TaskDefinitionArn"], "task-definition/job:2");
  EXPECT_EQ(parse_json(after["Input"].get<std::string>())["containerOverrides"][0]["command"], Json({"rake", "x"}));
  after["EcsParameters"]["TaskDefinitionArn"] = "task-definition/job:1";
  after.erase("Input");
  EXPECT_EQ(after, before);
}

TEST(Schedule, genova_W21_a_target_is_chosen_by_its_exact_id_or_because_it_is_the_only_one) {
  const Json one = Json::array({target("one")}), two = Json::array({target("one"), target("one-more")});
  EXPECT_EQ(choose_target(one, "", "nightly")["Id"], "one");
  EXPECT_EQ(choose_target(two, "one", "nightly")["Id"], "one");
  EXPECT_THROW(choose_target(two, "", "nightly"), Error);
  EXPECT_THROW(choose_target(two, "on", "nightly"), Error);
  EXPECT_THROW(choose_target(Json::array(), "", "nightly"), Error);
}

TEST(Schedule, an_update_names_everything_that_the_schedule_has) {
  const Json schedule{
      {"Arn", "x"},           {"Name", "nightly"},      {"GroupName", "default"},    {"ScheduleExpression", "rate(1 day)"},
      {"State", "ENABLED"},   {"CreationDate", 1},      {"LastModificationDate", 2}, {"FlexibleTimeWindow", {{"Mode", "OFF"}}},
      {"KmsKeyArn", nullptr}, {"Target", target("one")}};
  const Json update = schedule_update(schedule, {"task-definition/job:2", "app", Json()}, "rate(2 days)", false);
  EXPECT_EQ(update["FlexibleTimeWindow"]["Mode"], "OFF");
  EXPECT_EQ(update["ScheduleExpression"], "rate(2 days)");
  EXPECT_EQ(update["State"], "DISABLED");
  EXPECT_EQ(update["Target"]["RetryPolicy"]["MaximumRetryAttempts"], 3);
  for (const char* key : {"Arn", "CreationDate", "LastModificationDate", "KmsKeyArn"}) EXPECT_FALSE(update.contains(key)) << key;
}

DeployPlan plan() {
  DeployPlan it;
  it.configuration = {{"minimumHealthyPercent", 100}, {"maximumPercent", 200}, {"deploymentCircuitBreaker", {{"enable", true}}}};
  it.baseline.task_definition = "task-definition/api:1";
  it.baseline.target_groups = {"tg"};
  it.baseline.reuse = true;
  return it;
}

TEST(DeployPlan, genova_W3_what_the_step_asks_for_reaches_update_service_and_nothing_else_does) {
  const Inputs plain = inputs_from({{"cluster", "web"}, {"service", "api"}, {"images", {{"app", "api:2"}}}});
  const Json request = update_request(plain, plan(), "task-definition/api:2");
  EXPECT_EQ(dump(request), R"({"cluster":"web","service":"api","taskDefinition":"task-definition/api:2"})");
  const Inputs wishes = inputs_from({{"cluster", "web"}, {"service", "api"}, {"desired-count", "6"}, {"min-healthy", 50}});
  const Json changed = update_request(wishes, plan(), "task-definition/api:2");
  EXPECT_EQ(changed["desiredCount"], 6);
  EXPECT_EQ(changed["deploymentConfiguration"]["minimumHealthyPercent"], 50);
  EXPECT_EQ(changed["deploymentConfiguration"]["deploymentCircuitBreaker"]["enable"], true) << "what was not asked for stays";
  EXPECT_FALSE(changed.contains("forceNewDeployment"));
  EXPECT_EQ(restore_request(wishes, plan())["deploymentConfiguration"]["minimumHealthyPercent"], 100);
}

TEST(DeployPlan, is_the_same_after_a_restart) { EXPECT_EQ(to_json(plan_from(to_json(plan()))), to_json(plan())); }

TEST(DeployPlan, inputs_that_mean_nothing_are_refused) {
  EXPECT_THROW(inputs_from({{"stability", "soon"}}), Error);
  EXPECT_THROW(inputs_from({{"desired-count", "many"}}), Error);
  EXPECT_THROW(inputs_from({{"images", {{"app", ""}}}}), Error);
}

/// Answers DescribeServices with what it was asked for.
class CountingAws : public aws::Aws {
 public:
  std::vector<std::size_t> batches;
  Awaitable<Json> call(aws::Scope, std::string, Json params, aws::CallOptions) override {
    batches.push_back(params["services"].size());
    Json services = Json::array();
    for (const Json& name : params["services"]) {
      if (name != "missing") services.push_back({{"serviceName", name}, {"status", "ACTIVE"}});
    }
    co_return Json{{"services", std::move(services)}, {"failures", Json::array()}};
  }
};

TEST(Poller, looks_at_the_same_time_share_calls_of_ten) {
  asio::io_context io;
  CountingAws aws;
  Poller poller(io.get_executor(), aws);
  std::vector<std::unique_ptr<Poller::Watching>> watching;
  int seen = 0;
  for (int i = 0; i < 25; ++i) watching.push_back(std::make_unique<Poller::Watching>(poller, aws::Scope{}, "web"));
  for (int i = 0; i < 25; ++i) {
    auto look = [](Poller& from, int number, int& count) -> Awaitable<void> {
      const Json service = co_await from.service({}, "web", "api-" + std::to_string(number));
      count += text_at(service, "serviceName") == "api-" + std::to_string(number);
    };
    spawn(io.get_executor(), "look", look(poller, i, seen));
  }
  io.run();
  EXPECT_EQ(seen, 25);
  EXPECT_THAT(aws.batches, ElementsAre(10u, 10u, 5u));
}

/// Answers when it is let.
class SlowAws : public CountingAws {
 public:
  explicit SlowAws(const asio::any_io_executor& executor) : open(executor) {}
  Awaitable<Json> call(aws::Scope scope, std::string operation, Json params, aws::CallOptions options) override {
    co_await open.wait();
    co_return co_await CountingAws::call(std::move(scope), std::move(operation), std::move(params), options);
  }
  Signal open;
};

TEST(Poller, looks_that_come_while_calls_are_out_share_the_next_one) {
  asio::io_context io;
  SlowAws aws(io.get_executor());
  Poller poller(io.get_executor(), aws);
  int seen = 0;
  for (int i = 0; i < 12; ++i) {
    auto look = [](Poller& from, int number, int& count) -> Awaitable<void> {
      co_await from.service({}, "web", "api-" + std::to_string(number));
      ++count;
    };
    spawn(io.get_executor(), "look", look(poller, i, seen));
    io.poll();
  }
  while (seen < 12) {
    aws.open.notify_all();
    io.run_for(std::chrono::milliseconds(1));
  }
  EXPECT_THAT(aws.batches, ElementsAre(1u, 1u, 1u, 9u)) << "nobody watches, so the first ones leave at once";
}

TEST(Poller, the_more_watch_a_cluster_the_more_they_look_together) {
  EXPECT_EQ(common_beat(0).count(), 0);
  EXPECT_EQ(common_beat(1).count(), 0) << "a deploy alone never waits";
  EXPECT_EQ(common_beat(3).count(), 500);
  EXPECT_EQ(common_beat(1000).count(), 2000);
}

Awaitable<Json> failing(int& asked, int times, aws::Failure failure) {
  if (++asked > times) co_return Json("there");
  throw aws::AwsError(ErrorKind::unavailable, "no answer", "", {.failure = failure});
}

Awaitable<void> ask_patiently(int& asked, aws::Failure failure, Json& out) {
  out = co_await patiently([&asked, failure] { return failing(asked, 3, failure); }, std::chrono::milliseconds(1));
}

TEST(Patience, an_outage_is_waited_out_and_a_refusal_is_not) {
  asio::io_context io;
  int asked = 0, refused = 0;
  Json answer, none;
  bool told = false;
  spawn(io.get_executor(), "outage", ask_patiently(asked, aws::Failure::network, answer));
  spawn(io.get_executor(), "refusal", ask_patiently(refused, aws::Failure::denied, none), [&told](std::exception_ptr) { told = true; });
  io.run();
  EXPECT_EQ(asked, 4);
  EXPECT_EQ(answer, "there");
  EXPECT_EQ(refused, 1);
  EXPECT_TRUE(told);
}

TEST(Poller, a_service_that_is_not_there_is_nothing) {
  asio::io_context io;
  CountingAws aws;
  Poller poller(io.get_executor(), aws);
  bool nothing = false;
  auto look = [](Poller& from, bool& out) -> Awaitable<void> {
    const Json service = co_await from.service({}, "web", "missing");
    out = service.is_null();
  };
  spawn(io.get_executor(), "look", look(poller, nothing));
  io.run();
  EXPECT_TRUE(nothing);
}

}  // namespace
}  // namespace fairlead::deploy::ecs
