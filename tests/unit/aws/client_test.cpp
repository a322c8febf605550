// SPDX-License-Identifier: Apache-2.0
#include "aws/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fairlead/aws/alarms.hpp"
#include "fairlead/aws/ecr.hpp"
#include "fairlead/aws/ecs.hpp"
#include "fairlead/aws/logs.hpp"
#include "fairlead/aws/s3.hpp"
#include "fairlead/aws/secrets.hpp"
#include "fairlead/aws/sts.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"
#include "unit/aws/fake_http.hpp"

namespace fairlead::aws {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ClientTest : public testing::Test {
 protected:
  ClientTest() { fresh(); }
  /// A client anew, after a change of `env`.
  void fresh() {
    client =
        std::make_unique<Client>(io.get_executor(), Settings{.env = env, .clock = [this] { return time; }},
                                 Outside{.http = fake.http(), .chance = [] { return 0.0; }, .monotonic = [this] { return steady += 60s; }});
  }
  Json call(const std::string& operation, Json params = Json::object(), Scope scope = {}) {
    return run_on(io, client->call(std::move(scope), operation, std::move(params), {}));
  }
  AwsError error_of(const std::string& operation, Json params = Json::object(), Scope scope = {}) {
    try {
      call(operation, std::move(params), std::move(scope));
    } catch (const AwsError& error) {
      return error;
    }
    ADD_FAILURE() << "no AwsError";
    return AwsError(ErrorKind::internal, "", "", {});
  }
  std::string auth(std::size_t index) { return std::string(fake.asked.at(index).headers.get("Authorization")); }

