// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/action_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deploy/ecs/fields.hpp"
#include "fairlead/aws/aws.hpp"
#include "fairlead/aws/error.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/deploy/drift.hpp"
#include "planning.hpp"

namespace fairlead::deploy::ecs {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A cluster `web` with one service and one rule; refuses everything that is not a read.
class ReadableAws : public aws::Aws {
 public:
  std::string revision = "1";
  std::string image = "registry/api:1";
  std::string controller = "ECS";
  int desired = 4;
  bool down = false;
  bool has_cluster = true;

  Awaitable<Json> call(aws::Scope, std::string operation, Json params, aws::CallOptions) override {
    if (down) throw aws::AwsError(ErrorKind::unavailable, operation + " was throttled", "", {.failure = aws::Failure::throttled});
    co_return answer(operation, params);
  }

 private:
  std::string arn(const std::string& number) const { return "arn:aws:ecs:eu-west-1:111122223333:task-definition/api:" + number; }

  Json answer(const std::string& operation, const Json& params) const {
    if (operation == "ecs:DescribeServices") return services(params);
    if (operation == "ecs:ListServices") return {{"serviceArns", Json::array({"arn:aws:ecs:eu-west-1:111122223333:service/web/api"})}};
    if (operation == "ecs:DescribeTaskDefinition") {
      return {{"taskDefinition",
               {{"taskDefinitionArn", arn(revision)},
                {"family", "api"},
                {"cpu", "256"},
                {"containerDefinitions", Json::array({{{"name", "app"}, {"image", image}, {"memory", 64}}})}}}};
    }
    if (operation == "ecs:DescribeClusters") return {{"clusters", has_cluster ? Json::array({{{"status", "ACTIVE"}}}) : Json::array()}};
    if (operation == "events:DescribeRule") return {{"Name", "nightly"}, {"ScheduleExpression", "rate(1 day)"}, {"State", "ENABLED"}};
    if (operation == "events:ListTargetsByRule")
      return {{"Targets", Json::array({{{"Id", "one"}, {"EcsParameters", {{"TaskDefinitionArn", arn(revision)}}}}})}};
    throw aws::AwsError(ErrorKind::refused, operation + " changes something", "", {.failure = aws::Failure::denied});
  }

  Json services(const Json& params) const {
    Json found = Json::array();
    if (params["services"][0] == "api") {
      found.push_back({{"serviceName", "api"},
                       {"serviceArn", "arn:aws:ecs:eu-west-1:111122223333:service/web/api"},
                       {"status", "ACTIVE"},
                       {"taskDefinition", arn(revision)},
                       {"desiredCount", desired},
                       {"runningCount", desired},
                       {"deploymentController", {{"type", controller}}},
                       {"deployments", Json::array({{{"id", "ecs-svc/1"},
                                                     {"status", "PRIMARY"},
                                                     {"taskDefinition", arn(revision)},
                                                     {"rolloutState", "COMPLETED"},
                                                     {"desiredCount", desired},
                                                     {"runningCount", desired}}})}});
    }
    return {{"services", std::move(found)}, {"failures", Json::array()}};
  }
};

class FakeContext : public engine::PlanContext {
 public:
  std::string place = "production";
  Json inputs, known = Json::object(), record;
  std::optional<std::string> text;
  bool early_ = false;

  const std::string& environment() const override { return place; }
  const Json& with() const override { return inputs; }
  const Json& contexts() const override { return known; }
  const Json& recorded() const override { return record; }
  Awaitable<std::optional<std::string>> file(std::string) override { co_return text; }
  bool early() const override { return early_; }
};

class ActionPlans : public testing::Test {
 protected:
  ActionPlans() {
    parts.aws = &aws;
    parts.executor = io.get_executor();
    parts.scope = [](const std::string&) { return aws::Scope{.region = "eu-west-1"}; };
    parts.parse = [](const std::string& text, const std::string&, const Json&) { return parse_json(text); };
    context.inputs = {{"cluster", "web"}, {"service", "api"}, {"images", {{"app", "registry/api:2"}}}};
  }

  engine::ActionPlan wait(Awaitable<engine::ActionPlan> work) { return planned(io, std::move(work)); }
  engine::ActionPlan deploy() { return wait(plan_deploy(context, parts, poller)); }

