// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/task_definition.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fairlead/base/error.hpp"

namespace fairlead::deploy::ecs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Json described() {
  return parse_json(R"({
    "taskDefinition": {
      "taskDefinitionArn": "arn:aws:ecs:eu-west-1:111122223333:task-definition/api:7", "revision": 7, "status": "ACTIVE",
      "requiresAttributes": [{"name": "x"}], "compatibilities": ["EC2"], "registeredAt": 1, "registeredBy": "somebody",
      "family": "api", "networkMode": "awsvpc", "somethingNew": {"kept": true}, "ipcMode": null,
      "containerDefinitions": [
        {"name": "app", "image": "api:1", "cpu": 0, "essential": true, "aFieldOfNextYear": [1, 2], "environment": [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}],
         "portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}],
         "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/api", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "api"}}},
        {"name": "proxy", "image": "proxy:3", "essential": false, "healthCheck": {"command": ["CMD", "true"]}}]
    },
    "tags": [{"key": "team", "value": "shop"}, {"key": "fairlead:key", "value": "old"}]})");
}

TEST(TaskDefinition, what_only_answers_have_is_left_out_and_everything_else_kept) {
  const Json it = registrable(described());
  for (const char* key :
       {"taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt", "registeredBy", "ipcMode"})
    EXPECT_FALSE(it.contains(key)) << key;
  EXPECT_EQ(it["somethingNew"]["kept"], true);
  EXPECT_EQ(it["containerDefinitions"][0]["aFieldOfNextYear"], Json({1, 2}));
  EXPECT_EQ(it["tags"].size(), 2u);
}

TEST(TaskDefinition, genova_W4_images_are_replaced_by_name_and_nothing_is_merged) {
  const Json before = registrable(described());
  const Json after = with_images(before, {{"proxy", "proxy@sha256:0123"}});
  EXPECT_EQ(after["containerDefinitions"][1]["image"], "proxy@sha256:0123");
  EXPECT_EQ(after["containerDefinitions"][0], before["containerDefinitions"][0]);
  EXPECT_THAT(differences(before, after), ElementsAre("containerDefinitions.proxy.image: proxy:3 → proxy@sha256:0123"));
}

TEST(TaskDefinition, a_container_that_is_not_there_is_named_with_the_nearest) {
  try {
    with_images(registrable(described()), {{"prox", "x"}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("\"prox\""));
    EXPECT_EQ(error.hint(), "did you mean proxy?");
  }
}

TEST(TaskDefinition, the_hash_does_not_see_order_tags_or_what_ecs_fills_in) {
  Json other = registrable(described());
  other["tags"] = Json::array();
  other["containerDefinitions"][0].erase("cpu");
  other["containerDefinitions"][0].erase("essential");
  other["containerDefinitions"][0]["portMappings"] = parse_json(R"([{"containerPort": 80}])");
  other["containerDefinitions"][0]["mountPoints"] = Json::array();
  std::swap(other["containerDefinitions"][0]["environment"][0], other["containerDefinitions"][0]["environment"][1]);
  EXPECT_EQ(content_hash(described()), content_hash(other));
  other["containerDefinitions"][0]["image"] = "api:2";
  EXPECT_NE(content_hash(described()), content_hash(other));
}

TEST(TaskDefinition, our_tags_replace_our_older_ones_and_leave_others) {
  const Json it = with_tags(registrable(described()), {{"fairlead:key", "new"}});
  EXPECT_EQ(dump(it["tags"]), R"([{"key":"team","value":"shop"},{"key":"fairlead:key","value":"new"}])");
}

TEST(TaskDefinition, numbers_of_yaml_become_the_text_that_the_api_takes) {
  const Json it = registrable(parse_json(
      R"({"family": "x", "cpu": 256, "containerDefinitions": [{"name": "a", "cpu": 1, "environment": [{"name": "P", "value": 80}]}]})"));
  EXPECT_EQ(it["cpu"], "256");
  EXPECT_EQ(it["containerDefinitions"][0]["cpu"], 1);
  EXPECT_EQ(it["containerDefinitions"][0]["environment"][0]["value"], "80");
}

TEST(TaskDefinition, what_is_no_task_definition_is_said_to_be_none) {
  EXPECT_THROW(registrable(parse_json("[]")), Error);
  EXPECT_THROW(registrable(parse_json(R"({"family": "x"})")), Error);
  EXPECT_THROW(registrable(parse_json(R"({"containerDefinitions": [{"name": "a"}]})")), Error);
  EXPECT_THROW(registrable(parse_json(R"({"family": "x", "container_definitions": [{"name": "a"}]})")), Error);
}

TEST(TaskDefinition, says_where_its_containers_log_and_which_one_counts) {
  const Json it = registrable(described());
  EXPECT_EQ(log_place(it, "app").stream("app", "0123"), "api/app/0123");
  EXPECT_FALSE(log_place(it, "proxy").readable());
  EXPECT_TRUE(has_health_check(it));
  EXPECT_EQ(main_container(it), "app");
}

}  // namespace
}  // namespace fairlead::deploy::ecs
