// SPDX-License-Identifier: Apache-2.0
#include "cli/registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <optional>

#include "fairlead/aws/aws.hpp"
#include "fairlead/base/crypto.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// An account with one repository, "there".
class OneRepository : public aws::Aws {
 public:
  std::vector<std::string> calls;
  aws::Scope scope;
  bool may_create = true;

  Awaitable<Json> call(aws::Scope given, std::string operation, Json params, aws::CallOptions) override {
    calls.push_back(operation);
    scope = given;
    if (operation == "ecr:GetAuthorizationToken") {
      Json data{{"authorizationToken", base64("AWS:opened-sesame")},
                {"proxyEndpoint", "https://111122223333.dkr.ecr.eu-west-1.amazonaws.com"}};
      co_return Json{{"authorizationData", Json::array({data})}};
    }
    if (operation == "ecr:DescribeRepositories" && params["repositoryNames"][0] != "there") {
      aws::AwsError::Facts facts{.failure = aws::Failure::not_found, .operation = operation, .code = "RepositoryNotFoundException"};
      throw aws::AwsError(ErrorKind::not_found, "not found", "", facts);
    }
    if (operation == "ecr:CreateRepository" && !may_create) {
      aws::AwsError::Facts facts{.failure = aws::Failure::denied, .operation = operation, .code = "AccessDeniedException"};
      throw aws::AwsError(ErrorKind::refused, "not authorized to perform ecr:CreateRepository", "", facts);
    }
    co_return Json::object();
  }
};

class Registry : public ::testing::Test {
 protected:
  exec::RegistryLogin ask(exec::EcrRequest request) {
    const auto parts = image_parts(aws_, config_);
    asio::io_context io{1};
    std::optional<exec::RegistryLogin> found;
    std::exception_ptr error;
    auto keep = [](Awaitable<exec::RegistryLogin> work, std::optional<exec::RegistryLogin>& out) -> Awaitable<void> {
      out = co_await std::move(work);
    };
    spawn(io.get_executor(), "login", keep(parts.ecr(std::move(request)), found), [&](std::exception_ptr thrown) { error = thrown; });
    io.run();
    if (error) std::rethrow_exception(error);
    return *found;
  }

  OneRepository aws_;
  std::shared_ptr<pipeline::ServerConfig> config_ = std::make_shared<pipeline::ServerConfig>();
};

TEST_F(Registry, ARepositoryThatIsThereIsLeftAlone) {
  const auto login = ask({"", "", "eu-west-1", "there"});
  EXPECT_EQ(login.host, "111122223333.dkr.ecr.eu-west-1.amazonaws.com");
  EXPECT_EQ(login.user, "AWS");
  EXPECT_EQ(login.password.reveal(), "opened-sesame");
  EXPECT_TRUE(login.tls);
  EXPECT_EQ(login.remark, "");
  EXPECT_EQ(aws_.scope.region, "eu-west-1");
  EXPECT_THAT(aws_.calls, ElementsAre("ecr:GetAuthorizationToken", "ecr:DescribeRepositories"));
}

TEST_F(Registry, AMissingRepositoryIsCreated) {
  EXPECT_EQ(ask({"", "", "", "new"}).remark, "created the repository new");
  EXPECT_EQ(aws_.calls.back(), "ecr:CreateRepository");
}

TEST_F(Registry, WhatMayNotBeCreatedIsSaidBeforeTheBuild) {
  aws_.may_create = false;
  try {
    ask({"", "", "", "new"});
    FAIL() << "it went on";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("the repository new does not exist in ECR and cannot be created: not authorized"));
    EXPECT_THAT(error.hint(), HasSubstr("aws ecr create-repository --repository-name new"));
  }
}

TEST_F(Registry, AnotherAccountsRegistryKeepsItsHostAndRegion) {
  const std::string host = "444455556666.dkr.ecr.us-east-1.amazonaws.com";
  EXPECT_EQ(ask({"", host, "", "there"}).host, host);
  EXPECT_EQ(aws_.scope.region, "us-east-1");
}

TEST_F(Registry, TheEnvironmentGivesRoleAndEndpoint) {
  auto& environment = config_->environments["staging"];
  environment.aws.emplace();
  environment.aws->region = "ap-northeast-1";
  environment.aws->role = "arn:aws:iam::111122223333:role/x";
  environment.aws->endpoint = "http://127.0.0.1:4566";
  const auto login = ask({"staging", "", "", "there"});
  EXPECT_EQ(aws_.scope.role, "arn:aws:iam::111122223333:role/x");
  EXPECT_EQ(login.host, "127.0.0.1:4566");
  EXPECT_FALSE(login.tls);
}

}  // namespace
}  // namespace fairlead::cli