  asio::io_context io;
  ReadableAws aws;
  Parts parts;
  Poller poller{io.get_executor(), aws};
  FakeContext context;
};

TEST_F(ActionPlans, a_deploy_says_what_changes_in_how_many_waves_and_how_long_it_takes) {
  const auto plan = deploy();
  EXPECT_THAT(plan.problems, IsEmpty());
  EXPECT_THAT(plan.lines, Contains(HasSubstr("containerDefinitions.app.image: registry/api:1 → registry/api:2")));
  EXPECT_THAT(plan.lines, Contains("1 wave of up to 4 tasks"));
  EXPECT_THAT(plan.lines, Contains(HasSubstr("api:1 → a new revision of api")));
  EXPECT_THAT(plan.lines, Contains("about 1m10s until it serves"));
  EXPECT_EQ((*plan.details)["target"], "ecs:eu-west-1:web/api");
  EXPECT_EQ((*plan.details)["images"]["app"], "registry/api:2");
  EXPECT_EQ((*plan.details)["seconds"], 70);
}

TEST_F(ActionPlans, the_digest_is_of_what_would_happen_and_of_what_it_starts_from) {
  const auto before = deploy().digest;
  EXPECT_EQ(deploy().digest, before);
  aws.desired = 9;
  EXPECT_EQ(deploy().digest, before) << "autoscaling voids no approval";
  aws.revision = "2";
  EXPECT_NE(deploy().digest, before) << "somebody deployed in between";
  aws.revision = "1";
  context.inputs["images"]["app"] = "registry/api:3";
  EXPECT_NE(deploy().digest, before) << "another image";
}

TEST_F(ActionPlans, an_image_that_is_not_built_yet_is_a_hole_with_a_name) {
  context.inputs["images"]["app"] = {{"$expr", "${{ jobs.image.outputs.uri }}"}};
  const auto plan = deploy();
  EXPECT_THAT(plan.lines, Contains(HasSubstr("known after the build: ${{ jobs.image.outputs.uri }}")));
  EXPECT_THAT(plan.problems, IsEmpty());
  context.inputs["cluster"] = {{"$expr", "${{ jobs.where.outputs.cluster }}"}};
  EXPECT_THAT(deploy().lines, ElementsAre(HasSubstr("known when cluster")));
}

TEST_F(ActionPlans, what_would_stop_the_deploy_is_told_with_the_next_step) {
  aws.controller = "CODE_DEPLOY";
  auto plan = deploy();
  ASSERT_EQ(plan.problems.size(), 1u);
  EXPECT_TRUE(plan.problems[0].fatal);
  EXPECT_THAT(plan.problems[0].text, HasSubstr("deployed by CODE_DEPLOY"));
  EXPECT_THAT(plan.problems[0].advice, HasSubstr("deploymentController"));
  aws.controller = "ECS";
  aws.desired = 0;
  plan = deploy();
  ASSERT_FALSE(plan.problems.empty());
  EXPECT_THAT(plan.problems[0].text, HasSubstr("desired count 0"));
  context.inputs["service"] = "apy";
  EXPECT_THROW(deploy(), Error);
}

TEST_F(ActionPlans, an_aws_that_does_not_answer_makes_no_plan_at_all) {
  aws.down = true;
  try {
    deploy();
    FAIL() << "there is no plan of an unknown world";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::unavailable);
  }
}

TEST_F(ActionPlans, a_file_that_an_earlier_step_may_write_is_known_later) {
  context.inputs["task-definition"] = "deploy/api.json";
  EXPECT_THROW(deploy(), Error);
  context.early_ = true;
  EXPECT_THAT(deploy().lines, ElementsAre(HasSubstr("written task-definition deploy/api.json")));
  context.text = R"({"family":"api","containerDefinitions":[{"name":"app","image":"x:1","memory":64,"enviroment":[]}]})";
  const auto plan = deploy();
  ASSERT_EQ(plan.problems.size(), 1u);
  EXPECT_FALSE(plan.problems[0].fatal);
  EXPECT_THAT(plan.problems[0].text, HasSubstr("enviroment"));
  EXPECT_EQ(plan.problems[0].advice, "did you mean environment?");
}

TEST_F(ActionPlans, a_task_that_runs_once_names_its_images_and_its_cluster) {
  context.inputs = {{"cluster", "web"}, {"task-definition", "api"}, {"images", {{"app", "registry/api:2"}}}, {"command", {"rake", "x"}}};
  auto plan = wait(plan_run_task(context, parts));
  EXPECT_THAT(plan.lines, ElementsAre("runs a new revision of api in cluster web and waits for its end", "  container app: registry/api:2",
                                      "  command: rake x"));
  aws.has_cluster = false;
  plan = wait(plan_run_task(context, parts));
  ASSERT_EQ(plan.problems.size(), 1u);
  EXPECT_THAT(plan.problems[0].text, HasSubstr("no cluster \"web\""));
}

TEST_F(ActionPlans, a_schedule_says_what_it_runs_now_and_then) {
  context.inputs = {
      {"rule", "nightly"}, {"task-definition", "api"}, {"images", {{"app", "registry/api:2"}}}, {"expression", "rate(2 days)"}};
  const auto plan = wait(plan_schedule(context, parts));
  EXPECT_THAT(plan.lines, Contains("rule nightly (rate(1 day), enabled) runs api:1 → a new revision of api"));
  EXPECT_THAT(plan.lines, Contains("  expression: rate(1 day) → rate(2 days)"));
  EXPECT_THAT(plan.lines, Contains(HasSubstr("image: registry/api:1 → registry/api:2")));
}

TEST_F(ActionPlans, drift_is_another_revision_than_the_one_that_was_deployed) {
  Json record{{"kind", "ecs-deploy"},
              {"cluster", "web"},
              {"service", "api"},
              {"task_definition", "arn:aws:ecs:eu-west-1:111122223333:task-definition/api:1"}};
  Json seen;
  auto look = [](Parts parts, Json deployed, Json& out) -> Awaitable<void> {
    out = co_await drift_of(std::move(parts), "production", std::move(deployed));
  };
  const auto now = [&] {
    spawn(io.get_executor(), "look", look(parts, record, seen));
    io.restart();
    io.run();
    return seen;
  };
  EXPECT_EQ(now()["drifted"], false);
  aws.revision = "3";
  EXPECT_EQ(now()["text"], "service web/api runs api:3, and fairlead deployed api:1");
  record["service"] = "gone";
  EXPECT_THAT(now()["text"], "service web/gone is not there any more");
  record["kind"] = "ec2-deploy";
  EXPECT_TRUE(now().is_null()) << "nothing is known of it";
}

TEST(UnknownFields, a_definition_of_the_api_has_none) {
  EXPECT_THAT(unknown_fields({{"family", "api"}, {"containerDefinitions", Json::array({{{"name", "app"}, {"image", "x"}}})}}), IsEmpty());
}

}  // namespace
}  // namespace fairlead::deploy::ecs
