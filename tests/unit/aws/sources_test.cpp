// SPDX-License-Identifier: Apache-2.0
#include "aws/sources.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"
#include "unit/aws/fake_http.hpp"

namespace fairlead::aws {
namespace {

using testing::HasSubstr;

constexpr const char* answer_text =
    R"({"AccessKeyId":"AK","SecretAccessKey":"SK","Token":"T","Expiration":"2026-11-20T04:00:00Z","Code":"Success"})";

class Sources : public testing::Test {
 protected:
  void write(const std::string& file, const std::string& text) {
    const auto path = home.path() / file;
    make_folders(path.parent_path());
    write_file(path, text);
  }
  std::optional<Credentials> container() { return run_on(io, sources::from_container(fake.http(), env)); }
  std::optional<Credentials> instance() { return run_on(io, sources::from_instance(fake.http(), env)); }

  asio::io_context io;
  FakeHttp fake;
  TempFolder home;
  Env env{{"HOME", home.path().string()}};
};

TEST_F(Sources, EnvironmentNeedsBothKeys) {
  EXPECT_FALSE(sources::from_environment({{"AWS_ACCESS_KEY_ID", "AK"}}));
  const auto found = sources::from_environment({{"AWS_ACCESS_KEY_ID", "AK"}, {"AWS_SECRET_ACCESS_KEY", "SK"}, {"AWS_SESSION_TOKEN", "T"}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->session_token.reveal(), "T");
  EXPECT_FALSE(found->expires);
}

TEST_F(Sources, ContainerIsNotAskedWithoutItsVariables) {
  EXPECT_FALSE(container());
  EXPECT_TRUE(fake.asked.empty());
}

TEST_F(Sources, ContainerByRelativeUri) {
  env["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/x";
  fake.then(200, answer_text);
  const auto found = container();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->access_key, "AK");
  EXPECT_EQ(found->expires, parse_time("2026-11-20T04:00:00Z"));
  EXPECT_EQ(fake.asked.at(0).url, "http://169.254.170.2/v2/credentials/x");
}

TEST_F(Sources, ContainerByFullUriWithATokenFileThatIsReadEachTime) {
  write("token", "one\n");
  env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://169.254.170.23/v1/credentials";
  env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = (home.path() / "token").string();
  fake.then(200, answer_text).then(200, answer_text);
  container();
  write("token", "two");
  container();
  EXPECT_EQ(fake.asked.at(0).headers.get("Authorization"), "one");
  EXPECT_EQ(fake.asked.at(1).headers.get("Authorization"), "two");
}

TEST_F(Sources, ContainerTokenGoesToKnownHostsOnly) {
  for (const char* url : {"http://example.com/x", "http://169.254.170.2.example.com/", "http://127.0.0.1.example.com/"}) {
    env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
    EXPECT_THROW(container(), Error) << url;
  }
  EXPECT_TRUE(fake.asked.empty());
  for (const char* url : {"http://127.0.0.1:51678/x", "http://localhost/x", "http://[::1]:80/x", "https://example.com/x"}) {
    env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
    EXPECT_TRUE(sources::container_request(env)) << url;
  }
}

TEST_F(Sources, ContainerIsAskedAgainAfterAServerError) {
  env["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/x";
  fake.then(500, "").then_fail(ErrorKind::timeout, true).then(200, answer_text);
  EXPECT_TRUE(container());
}

TEST_F(Sources, InstanceUsesATokenOfImdsV2) {
  fake.then(200, "TOKEN").then(200, "deployer").then(200, answer_text);
  const auto found = instance();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->source, "the instance role deployer");
  ASSERT_EQ(fake.asked.size(), 3u);
  EXPECT_EQ(fake.asked[0].method, "PUT");
  EXPECT_EQ(fake.asked[0].url, "http://169.254.169.254/latest/api/token");
  EXPECT_TRUE(fake.asked[0].headers.has("X-aws-ec2-metadata-token-ttl-seconds"));
  EXPECT_EQ(fake.asked[2].headers.get("X-aws-ec2-metadata-token"), "TOKEN");
  EXPECT_EQ(fake.asked[2].url, "http://169.254.169.254/latest/meta-data/iam/security-credentials/deployer");
}

TEST_F(Sources, NoInstanceIsNoError) {
  EXPECT_FALSE(instance());
  env["AWS_EC2_METADATA_DISABLED"] = "true";
  fake.asked.clear();
  EXPECT_FALSE(instance());
  EXPECT_TRUE(fake.asked.empty());
}

TEST_F(Sources, ProfilesComeFromBothFiles) {
  write(".aws/config",
        "# comment\n[default]\nregion = eu-west-1 ; not this\n[profile dev]\nregion=ap-northeast-1\naws_access_key_id = config\n"
        "s3 =\n  max_concurrent_requests = 20\n[sso-session corp]\nsso_region = us-east-1\n");
  write(".aws/credentials", "[dev]\naws_access_key_id = credentials\naws_secret_access_key = a=b#c\n");
  const ProfileFiles files(env);
  EXPECT_EQ(files.find("default")->get("region"), "eu-west-1");
  const auto dev = files.find("dev");
  ASSERT_TRUE(dev);
  EXPECT_EQ(dev->get("region"), "ap-northeast-1");
  EXPECT_EQ(dev->get("aws_access_key_id"), "credentials");
  EXPECT_EQ(dev->get("aws_secret_access_key"), "a=b#c");
  EXPECT_FALSE(dev->has("max_concurrent_requests"));
  EXPECT_FALSE(files.find("prod"));
  EXPECT_EQ(files.sso_session("corp").at("sso_region"), "us-east-1");
}

Profile sso_profile() {
  return {.name = "dev", .keys = {{"sso_session", "corp"}, {"sso_account_id", "111122223333"}, {"sso_role_name", "Deploy er"}}};
}
const IniSection corp{{"sso_region", "eu-west-1"}, {"sso_start_url", "https://corp.example.com/start"}};

TEST_F(Sources, SsoExchangesTheCachedLogin) {
  EXPECT_EQ(sources::sso_cache_file("corp"), "ee0bfd2552fbd840c02cc48b6e823320543c450f.json");
  write(".aws/sso/cache/" + sources::sso_cache_file("corp"), R"({"accessToken":"LOGIN","expiresAt":"2026-11-20T05:00:00Z"})");
  fake.then(200, R"({"roleCredentials":{"accessKeyId":"AK","secretAccessKey":"SK","sessionToken":"T","expiration":1795147200000}})");
  const auto found = run_on(io, sources::from_sso(fake.http(), env, sso_profile(), corp, *parse_time("2026-11-20T03:00:00Z")));
  EXPECT_EQ(found.session_token.reveal(), "T");
  EXPECT_EQ(found.expires, parse_time("2026-11-20T04:00:00Z"));
  EXPECT_EQ(fake.asked[0].url,
            "https://portal.sso.eu-west-1.amazonaws.com/federation/credentials?role_name=Deploy%20er&account_id=111122223333");
  EXPECT_EQ(fake.asked[0].headers.get("x-amz-sso_bearer_token"), "LOGIN");
}

TEST_F(Sources, SsoSaysHowToLogInAgain) {
  const auto time = *parse_time("2026-11-20T06:00:00Z");
  const auto hint = [&] {
    try {
      run_on(io, sources::from_sso(fake.http(), env, sso_profile(), corp, time));
    } catch (const Error& error) {
      return error.hint() + " | " + error.message();
    }
    return std::string("nothing thrown");
  };
  EXPECT_THAT(hint(), HasSubstr("aws sso login --profile dev | profile dev uses AWS SSO, and nobody is logged in"));
  write(".aws/sso/cache/" + sources::sso_cache_file("corp"), R"({"accessToken":"LOGIN","expiresAt":"2026-11-20T05:00:00Z"})");
  EXPECT_THAT(hint(), HasSubstr("the login expired at 2026-11-20T05:00:00"));
  write(".aws/sso/cache/" + sources::sso_cache_file("corp"), R"({"accessToken":"LOGIN","expiresAt":"2026-11-20T07:00:00Z"})");
  fake.then(401, "");
  EXPECT_THAT(hint(), HasSubstr("AWS no longer takes the login"));
}

TEST_F(Sources, ProcessPrintsCredentials) {
  Profile profile{.name = "p",
                  .keys = {{"credential_process", "echo '{\"Version\":1,\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"SK\"}'"}}};
  EXPECT_EQ(run_on(io, sources::from_process(env, profile)).access_key, "AK");
  profile.keys["credential_process"] = "echo broken >&2; exit 3";
  EXPECT_THROW(run_on(io, sources::from_process(env, profile)), Error);
}

}  // namespace
}  // namespace fairlead::aws
