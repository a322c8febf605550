// SPDX-License-Identifier: Apache-2.0
#include "sandbox/protocol/wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fairlead/base/json.hpp"

namespace fairlead::sandbox::wire {
namespace {

using testing::HasSubstr;

const Time now = *parse_time("2026-11-20T03:00:00Z");

net::Request signed_request(const std::string& service, const std::string& date = "20261120T030000Z") {
  net::Request request;
  request.method = "POST";
  request.target = request.path = "/";
  request.headers.add("X-Amz-Date", date);
  request.headers.add("Authorization", "AWS4-HMAC-SHA256 Credential=KEY/20261120/eu-west-1/" + service +
                                           "/aws4_request, SignedHeaders=host;x-amz-date, Signature=abc");
  return request;
}

TEST(Wire, ReadsListsAndMembersOfAQuery) {
  const auto read = read_query(
      "Name=web&Ids.member.1=a&Ids.member.2=b&Filter.1.Name=tag%3Aapp&Filter.1.Value.1=x&Actions.member.1.ForwardConfig.TargetGroups."
      "member.1.Weight=5");
  EXPECT_EQ(read, parse_json(R"({"Name":"web","Ids":["a","b"],"Filter":[{"Name":"tag:app","Value":["x"]}],
                                 "Actions":[{"ForwardConfig":{"TargetGroups":[{"Weight":"5"}]}}]})"));
}

TEST(Wire, KeepsTheOrderOfLongLists) {
  std::string form;
  for (int i = 1; i <= 12; ++i) form += "&Ids.member." + std::to_string(i) + "=" + std::to_string(i);
  const auto ids = read_query(form.substr(1))["Ids"];
  ASSERT_EQ(ids.size(), 12u);
  EXPECT_EQ(ids[9], "10");
}

TEST(Wire, DeepOrBrokenNamesDoNoHarm) {
  std::string deep = "a";
  for (int i = 0; i < 1000; ++i) deep += ".a";
  EXPECT_TRUE(read_query(deep + "=1&=2&..=3&a.=4").is_object());
}

TEST(Wire, WritesXmlWithListsAndEscapes) {
  const auto xml = to_xml(parse_json(R"({"Names":["a&b","<c>"],"Flag":true,"None":null})"), "member");
  EXPECT_EQ(xml, "<Flag>true</Flag><Names><member>a&amp;b</member><member>&lt;c&gt;</member></Names>");
}

TEST(Wire, CborComesBackAsItWas) {
  const auto value = parse_json(R"({"a":[1,-5,300,70000,5000000000,1.5,true,null,"text"],"b":{}})");
  EXPECT_EQ(from_cbor(to_cbor(value)), value);
  const auto times = to_cbor({{"StateUpdatedTimestamp", 1.0}});
  EXPECT_NE(times.find("\xc1\xfb"), std::string::npos);
}

TEST(Wire, FindsServiceOperationAndRegion) {
  auto request = signed_request("ecs");
  request.headers.add("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.ListClusters");
  request.body = R"({"maxResults":5})";
  const auto reading = read(request, now);
  EXPECT_FALSE(reading.refusal);
  EXPECT_EQ(reading.call.service, "ecs");
  EXPECT_EQ(reading.call.operation, "ListClusters");
  EXPECT_EQ(reading.call.region, "eu-west-1");
  EXPECT_EQ(reading.call.access_key, "KEY");
  EXPECT_EQ(reading.call.params["maxResults"], 5);
}

TEST(Wire, ServiceOfAQueryIsKnownByItsVersion) {
  auto request = signed_request("elasticloadbalancing");
  request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  request.body = "Action=DescribeTargetGroups&Version=2015-12-01&Names.member.1=web";
  const auto reading = read(request, now);
  EXPECT_EQ(reading.call.service, "elasticloadbalancing");
  EXPECT_EQ(reading.call.operation, "DescribeTargetGroups");
  EXPECT_EQ(reading.call.params, parse_json(R"({"Names":["web"]})"));
}

TEST(Wire, SignatureThatIsTooOldOrTooNewIsRefused) {
  for (const char* date : {"20261120T025400Z", "20261120T030600Z"}) {
    auto request = signed_request("ecs", date);
    request.headers.add("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.ListClusters");
    const auto reading = read(request, now);
    ASSERT_TRUE(reading.refusal) << date;
    EXPECT_EQ(reading.refusal->error, "InvalidSignatureException");
  }
}

TEST(Wire, ErrorsHaveTheFormOfTheirProtocol) {
  Answer answer;
  answer.error = "ThrottlingException", answer.message = "Rate exceeded", answer.status = 400;
  Reading reading;
  auto response = write(reading, answer, "id");
  EXPECT_EQ(parse_json(std::get<std::string>(response.body))["__type"], "ThrottlingException");
  reading.style = Style::query;
  reading.call.service = "sts";
  response = write(reading, answer, "id");
  EXPECT_THAT(std::get<std::string>(response.body), HasSubstr("<Code>ThrottlingException</Code><Message>Rate exceeded</Message>"));
}

TEST(Wire, BodyThatIsNoJsonIsASerializationError) {
  auto request = signed_request("ecs");
  request.headers.add("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.ListClusters");
  request.body = "{";
  const auto reading = read(request, now);
  ASSERT_TRUE(reading.refusal);
  EXPECT_EQ(reading.refusal->error, "SerializationException");
}

}  // namespace
}  // namespace fairlead::sandbox::wire