  asio::io_context io;
  FakeHttp fake;
  Time time = *parse_time("2026-11-20T03:00:00Z");
  Time steady{};
  TempFolder home;
  Env env{{"HOME", home.path().string()},
          {"AWS_REGION", "eu-west-1"},
          {"AWS_ACCESS_KEY_ID", "AK"},
          {"AWS_SECRET_ACCESS_KEY", "SK"},
          {"AWS_EC2_METADATA_DISABLED", "true"}};
  std::unique_ptr<Client> client;
};

constexpr const char* throttled_text = R"({"__type":"ThrottlingException","message":"Rate exceeded"})";
constexpr const char* expired_text =
    R"({"__type":"ExpiredTokenException","message":"The security token included in the request is expired"})";

std::string assumed(const std::string& key, const std::string& expires) {
  return "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>" + key +
         "</AccessKeyId><SecretAccessKey>S</SecretAccessKey><SessionToken>T</SessionToken><Expiration>" + expires +
         "</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
}

TEST_F(ClientTest, SignsAndSends) {
  fake.then(200, R"({"clusterArns":["a"]})");
  EXPECT_EQ(call("ecs:ListClusters").at("clusterArns").at(0), "a");
  EXPECT_EQ(fake.asked[0].url, "https://ecs.eu-west-1.amazonaws.com/");
  EXPECT_THAT(auth(0), HasSubstr("Credential=AK/20261120/eu-west-1/ecs/aws4_request"));
}

TEST_F(ClientTest, WaitsOutThrottling) {
  for (int i = 0; i < 30; ++i) fake.then(400, throttled_text);
  fake.then(200, R"({"taskDefinition":{}})");
  call("ecs:RegisterTaskDefinition", {{"family", "api"}});
  EXPECT_EQ(fake.asked.size(), 31u);
  const auto usage = client->usage();
  ASSERT_EQ(usage.size(), 1u);
  EXPECT_EQ(usage[0].throttled, 30u);
  EXPECT_EQ(usage[0].calls, 31u);
  EXPECT_EQ(usage[0].family, "ecs/task-definitions-write");
}

TEST_F(ClientTest, RepeatsALostReadAndASentToken) {
  fake.then(503, "").then_fail(ErrorKind::unavailable, true).then(200, "{}");
  call("ecs:DescribeServices");
  fake.asked.clear();
  fake.then_fail(ErrorKind::timeout, true).then(200, "{}");
  call("ecs:RunTask", {{"taskDefinition", "x"}});
  const auto first = parse_json(fake.asked.at(0).body);
  EXPECT_EQ(text_at(first, "clientToken").size(), 36u);
  EXPECT_EQ(fake.asked[0].body, fake.asked.at(1).body);
}

TEST_F(ClientTest, KeepsTheCallersToken) {
  fake.then(200, "{}");
  call("ecs:RunTask", {{"clientToken", "mine"}});
  EXPECT_EQ(text_at(parse_json(fake.asked[0].body), "clientToken"), "mine");
}

TEST_F(ClientTest, DoesNotRepeatALostRegistration) {
  fake.then_fail(ErrorKind::unavailable, true).then(200, "{}");
  const auto error = error_of("ecs:RegisterTaskDefinition", {{"family", "api"}});
  EXPECT_TRUE(error.outcome_unknown());
  EXPECT_EQ(error.failure(), Failure::network);
  EXPECT_EQ(fake.asked.size(), 1u);
  EXPECT_TRUE(fake.asked[0].fresh_connection);
  EXPECT_THAT(error.message(), HasSubstr("ecs:RegisterTaskDefinition of family api in eu-west-1: no answer"));
  EXPECT_THAT(error.message(), HasSubstr("may have taken effect"));
}

TEST_F(ClientTest, RepeatsARegistrationThatNeverLeft) {
  fake.then_fail(ErrorKind::unavailable, false).then(200, "{}");
  call("ecs:RegisterTaskDefinition", {{"family", "api"}});
  EXPECT_EQ(fake.asked.size(), 2u);
}

TEST_F(ClientTest, TakesHalfAnAnswerForALostOne) {
  fake.then(200, R"({"clusterArns":[)").then(200, R"({"clusterArns":[]})");
  call("ecs:ListClusters");
  EXPECT_EQ(fake.asked.size(), 2u);
  fake.then(200, R"({"taskDef)");
  EXPECT_TRUE(error_of("ecs:RegisterTaskDefinition").outcome_unknown());
}

TEST_F(ClientTest, GivesUpAfterFiveServerErrors) {
  for (int i = 0; i < 9; ++i) fake.then(500, R"({"__type":"ServerException","message":"sorry"})");
  const auto error = error_of("ecs:DescribeServices");
  EXPECT_EQ(fake.asked.size(), 5u);
  EXPECT_EQ(error.failure(), Failure::server);
  EXPECT_EQ(error.kind(), ErrorKind::unavailable);
  EXPECT_FALSE(error.outcome_unknown());
}

TEST_F(ClientTest, CorrectsItsClockByAwss) {
  fake.then(403, R"({"__type":"InvalidSignatureException","message":"Signature expired: 20261120T030000Z is now earlier than x"})",
            {{"Date", "Fri, 20 Nov 2026 04:00:00 GMT"}});
  fake.then(200, "{}").then(200, "{}");
  call("ecs:ListClusters");
  EXPECT_EQ(fake.asked.at(0).headers.get("x-amz-date"), "20261120T030000Z");
  EXPECT_EQ(fake.asked.at(1).headers.get("x-amz-date"), "20261120T040000Z");
  call("ecs:ListClusters");
  EXPECT_EQ(fake.asked.at(2).headers.get("x-amz-date"), "20261120T040000Z");
}

TEST_F(ClientTest, AssumesTheRoleOnceForAllItsCalls) {
  fake.then(200, assumed("ROLE", "2026-11-20T04:00:00Z")).then(200, "{}").then(200, "{}");
  const Scope scope{
      .role = "arn:aws:iam::111122223333:role/fairlead", .external_id = "x", .session_name = "shop api#4", .tags = {{"run", "4"}}};
  call("ecs:ListClusters", {}, scope);
  call("ecs:ListClusters", {}, scope);
  ASSERT_EQ(fake.asked.size(), 3u);
  EXPECT_EQ(fake.asked[0].url, "https://sts.eu-west-1.amazonaws.com/");
  EXPECT_THAT(fake.asked[0].body, AllOf(HasSubstr("Action=AssumeRole"), HasSubstr("RoleSessionName=shop-api-4"), HasSubstr("ExternalId=x"),
                                        HasSubstr("Tags.member.1.Key=run&Tags.member.1.Value=4")));
  EXPECT_THAT(auth(0), HasSubstr("Credential=AK/"));
  EXPECT_THAT(auth(1), HasSubstr("Credential=ROLE/"));
  EXPECT_EQ(fake.asked[1].headers.get("x-amz-security-token"), "T");
  EXPECT_EQ(client->usage().at(0).account, "111122223333");
}

TEST_F(ClientTest, FetchesNewCredentialsWhenAwsSaysExpired) {
  fake.then(200, assumed("OLD", "2026-11-20T04:00:00Z")).then(403, expired_text);
  fake.then(200, assumed("NEW", "2026-11-20T05:00:00Z")).then(200, "{}");
  call("ecs:RegisterTaskDefinition", {}, {.role = "arn:aws:iam::111122223333:role/fairlead"});
  EXPECT_THAT(auth(3), HasSubstr("Credential=NEW/"));
}

TEST_F(ClientTest, ReadsRenewedKeysBelowARole) {
  env.erase("AWS_ACCESS_KEY_ID");
  make_folders(home.path() / ".aws");
  const auto keys = [this](const std::string& key) {
    write_file(home.path() / ".aws/credentials",
               "[default]\naws_access_key_id = " + key + "\naws_secret_access_key = S\naws_session_token = T\n");
  };
  keys("OLD");
  fresh();
  const Scope scope{.role = "arn:aws:iam::111122223333:role/fairlead"};
  fake.then(200, assumed("R1", "2026-11-20T04:00:00Z")).then(200, "{}");
  call("ecs:ListClusters", {}, scope);
  time += 2h;
  const char* refusal = "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>expired</Message></Error></ErrorResponse>";
  keys("NEW");
  fake.then(403, refusal).then(200, assumed("R2", "2026-11-20T06:00:00Z")).then(200, "{}");
  fake.asked.clear();
  call("ecs:ListClusters", {}, scope);
  EXPECT_THAT(auth(fake.asked.size() - 2), HasSubstr("Credential=NEW/"));
  EXPECT_THAT(auth(fake.asked.size() - 1), HasSubstr("Credential=R2/"));
  time += 2h;
  fake.then(403, refusal);
  EXPECT_EQ(error_of("ecs:ListClusters", {}, scope).failure(), Failure::credentials);
}

TEST_F(ClientTest, SaysClearlyThatCredentialsExpired) {
  env["AWS_SESSION_TOKEN"] = "T";
  env["AWS_CREDENTIAL_EXPIRATION"] = "2026-11-20T09:00:00Z";
  fresh();
  fake.then(403, expired_text).then(403, expired_text);
  const auto error = error_of("ecs:UpdateService", {{"cluster", "web"}, {"service", "api"}});
  EXPECT_EQ(error.kind(), ErrorKind::unauthorized);
  EXPECT_EQ(error.failure(), Failure::credentials);
  EXPECT_FALSE(error.outcome_unknown());
  EXPECT_THAT(error.message(), HasSubstr("ecs:UpdateService of cluster web, service api in eu-west-1: ExpiredTokenException"));
  EXPECT_THAT(error.hint(), HasSubstr("the environment variables expired at 2026-11-20T09:00:00.000Z"));
}

TEST_F(ClientTest, NamesActionAndIdentityWhenDenied) {
  fake.then(400, R"({"__type":"AccessDeniedException","message":"User: arn:x is not authorized to perform: ecs:UpdateService"})");
  const auto error = error_of("ecs:UpdateService", {{"cluster", "web"}});
  EXPECT_EQ(error.kind(), ErrorKind::refused);
  EXPECT_EQ(error.hint(), "allow ecs:UpdateService for the environment variables in its IAM policy");
}

TEST_F(ClientTest, NamesTheTrustPolicyWhenTheRoleCannotBeAssumed) {
  fake.then(403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>User: arn:x is not authorized</Message></Error></ErrorResponse>");
  const auto error = error_of("ecs:ListClusters", {}, {.role = "arn:aws:iam::111122223333:role/fairlead", .external_id = "x"});
  EXPECT_EQ(error.kind(), ErrorKind::refused);
  EXPECT_THAT(error.message(), HasSubstr("role arn:aws:iam::111122223333:role/fairlead cannot be assumed by the environment variables"));
  EXPECT_THAT(error.hint(), HasSubstr("trust policy must allow sts:AssumeRole for that identity with this external id"));
}

TEST_F(ClientTest, TellsNotFoundFromOtherRefusals) {
  fake.then(400, R"({"__type":"ClusterNotFoundException","message":"Cluster not found."})");
  EXPECT_EQ(error_of("ecs:DescribeServices").kind(), ErrorKind::not_found);
  fake.then(400, R"({"__type":"ClientException","message":"Unable to describe task definition."})");
  EXPECT_EQ(error_of("ecs:DescribeTaskDefinition").failure(), Failure::not_found);
  fake.then(400, R"({"__type":"InvalidParameterException","message":"bad"})");
  EXPECT_EQ(error_of("ecs:UpdateService").kind(), ErrorKind::invalid);
  fake.then(400, R"({"__type":"ConflictException","message":"token","resourceIds":["arn:task"]})");
  const auto conflict = error_of("ecs:RunTask");
  EXPECT_EQ(conflict.kind(), ErrorKind::conflict);
  EXPECT_EQ(at_path(parse_json(conflict.facts().body), {"resourceIds"}).at(0), "arn:task");
}

TEST_F(ClientTest, NeverPutsParametersThatMayBeSecretIntoMessages) {
  fake.then(400, R"({"__type":"ValidationException","message":"bad"})");
  const auto error = error_of("ssm:PutParameter", {{"Name", "/a"}, {"Value", "hunter2"}});
  EXPECT_THAT(error.message(), AllOf(HasSubstr("Name /a"), Not(HasSubstr("hunter2"))));
}

TEST_F(ClientTest, FollowsProfilesWithRolesAndSources) {
  env.erase("AWS_ACCESS_KEY_ID");
  make_folders(home.path() / ".aws");
  write_file(home.path() / ".aws/config",
             "[profile prod]\nrole_arn = arn:aws:iam::444455556666:role/p\nsource_profile = base\nregion = us-west-2\n"
             "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = S\n[profile ring]\nrole_arn = arn:aws:iam::1:role/r\n"
             "source_profile = ring2\n[profile ring2]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = ring\n");
  env.erase("AWS_REGION");
  fresh();
  fake.then(200, assumed("ROLE", "2026-11-20T04:00:00Z")).then(200, "{}");
  call("ecs:ListClusters", {}, {.profile = "prod"});
  EXPECT_THAT(auth(0), HasSubstr("Credential=BASE/20261120/us-west-2/sts"));
  EXPECT_EQ(fake.asked[1].url, "https://ecs.us-west-2.amazonaws.com/");
  EXPECT_THROW(call("ecs:ListClusters", {}, {.region = "us-west-2", .profile = "ring"}), Error);
  EXPECT_THROW(call("ecs:ListClusters", {}, {.region = "us-west-2", .profile = "absent"}), Error);
  EXPECT_THROW(call("ecs:ListClusters", {}, {}), Error);
}

TEST_F(ClientTest, UsesAWebIdentityWithoutSigning) {
  env.erase("AWS_ACCESS_KEY_ID");
  write_file(home.path() / "token", "JWT\n");
  env["AWS_WEB_IDENTITY_TOKEN_FILE"] = (home.path() / "token").string();
  env["AWS_ROLE_ARN"] = "arn:aws:iam::111122223333:role/pod";
  fresh();
  auto answer = assumed("POD", "2026-11-20T04:00:00Z");
  for (std::size_t at = 0; (at = answer.find("AssumeRoleRes", at)) != std::string::npos; at += 26)
    answer.insert(at + 10, "WithWebIdentity");
  fake.then(200, answer).then(200, "{}");
  call("ecs:ListClusters");
  EXPECT_THAT(fake.asked[0].body, HasSubstr("WebIdentityToken=JWT"));
  EXPECT_FALSE(fake.asked[0].headers.has("Authorization"));
  EXPECT_THAT(auth(1), HasSubstr("Credential=POD/"));
}

TEST_F(ClientTest, SaysWhereItLookedForCredentials) {
  env.erase("AWS_ACCESS_KEY_ID");
  fresh();
  try {
    call("ecs:ListClusters");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::unauthorized);
    EXPECT_THAT(error.message(), HasSubstr("profile default in ~/.aws"));
  }
}

TEST_F(ClientTest, ReadsAllPages) {
  fake.then(200, R"({"taskArns":["a","b"],"nextToken":"n1"})").then(200, R"({"taskArns":["c"]})");
  EXPECT_EQ(run_on(io, ecs::list_tasks(*client, {}, "web", "api", "RUNNING")), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(text_at(parse_json(fake.asked[1].body), "nextToken"), "n1");
}

TEST_F(ClientTest, DescribesServicesTenAtATime) {
  fake.then(200, R"({"services":[{"serviceName":"1"}],"failures":[]})").then(200, R"({"services":[],"failures":[{"reason":"MISSING"}]})");
  const auto described = run_on(io, ecs::describe_services(*client, {}, "web", std::vector<std::string>(11, "s")));
  EXPECT_EQ(described.found.size(), 1u);
  EXPECT_EQ(described.failures.size(), 1u);
  EXPECT_EQ(parse_json(fake.asked[0].body).at("services").size(), 10u);
  EXPECT_EQ(parse_json(fake.asked[1].body).at("include"), Json::array({"TAGS"}));
}

TEST_F(ClientTest, FindsOrMissesAnImageDigest) {
  fake.then(200, R"({"imageDetails":[{"imageDigest":"sha256:d"}]})");
  EXPECT_EQ(run_on(io, ecr::digest_of(*client, {}, "", "shop", "v1")), "sha256:d");
  EXPECT_EQ(parse_json(fake.asked[0].body), Json::parse(R"({"repositoryName":"shop","imageIds":[{"imageTag":"v1"}]})"));
  fake.then(400, R"({"__type":"ImageNotFoundException","message":"m"})");
  EXPECT_EQ(run_on(io, ecr::digest_of(*client, {}, "", "shop", "v2")), std::nullopt);
}

TEST_F(ClientTest, LogsInToARegistry) {
  fake.then(200, R"({"authorizationData":[{"authorizationToken":"QVdTOnBhc3M=","expiresAt":1795186800.5,)"
                 R"("proxyEndpoint":"https://111122223333.dkr.ecr.eu-west-1.amazonaws.com"}]})");
  const auto login = run_on(io, ecr::login(*client, {}));
  EXPECT_EQ(login.host, "111122223333.dkr.ecr.eu-west-1.amazonaws.com");
  EXPECT_EQ(login.user, "AWS");
  EXPECT_EQ(login.password.reveal(), "pass");
}

TEST_F(ClientTest, ReadsASecretsJsonKey) {
  fake.then(200, R"({"SecretString":"{\"user\":\"u\",\"port\":5432}"})");
  EXPECT_EQ(run_on(io, secret_value(*client, {}, "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf:port::")).reveal(),
            "5432");
  EXPECT_EQ(text_at(parse_json(fake.asked[0].body), "SecretId"), "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf");
  fake.then(200, R"({"SecretString":"plain"})");
  EXPECT_EQ(run_on(io, secret_value(*client, {}, "db")).reveal(), "plain");
  fake.then(200, R"({"SecretString":"plain"})");
  EXPECT_THROW(run_on(io, secret_value(*client, {}, "db:user")), Error);
}

TEST_F(ClientTest, HasNoLinesOfAStreamThatWasNeverMade) {
  fake.then(400, R"({"__type":"ResourceNotFoundException","message":"m"})");
  EXPECT_TRUE(run_on(io, logs::tail(*client, {}, "g", "s", 20)).lines.empty());
  fake.then(200, R"({"events":[{"timestamp":1795143845123,"message":"hello"}],"nextForwardToken":"f"})");
  const auto page = run_on(io, logs::head(*client, {}, "g", "s", 20));
  EXPECT_EQ(page.lines.at(0).text, "hello");
  EXPECT_EQ(format_time(page.lines.at(0).at), "2026-11-20T03:04:05.123Z");
}

TEST_F(ClientTest, NamesAlarmsThatDoNotExist) {
  fake.then(200, R"({"MetricAlarms":[{"AlarmName":"b","StateValue":"OK"}]})");
  const auto alarms = run_on(io, alarm_states(*client, {}, {"a", "b"}));
  EXPECT_EQ(alarms.at(0).state, "MISSING");
  EXPECT_EQ(alarms.at(1).state, "OK");
}

TEST_F(ClientTest, TellsAnAbsentObjectFromAnAbsentBucket) {
  fake.then(404, "<Error><Code>NoSuchKey</Code><Message>m</Message></Error>");
  EXPECT_FALSE(run_on(io, s3::get(*client, {}, "bucket", "k")));
  fake.then(404, "<Error><Code>NoSuchBucket</Code><Message>m</Message></Error>");
  EXPECT_THROW(run_on(io, s3::get(*client, {}, "bucket", "k")), AwsError);
  fake.then(200, std::string("\xff\0x", 3), {{"ETag", "\"e\""}, {"x-amz-meta-a", "b"}});
  const auto object = run_on(io, s3::get(*client, {}, "bucket", "k"));
  EXPECT_EQ(object->body, std::string("\xff\0x", 3));
  EXPECT_EQ(object->metadata.at("a"), "b");
}

TEST_F(ClientTest, KnowsWhoItIs) {
  fake.then(200,
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:a</Arn><Account>111122223333</Account>"
            "</GetCallerIdentityResult></GetCallerIdentityResponse>");
  EXPECT_EQ(run_on(io, sts::caller_identity(*client, {})).account, "111122223333");
}

TEST(ParseImage, TakesReferencesApart) {
  const auto image = ecr::parse_image("111122223333.dkr.ecr.ap-northeast-1.amazonaws.com/team/shop:v1@sha256:" + std::string(64, 'a'));
  ASSERT_TRUE(image);
  EXPECT_TRUE(image->is_ecr());
  EXPECT_EQ(image->region, "ap-northeast-1");
  EXPECT_EQ(image->repository, "team/shop");
  EXPECT_EQ(image->tag, "v1");
  EXPECT_EQ(ecr::parse_image("nginx")->host, "");
  EXPECT_EQ(ecr::parse_image("localhost:5000/shop:v1")->host, "localhost:5000");
  EXPECT_EQ(ecr::parse_image("library/nginx:1.25")->repository, "library/nginx");
  EXPECT_FALSE(ecr::parse_image("Shop"));
  EXPECT_FALSE(ecr::parse_image(""));
  EXPECT_FALSE(ecr::parse_image("shop@sha256:short"));
}

}  // namespace
}  // namespace fairlead::aws
