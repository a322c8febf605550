// SPDX-License-Identifier: Apache-2.0
#include "aws/wire.hpp"

#include <gtest/gtest.h>

#include <set>

#include "aws/shapes.hpp"
#include "aws/xml.hpp"
#include "fairlead/aws/aws.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::aws {
namespace {

WireRequest request_of(const std::string& operation, const Json& params, const Scope& scope = {}) {
  const auto called = look_up(operation);
  return encode(called, params, endpoint_of(called.service, "eu-west-1", scope, {}));
}

Json decoded(const std::string& operation, const std::string& body, HeaderLines headers = {}) {
  return decode(look_up(operation), {.status = 200, .headers = std::move(headers), .body = body});
}

TEST(Operations, AreSortedUniqueAndHaveAService) {
  std::set<std::string> seen;
  for (const auto& one : all_operations()) {
    EXPECT_TRUE(find_service(one.service)) << one.service;
    EXPECT_TRUE(seen.insert(std::string(one.service) + ":" + std::string(one.name)).second) << one.name;
    EXPECT_EQ(one.repeat == Repeat::token, !one.token.empty()) << one.name;
  }
  EXPECT_THROW(look_up("ecs:Nonsense"), Error);
  EXPECT_THROW(look_up("nonsense"), Error);
  EXPECT_EQ(operation_names().size(), seen.size());
  EXPECT_EQ(iam_action("s3:ListObjectsV2"), "s3:ListBucket");
}

TEST(Shapes, OfTheTableCanAllBeRead) {
  for (const auto& name : operation_names()) {
    EXPECT_EQ(answer_shape(name).kind, Shape::Kind::structure) << name;
    EXPECT_EQ(input_shape(name).kind, Shape::Kind::structure) << name;
  }
  EXPECT_THROW(parse_shape("{A:[}"), Error);
  EXPECT_THROW(parse_shape("{A}x"), Error);
}

TEST(Encode, JsonServices) {
  const auto request = request_of("ecs:DescribeServices", {{"cluster", "web"}, {"services", {"api"}}});
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url(), "https://ecs.eu-west-1.amazonaws.com/");
  EXPECT_EQ(request.body, R"({"cluster":"web","services":["api"]})");
  EXPECT_EQ(request.headers[0].second, "application/x-amz-json-1.1");
  EXPECT_EQ(request.headers[1].second, "AmazonEC2ContainerServiceV20141113.DescribeServices");
  EXPECT_EQ(request_of("cloudwatch:DescribeAlarms", Json::object()).headers[0].second, "application/x-amz-json-1.0");
  EXPECT_EQ(request_of("ecr:DescribeImages", Json::object()).host, "api.ecr.eu-west-1.amazonaws.com");
}

TEST(Encode, QueryServicesFlattenListsAndMembers) {
  const auto request = request_of("elasticloadbalancing:RegisterTargets",
                                  {{"TargetGroupArn", "arn:x"}, {"Targets", {{{"Id", "i-1"}, {"Port", 80}}, {{"Id", "i-2"}}}}});
  EXPECT_EQ(request.body,
            "Action=RegisterTargets&Version=2015-12-01&TargetGroupArn=arn%3Ax&Targets.member.1.Id=i-1&Targets.member.1.Port=80"
            "&Targets.member.2.Id=i-2");
}

TEST(Encode, Ec2HasItsOwnNames) {
  const auto request = request_of("ec2:DescribeInstances", {{"Filters", {{{"Name", "tag:a"}, {"Values", {"b", "c"}}}}}, {"DryRun", false}});
  EXPECT_EQ(request.body,
            "Action=DescribeInstances&Version=2016-11-15&DryRun=false&Filter.1.Name=tag%3Aa&Filter.1.Value.1=b&Filter.1.Value.2=c");
  EXPECT_EQ(request_of("ec2:DescribeInstances", {{"InstanceIds", {"i-1"}}}).body,
            "Action=DescribeInstances&Version=2016-11-15&InstanceId.1=i-1");
}

TEST(Encode, RestJsonPutsMembersWhereTheyBelong) {
  auto request = request_of("scheduler:DeleteSchedule", {{"Name", "a:b c"}, {"GroupName", "g"}, {"ClientToken", "t"}});
  EXPECT_EQ(request.method, "DELETE");
  EXPECT_EQ(request.path, "/schedules/a%3Ab%20c");
  EXPECT_EQ(request.query, "clientToken=t&groupName=g");
  EXPECT_EQ(request.body, "");
  request = request_of("scheduler:CreateSchedule", {{"Name", "n"}, {"State", "ENABLED"}});
  EXPECT_EQ(request.body, R"({"State":"ENABLED"})");
  EXPECT_EQ(request_of("scheduler:ListSchedules", Json::object()).url(), "https://scheduler.eu-west-1.amazonaws.com/schedules");
  EXPECT_THROW(request_of("scheduler:GetSchedule", Json::object()), Error);
}

