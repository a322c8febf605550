// SPDX-License-Identifier: Apache-2.0
#include "cli/secrets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "fairlead/aws/aws.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/pool.hpp"

namespace fairlead::cli {
namespace {

using testing::HasSubstr;

/// Parameters and secrets of two accounts, told apart by the role.
class TwoAccounts : public aws::Aws {
 public:
  int calls = 0;
  bool down = false;
  std::vector<aws::Scope> scopes;
  Awaitable<Json> call(aws::Scope scope, std::string operation, Json params, aws::CallOptions) override {
    ++calls;
    scopes.push_back(scope);
    if (down) throw aws::AwsError(ErrorKind::unavailable, "no answer", "", {.failure = aws::Failure::network});
    const std::string account = scope.role.empty() ? "own" : scope.role;
    if (operation == "secretsmanager:GetSecretValue") co_return Json{{"SecretString", text_at(params, "SecretId") + " of " + account}};
    if (text_at(params, "Name") == "/gone") {
      throw aws::AwsError(ErrorKind::not_found, "ssm:GetParameter: there is no parameter /gone", "", {.failure = aws::Failure::not_found});
    }
    co_return Json{{"Parameter", {{"Value", text_at(params, "Name") + " of " + account}}}};
  }
};

class AwsSecrets : public testing::Test {
 protected:
  AwsSecrets() {
    store = store::open_sqlite(io.get_executor(), pool, {.folder = folder.path()});
    auto parsed = pipeline::parse_server(
        "apps: { shop: { repository: \"file:///srv/shop.git\" } }\n"
        "environments: { production: { aws: { region: eu-west-1, role: \"arn:aws:iam::111122223333:role/x\" } }, bare: {} }\n",
        "fairlead.yml");
    if (!parsed) throw std::runtime_error(pipeline::format(parsed.error()));
    secrets = std::make_unique<Secrets>(*store, store::SecretBox::open(folder.path() / "secret.key"),
                                        std::make_shared<pipeline::ServerConfig>(std::move(*parsed)), aws, [this] { return clock; });
  }
  ~AwsSecrets() override { store->close(); }

  template <class T>
  T wait(Awaitable<T> work) {
    std::optional<T> result;
    std::exception_ptr failed;
    auto keep = [](Awaitable<T> inner, std::optional<T>& out) -> Awaitable<void> { out.emplace(co_await std::move(inner)); };
    bool over = false;
    asio::co_spawn(io, keep(std::move(work), result), [&](std::exception_ptr e) {
      failed = std::move(e);
      over = true;
    });
    io.restart();
    while (!over) io.run_one();
    if (failed) std::rethrow_exception(failed);
    return std::move(*result);
  }
  void set(const std::string& scope, const std::string& name, const std::string& value) {
    wait(store->transact([&](store::Tx& tx) {
      secrets->box().set(tx, scope, name, Secret(value));
      return true;
    }));
  }
  std::string read(const std::string& name, const std::string& environment) {
    const auto found = wait(secrets->for_pipeline(name, "shop", environment));
    return found ? found->reveal() : "none";
  }
  std::string of_server(pipeline::SecretRef::Kind kind, const std::string& name) { return wait(secrets->value({kind, name, {}})).reveal(); }

  TempFolder folder{"fairlead-secrets-"};
  asio::io_context io;
  Pool pool{1};
  TwoAccounts aws;
  Time clock{std::chrono::hours(1)};
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Secrets> secrets;
};

TEST_F(AwsSecrets, are_looked_up_in_the_account_of_the_environment) {
  set("app:shop", "DB", "ssm:/shop/db");
  EXPECT_EQ(read("DB", "production"), "/shop/db of arn:aws:iam::111122223333:role/x");
  EXPECT_EQ(aws.scopes.back().region, "eu-west-1");
  EXPECT_EQ(read("DB", "bare"), "/shop/db of own") << "without `aws:` with the server's credentials";
  EXPECT_EQ(read("DB", ""), "/shop/db of own");
  set("env:production", "KEY", "secretsmanager:arn:aws:secretsmanager:us-east-1:111122223333:secret:key-AbCdEf");
  EXPECT_THAT(read("KEY", "production"), HasSubstr("secret:key-AbCdEf of arn:aws:iam"));
  EXPECT_EQ(aws.scopes.back().region, "us-east-1") << "where its ARN says";
  set("app:shop", "PLAIN", "a plain value");
  EXPECT_EQ(read("PLAIN", "production"), "a plain value");
}

TEST_F(AwsSecrets, of_fairlead_yml_are_read_with_the_servers_own_credentials) {
  EXPECT_EQ(of_server(pipeline::SecretRef::Kind::ssm, "/hooks/github"), "/hooks/github of own");
  EXPECT_EQ(of_server(pipeline::SecretRef::Kind::secretsmanager, "arn:aws:secretsmanager:us-east-1:111122223333:secret:hook"),
            "arn:aws:secretsmanager:us-east-1:111122223333:secret:hook of own");
}

TEST_F(AwsSecrets, are_kept_for_a_minute_and_longer_only_while_aws_does_not_answer) {
  set("app:shop", "DB", "ssm:/shop/db");
  read("DB", "production");
  read("DB", "production");
  EXPECT_EQ(aws.calls, 1);
  clock += std::chrono::minutes(2);
  aws.down = true;
  EXPECT_THAT(read("DB", "production"), HasSubstr("/shop/db"));
  EXPECT_EQ(aws.calls, 2);
  clock += std::chrono::minutes(9);
  EXPECT_THROW(read("DB", "production"), Error) << "not for ever";
}

TEST_F(AwsSecrets, that_are_not_there_are_named) {
  set("app:shop", "DB", "ssm:/gone");
  try {
    read("DB", "production");
    FAIL() << "found";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("secret DB"));
    EXPECT_THAT(error.message(), HasSubstr("/gone"));
  }
}

}  // namespace
}  // namespace fairlead::cli
