// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/crypto.hpp"
#include "unit/sandbox/fleet.hpp"

namespace fairlead::sandbox {
namespace {

struct Templates : Fleet {
  std::string id = make_template("web", {{"ImageId", "ami-sim-1"}, {"InstanceType", "m7g.large"}});

  Json add_version(const Json& data, Json more = Json::object()) {
    more["LaunchTemplateId"] = id, more["LaunchTemplateData"] = data;
    return ec2("CreateLaunchTemplateVersion", more)["launchTemplateVersion"];
  }
  Json version(const std::string& number) {
    return ec2("DescribeLaunchTemplateVersions",
               {{"LaunchTemplateId", id}, {"LaunchTemplateVersion", {number}}})["launchTemplateVersionSet"][0];
  }
  std::string error(const std::string& operation, const Json& params) { return cloud.ask(operation, params, "ec2").error; }
  std::map<std::string, std::string> tags(const std::string& instance_id) {
    std::map<std::string, std::string> tags;
    for (const auto& tag : instance(instance_id)["tagSet"]) tags[text_at(tag, "key")] = text_at(tag, "value");
    return tags;
  }
};

TEST_F(Templates, VersionsAreNumberedAndOneIsTheDefault) {
  EXPECT_EQ(add_version({{"ImageId", "ami-2"}}, {{"VersionDescription", "second"}})["versionNumber"], 2);
  EXPECT_EQ(text_at(version("$Latest"), "versionDescription"), "second");
  EXPECT_EQ(version("$Default")["versionNumber"], 1);
  ec2("ModifyLaunchTemplate", {{"LaunchTemplateName", "web"}, {"SetDefaultVersion", "2"}});
  const auto view = ec2("DescribeLaunchTemplates", {{"LaunchTemplateName", {"web"}}})["launchTemplates"][0];
  EXPECT_EQ(view["defaultVersionNumber"], 2);
  EXPECT_EQ(view["latestVersionNumber"], 2);
  EXPECT_FALSE(flag_at(version("1"), "defaultVersion"));
  EXPECT_TRUE(flag_at(version("2"), "defaultVersion"));
  EXPECT_EQ(ec2("DescribeLaunchTemplateVersions", {{"LaunchTemplateId", id}})["launchTemplateVersionSet"].size(), 2u);
}

TEST_F(Templates, SourceVersionIsMergedWithWhatIsGiven) {
  const auto merged = add_version({{"ImageId", "ami-2"}}, {{"SourceVersion", "1"}})["launchTemplateData"];
  EXPECT_EQ(text_at(merged, "imageId"), "ami-2");
  EXPECT_EQ(text_at(merged, "instanceType"), "m7g.large");
  EXPECT_FALSE(add_version({{"ImageId", "ami-3"}})["launchTemplateData"].contains("instanceType"));
}

TEST_F(Templates, SameTokenMakesOneVersion) {
  const Json more{{"ClientToken", "k1"}};
  EXPECT_EQ(add_version({{"ImageId", "ami-2"}}, more)["versionNumber"], 2);
  EXPECT_EQ(add_version({{"ImageId", "ami-2"}}, more)["versionNumber"], 2);
  EXPECT_EQ(version("$Latest")["versionNumber"], 2);
  EXPECT_EQ(error("CreateLaunchTemplateVersion",
                  {{"LaunchTemplateId", id}, {"ClientToken", "k1"}, {"LaunchTemplateData", {{"ImageId", "ami-3"}}}}),
            "IdempotentParameterMismatch");
}

TEST_F(Templates, AnswersHaveTheNamesOfAnswers) {
  const auto data =
      add_version({{"SecurityGroupId", {"sg-1"}},
                   {"TagSpecification", Json::array({{{"ResourceType", "instance"}, {"Tag", Json::array({{{"Key", "a"}}})}}})},
                   {"NetworkInterface", Json::array({{{"DeviceIndex", "0"}, {"SecurityGroupId", {"sg-2"}}}})}})["launchTemplateData"];
  EXPECT_EQ(data["securityGroupIdSet"], Json::array({"sg-1"}));
  EXPECT_EQ(text_at(data["tagSpecificationSet"][0]["tagSet"][0], "key"), "a");
  EXPECT_EQ(data["networkInterfaceSet"][0]["groupSet"], Json::array({"sg-2"}));
}

TEST_F(Templates, InstanceIsMadeOfItsTemplate) {
  add_version(
      {{"ImageId", "ami-sim-2"},
       {"TagSpecification", Json::array({{{"ResourceType", "instance"}, {"Tag", Json::array({{{"Key", "app"}, {"Value", "shop"}}})}},
                                         {{"ResourceType", "volume"}, {"Tag", Json::array({{{"Key", "disk"}, {"Value", "x"}}})}}})}});
  const auto made = text_at(
      ec2("RunInstances", {{"LaunchTemplate", {{"LaunchTemplateName", "web"}, {"Version", "$Latest"}}}})["instancesSet"][0], "instanceId");
  EXPECT_EQ(text_at(instance(made), "imageId"), "ami-sim-2");
  EXPECT_EQ(tags(made), (std::map<std::string, std::string>{
                            {"app", "shop"}, {"aws:ec2launchtemplate:id", id}, {"aws:ec2launchtemplate:version", "2"}}));
}

TEST_F(Templates, UserDataRunsBeforeAnInstanceIsReady) {
  add_version({{"ImageId", "ami-1"}, {"UserData", base64("#!/bin/sh\necho hello\n")}});
  create_group(1, {{"LaunchTemplate", {{"LaunchTemplateId", id}, {"Version", "2"}}}});
  cloud.pass(40s);
  const auto scripts = commands<RunScript>();
  ASSERT_EQ(scripts.size(), 1u);
  EXPECT_EQ(scripts[0].script, "#!/bin/sh\necho hello\n");
  EXPECT_TRUE(scripts[0].program);
  EXPECT_EQ(scripts[0].address, address(members()[0]));
  cloud.pass(1min);
  EXPECT_EQ(members("Pending").size(), 1u);
  cloud.world.tell(ScriptEnded{scripts[0].key, 1, {}, {}, false}, cloud.now);
  EXPECT_EQ(members("InService").size(), 1u);
}

TEST_F(Templates, UserDataThatDoesNotEndHoldsNobodyForEver) {
  add_version({{"ImageId", "ami-1"}, {"UserData", base64("#!/bin/sh\nsleep 1d\n")}});
  create_group(1, {{"LaunchTemplate", {{"LaunchTemplateId", id}, {"Version", "2"}}}});
  cloud.pass(40s + 599s);
  EXPECT_EQ(members("Pending").size(), 1u);
  cloud.pass(1s);
  EXPECT_EQ(members("InService").size(), 1u);
}

TEST_F(Templates, TextWithoutAnInterpreterIsNotRun) {
  add_version({{"ImageId", "ami-1"}, {"UserData", base64("#cloud-config\n")}});
  create_group(1, {{"LaunchTemplate", {{"LaunchTemplateId", id}, {"Version", "2"}}}});
  cloud.pass(40s);
  EXPECT_TRUE(commands<RunScript>().empty());
  EXPECT_EQ(members("InService").size(), 1u);
}

TEST_F(Templates, ErrorsAreInTheWordsOfAws) {
  EXPECT_EQ(error("CreateLaunchTemplate", {{"LaunchTemplateName", "web"}, {"LaunchTemplateData", Json::object()}}),
            "InvalidLaunchTemplateName.AlreadyExistsException");
  EXPECT_EQ(error("DescribeLaunchTemplates", {{"LaunchTemplateName", {"none"}}}), "InvalidLaunchTemplateName.NotFoundException");
  EXPECT_EQ(error("DescribeLaunchTemplates", {{"LaunchTemplateId", {"lt-1"}}}), "InvalidLaunchTemplateId.NotFound");
  EXPECT_EQ(error("DescribeLaunchTemplateVersions", {{"LaunchTemplateId", id}, {"LaunchTemplateVersion", {"9"}}}),
            "InvalidLaunchTemplateId.VersionNotFound");
  EXPECT_EQ(error("CreateLaunchTemplateVersion", {{"LaunchTemplateId", id}, {"LaunchTemplateData", {{"UserData", "no base64!"}}}}),
            "InvalidUserData.Malformed");
  EXPECT_EQ(cloud.ask("RunInstances", {{"UserData", base64(std::string(16385, 'x'))}}, "ec2").message,
            "User data is limited to 16384 bytes");
}

TEST_F(Templates, EveryImageExistsUnlessAFaultSaysOtherwise) {
  const auto view = ec2("DescribeImages", {{"ImageId", {"ami-12"}}})["imagesSet"][0];
  EXPECT_EQ(text_at(view, "imageState"), "available");
  EXPECT_EQ(error("DescribeImages", {{"ImageId", {"image"}}}), "InvalidAMIID.Malformed");
  cloud.world.set_faults(Json::array({{{"fault", "launch-fails"}, {"image", "ami-12*"}}}));
  EXPECT_EQ(error("DescribeImages", {{"ImageId", {"ami-12"}}}), "InvalidAMIID.NotFound");
  EXPECT_EQ(cloud.ask("RunInstances", {{"ImageId", "ami-12"}}, "ec2").message, "The image id '[ami-12]' does not exist");
  EXPECT_EQ(ec2("DescribeImages", {{"ImageId", {"ami-13"}}})["imagesSet"].size(), 1u);
}

TEST_F(Templates, ImageMayBeASystemsManagerParameter) {
  const Json params{{"ImageId", "resolve:ssm:/images/web"}};
  EXPECT_EQ(error("RunInstances", params), "InvalidParameterValue");
  cloud.must("PutParameter", {{"Name", "/images/web"}, {"Value", "ami-77"}, {"Type", "String"}}, "ssm");
  EXPECT_EQ(text_at(ec2("RunInstances", params)["instancesSet"][0], "imageId"), "ami-77");
}

TEST_F(Templates, MembersCarryTemplateImageAndTheGroupsTags) {
  add_version({{"ImageId", "ami-sim-2"}});
  const Json tags_of_group = Json::array({{{"Key", "team"}, {"Value", "shop"}, {"PropagateAtLaunch", true}},
                                          {{"Key", "inner"}, {"Value", "x"}, {"PropagateAtLaunch", false}}});
  create_group(1, {{"LaunchTemplate", {{"LaunchTemplateName", "web"}, {"Version", "$Latest"}}}, {"Tags", tags_of_group}});
  EXPECT_EQ(group()["LaunchTemplate"], (Json{{"LaunchTemplateId", id}, {"LaunchTemplateName", "web"}, {"Version", "$Latest"}}));
  const auto one = group()["Instances"][0];
  EXPECT_EQ(one["LaunchTemplate"], (Json{{"LaunchTemplateId", id}, {"LaunchTemplateName", "web"}, {"Version", "2"}}));
  EXPECT_EQ(text_at(instance(members()[0]), "imageId"), "ami-sim-2");
  const auto found = tags(members()[0]);
  EXPECT_EQ(found.at("team"), "shop");
  EXPECT_EQ(found.at("aws:autoscaling:groupName"), "fleet");
  EXPECT_FALSE(found.contains("inner"));
}

TEST_F(Templates, MixedInstancesPolicyIsKeptAndItsTemplateUsed) {
  const Json policy{{"LaunchTemplate",
                     {{"LaunchTemplateSpecification", {{"LaunchTemplateId", id}, {"Version", "1"}}},
                      {"Overrides", Json::array({{{"InstanceType", "c7g.large"}}, {{"InstanceType", "c6g.large"}}})}}},
                    {"InstancesDistribution", {{"OnDemandBaseCapacity", "1"}}}};
  create_group(1, {{"MixedInstancesPolicy", policy}});
  const auto view = group();
  EXPECT_EQ(view["MixedInstancesPolicy"]["InstancesDistribution"], policy["InstancesDistribution"]);
  EXPECT_EQ(text_at(view["MixedInstancesPolicy"]["LaunchTemplate"]["LaunchTemplateSpecification"], "LaunchTemplateName"), "web");
  EXPECT_FALSE(view.contains("LaunchTemplate"));
  EXPECT_EQ(text_at(view["Instances"][0], "InstanceType"), "c7g.large");
  EXPECT_EQ(text_at(view["Instances"][0]["LaunchTemplate"], "Version"), "1");
}

TEST_F(Templates, UpdateChangesWhatIsLaunchedNext) {
  add_version({{"ImageId", "ami-sim-2"}});
  create_group(1, {{"LaunchTemplate", {{"LaunchTemplateId", id}, {"Version", "1"}}}});
  scaling("UpdateAutoScalingGroup", {{"AutoScalingGroupName", "fleet"}, {"LaunchTemplate", {{"LaunchTemplateId", id}, {"Version", "2"}}}});
  scaling("SetDesiredCapacity", {{"AutoScalingGroupName", "fleet"}, {"DesiredCapacity", 2}});
  EXPECT_EQ(text_at(group()["Instances"][0]["LaunchTemplate"], "Version"), "1");
  EXPECT_EQ(text_at(group()["Instances"][1]["LaunchTemplate"], "Version"), "2");
}

TEST_F(Templates, GroupNeedsATemplateThatExists) {
  const Json params{
      {"AutoScalingGroupName", "other"}, {"MinSize", 1}, {"MaxSize", 1}, {"LaunchTemplate", {{"LaunchTemplateName", "none"}}}};
  const auto answer = cloud.ask("CreateAutoScalingGroup", params, "autoscaling");
  EXPECT_EQ(answer.error, "ValidationError");
  EXPECT_EQ(answer.message,
            "You must use a valid fully-formed launch template. The specified launch template, with template name none, does not exist.");
}

TEST_F(Templates, LaunchThatFailsIsAFailedActivityAndIsTriedAgain) {
  cloud.world.set_faults(Json::array({{{"fault", "launch-fails"}, {"image", "ami-sim-1"}, {"count", 1}}}));
  create_group(2, {{"LaunchTemplate", {{"LaunchTemplateId", id}, {"Version", "1"}}}});
  const auto failed = activities()[0];
  EXPECT_EQ(text_at(failed, "StatusCode"), "Failed");
  EXPECT_EQ(text_at(failed, "StatusMessage"), "The image id '[ami-sim-1]' does not exist. Launching EC2 instance failed.");
  EXPECT_EQ(text_at(failed, "Description"),
            "Launching a new EC2 instance.  Status Reason: The image id '[ami-sim-1]' does not exist. Launching EC2 instance failed.");
  EXPECT_TRUE(failed.contains("EndTime"));
  EXPECT_TRUE(members().empty());
  cloud.pass(59s);
  EXPECT_TRUE(members().empty());
  cloud.pass(1s);
  EXPECT_EQ(members().size(), 2u);
}

}  // namespace
}  // namespace fairlead::sandbox