TEST(Encode, S3HasTheBucketInTheHostWhereItCan) {
  EXPECT_EQ(request_of("s3:GetObject", {{"Bucket", "site"}, {"Key", "a b/ü:1"}}).url(),
            "https://site.s3.eu-west-1.amazonaws.com/a%20b/%C3%BC%3A1");
  EXPECT_EQ(request_of("s3:GetObject", {{"Bucket", "with.dots"}, {"Key", "k"}}).url(), "https://s3.eu-west-1.amazonaws.com/with.dots/k");
  EXPECT_EQ(request_of("s3:HeadBucket", {{"Bucket", "site"}}).url(), "https://site.s3.eu-west-1.amazonaws.com/");
  EXPECT_EQ(request_of("s3:GetObject", {{"Bucket", "site"}, {"Key", "k"}}, {.endpoint = "http://127.0.0.1:9000"}).url(),
            "http://127.0.0.1:9000/site/k");
  EXPECT_EQ(request_of("s3:ListObjectsV2", {{"Bucket", "site"}, {"Prefix", "a/"}}).query, "list-type=2&prefix=a%2F");
}

TEST(Encode, S3PutsMembersIntoHeaders) {
  const auto request = request_of("s3:PutObject", {{"Bucket", "site"},
                                                   {"Key", "k"},
                                                   {"Body", "hi"},
                                                   {"ContentType", "text/plain"},
                                                   {"IfNoneMatch", "*"},
                                                   {"Metadata", {{"sha", "1"}}}});
  EXPECT_EQ(request.body, "hi");
  EXPECT_EQ(request.headers, (HeaderLines{{"Content-Type", "text/plain"}, {"If-None-Match", "*"}, {"x-amz-meta-sha", "1"}}));
  EXPECT_THROW(request_of("s3:PutObject", {{"Bucket", "site"}, {"Key", "k"}, {"Nonsense", "x"}}), Error);
}

TEST(Decode, JsonPassesThroughUntouched) {
  const auto answer = decoded("ecs:DescribeServices", R"({"services":[{"new":{"x":1.5}}],"failures":[]})");
  EXPECT_EQ(answer, Json::parse(R"({"services":[{"new":{"x":1.5}}],"failures":[]})"));
  EXPECT_EQ(decoded("ecs:TagResource", ""), Json::object());
  EXPECT_THROW(decoded("ecs:DescribeServices", R"({"services":[{"ne)"), Error);
}

TEST(Decode, XmlBecomesTypedJson) {
  const auto answer = decoded("elasticloadbalancing:DescribeTargetHealth", R"(<?xml version="1.0"?>
<DescribeTargetHealthResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><DescribeTargetHealthResult>
 <TargetHealthDescriptions><member><HealthCheckPort>80</HealthCheckPort><Target><Id>i-1</Id><Port>8080</Port></Target>
 <TargetHealth><State>unhealthy</State><Description>codes: [502] &amp; more</Description></TargetHealth><Later><a>1</a></Later></member>
 </TargetHealthDescriptions></DescribeTargetHealthResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>
</DescribeTargetHealthResponse>)");
  EXPECT_EQ(answer, Json::parse(R"({"TargetHealthDescriptions":[{"HealthCheckPort":"80","Target":{"Id":"i-1","Port":8080},
    "TargetHealth":{"State":"unhealthy","Description":"codes: [502] & more"},"Later":{"a":"1"}}]})"));
}

TEST(Decode, XmlHasEmptyListsWhereNothingIs) {
  const auto answer = decoded("elasticloadbalancing:DescribeTargetHealth",
                              "<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions/>"
                              "</DescribeTargetHealthResult></DescribeTargetHealthResponse>");
  EXPECT_EQ(answer, Json::parse(R"({"TargetHealthDescriptions":[]})"));
}

TEST(Decode, Ec2RenamesItsElements) {
  const auto answer = decoded("ec2:DescribeInstances", R"(<DescribeInstancesResponse><requestId>r</requestId><reservationSet><item>
    <instancesSet><item><instanceId>i-1</instanceId><launchTime>2026-11-20T03:04:05.000Z</launchTime><ebsOptimized>true</ebsOptimized>
    <instanceState><code>16</code><name>running</name></instanceState></item></instancesSet></item></reservationSet></DescribeInstancesResponse>)");
  const auto& instance = answer.at("Reservations").at(0).at("Instances").at(0);
  EXPECT_EQ(instance.at("InstanceId"), "i-1");
  EXPECT_EQ(instance.at("State"), Json::parse(R"({"Code":16,"Name":"running"})"));
  EXPECT_EQ(instance.at("EbsOptimized"), true);
  EXPECT_EQ(instance.at("LaunchTime"), 1795143845);
  EXPECT_EQ(time_of(instance, "LaunchTime"), parse_time("2026-11-20T03:04:05Z"));
}

