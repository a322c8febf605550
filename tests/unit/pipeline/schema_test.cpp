// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "fairlead/base/json.hpp"
#include "fairlead/pipeline/actions.hpp"
#include "pipeline/shape.hpp"

namespace fairlead::pipeline {
namespace {

void check_references(const Json& json, const Json& definitions) {
  if (json.is_object() && json.contains("$ref")) {
    const auto name = json["$ref"].get<std::string>().substr(std::string("#/$defs/").size());
    EXPECT_TRUE(definitions.contains(name)) << name;
  }
  if (json.is_structured())
    for (const auto& item : json) check_references(item, definitions);
}

TEST(JsonSchema, RefersOnlyToWhatItDefines) {
  for (const Json& schema : {pipeline_schema(), server_schema()}) check_references(schema, schema["$defs"]);
}

TEST(JsonSchema, KnowsEveryActionOfAStep) {
  const Json schema = pipeline_schema();
  for (const auto& action : actions()) EXPECT_TRUE(schema["$defs"]["step"]["properties"].contains(action.name)) << action.name;
  EXPECT_EQ(schema["$defs"]["ecs-deploy"]["required"], Json::parse(R"(["cluster", "service"])"));
  EXPECT_EQ(schema["$defs"]["ecs-deploy"]["additionalProperties"], false);
}

TEST(JsonSchema, SaysWhatAKeyIsFor) {
  EXPECT_EQ(server_schema()["$defs"]["server"]["properties"]["listen"]["description"], "address (default: 127.0.0.1:7070)");
}

TEST(Actions, AreThoseOfTheLanguage) {
  std::vector<std::string> names;
  for (const auto& action : actions()) names.push_back(action.name);
  EXPECT_EQ(names, (std::vector<std::string>{"run", "build-image", "buildspec", "ecs-deploy", "ecs-run-task", "ecs-schedule", "ec2-deploy",
                                             "s3-sync", "cloudfront-invalidate", "cloudformation", "lambda-deploy", "codebuild", "approve",
                                             "notify", "http", "wait"}));
}

TEST(Actions, DescribeTheirInputsAndOutputs) {
  const Json json = to_json(*find_action("build-image"));
  EXPECT_EQ(json["inputs"][0],
            Json::parse(R"({"name": "repository", "type": "text", "required": true, "description": "name in the registry"})"));
  EXPECT_EQ(json["outputs"][0]["name"], "uri");
  EXPECT_EQ(find_action("ecs-deploy")->inputs[4].type, "one of rolling, blue-green, canary, linear");
  EXPECT_EQ(find_action("nothing"), nullptr);
}

/// A description is shown in three places; a missing one shows in none.
void check_descriptions(const Shape& shape, const std::string& path) {
  for (const auto& field : shape.fields) {
    EXPECT_FALSE(field.description.empty()) << path << "." << field.key;
    check_descriptions(field.shape, path + "." + field.key);
  }
  if (shape.element) check_descriptions(*shape.element, path + "[]");
  for (const auto& alternative : shape.alternatives) check_descriptions(alternative, path);
}

TEST(Shapes, DescribeEveryKey) {
  check_descriptions(pipeline_shape(), "pipeline");
  check_descriptions(server_shape(), "server");
}

}  // namespace
}  // namespace fairlead::pipeline