TEST(Decode, RefusesXmlThatIsCutOffOrTooDeep) {
  EXPECT_THROW(decoded("sts:GetCallerIdentity", "<GetCallerIdentityResponse><GetCaller"), Error);
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "<a>";
  for (int i = 0; i < 1000; ++i) deep += "</a>";
  EXPECT_THROW(decoded("sts:GetCallerIdentity", deep), Error);
}

TEST(Decode, DoesNotExpandEntities) {
  const auto answer =
      decoded("sts:GetCallerIdentity",
              "<!DOCTYPE x [<!ENTITY a \"boom\">]><R><GetCallerIdentityResult><Arn>&a;</Arn></GetCallerIdentityResult></R>");
  EXPECT_EQ(answer.at("Arn"), "&a;");
}

TEST(Decode, S3HeadersAreMembers) {
  const auto answer =
      decoded("s3:GetObject", "body",
              {{"ETag", "\"e\""}, {"content-length", "4"}, {"Last-Modified", "Wed, 21 Oct 2026 07:28:00 GMT"}, {"X-Amz-Meta-Sha", "1"}});
  EXPECT_EQ(answer, Json::parse(R"({"Body":"body","ETag":"\"e\"","ContentLength":4,"LastModified":1792567680,"Metadata":{"sha":"1"}})"));
}

Refusal refusal(const std::string& operation, int status, const std::string& body, HeaderLines headers = {}) {
  return refusal_of(look_up(operation), {.status = status, .headers = std::move(headers), .body = body});
}

TEST(RefusalOf, ReadsEveryFormOfError) {
  auto json = refusal("ecs:UpdateService", 400, R"({"__type":"com.amazonaws.ecs#ServiceNotFoundException","message":"Service not found."})",
                      {{"x-amzn-RequestId", "r1"}});
  EXPECT_EQ(json.code, "ServiceNotFoundException");
  EXPECT_EQ(json.message, "Service not found.");
  EXPECT_EQ(json.request_id, "r1");
  const auto rest =
      refusal("scheduler:GetSchedule", 404, R"({"Message":"gone"})", {{"x-amzn-ErrorType", "ResourceNotFoundException:http://x/"}});
  EXPECT_EQ(rest.code, "ResourceNotFoundException");
  EXPECT_EQ(rest.message, "gone");
  const auto query = refusal("sts:AssumeRole", 403,
                             "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message>"
                             "</Error><RequestId>r2</RequestId></ErrorResponse>");
  EXPECT_EQ(query.code, "AccessDenied");
  EXPECT_EQ(query.request_id, "r2");
  const auto ec2 = refusal("ec2:DescribeInstances", 400,
                           "<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code><Message>m</Message>"
                           "</Error></Errors><RequestID>r3</RequestID></Response>");
  EXPECT_EQ(ec2.code, "InvalidInstanceID.NotFound");
  EXPECT_EQ(ec2.request_id, "r3");
  const auto s3 = refusal("s3:GetObject", 404, "<Error><Code>NoSuchKey</Code><Message>m</Message><RequestId>r4</RequestId></Error>");
  EXPECT_EQ(s3.code, "NoSuchKey");
  EXPECT_EQ(s3.request_id, "r4");
  const auto sqs = refusal("sqs:GetQueueUrl", 400, R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"m"})",
                           {{"x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender"}});
  EXPECT_EQ(sqs.code, "AWS.SimpleQueueService.NonExistentQueue");
}

TEST(RefusalOf, SurvivesBodiesThatSayNothing) {
  EXPECT_EQ(refusal("ecs:UpdateService", 503, "<html>busy</html>").code, "HTTP 503");
  EXPECT_EQ(refusal("sts:AssumeRole", 502, "").code, "HTTP 502");
  EXPECT_EQ(refusal("s3:HeadObject", 404, "").code, "NotFound");
  EXPECT_EQ(refusal("ecs:UpdateService", 400, "[1]").code, "HTTP 400");
}

TEST(Endpoint, FollowsScopeThenServiceThenGlobalOverride) {
  const auto& ecs = *find_service("ecs");
  const Env env{{"AWS_ENDPOINT_URL", "http://127.0.0.1:1"}, {"AWS_ENDPOINT_URL_ECS", "https://ecs.local:443/base/"}};
  EXPECT_EQ(endpoint_of(ecs, "eu-west-1", {.endpoint = "http://h:80"}, env).host, "h");
  const auto own = endpoint_of(ecs, "eu-west-1", {}, env);
  EXPECT_EQ(own.host, "ecs.local");
  EXPECT_EQ(own.base, "/base");
  EXPECT_EQ(endpoint_of(*find_service("logs"), "eu-west-1", {}, env).origin(), "http://127.0.0.1:1");
  EXPECT_EQ(endpoint_of(ecs, "cn-north-1", {}, {}).host, "ecs.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(endpoint_of(*find_service("iam"), "eu-west-1", {}, {}).signing_region, "us-east-1");
  EXPECT_THROW(endpoint_of(ecs, "eu-west-1", {.endpoint = "ftp://x"}, {}), Error);
}

}  // namespace
}  // namespace fairlead::aws
