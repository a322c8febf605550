// SPDX-License-Identifier: Apache-2.0
#include "cli/registry.hpp"

#include "cli/deploying.hpp"
#include "fairlead/aws/aws.hpp"
#include "fairlead/aws/ecr.hpp"
#include "fairlead/aws/error.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/process.hpp"

namespace fairlead::cli {
namespace {

/// The endpoint that takes the place of ECR, or empty.
std::string endpoint_of(const aws::Scope& scope) {
  if (!scope.endpoint.empty()) return scope.endpoint;
  return env_value("AWS_ENDPOINT_URL_ECR").value_or(env_value("AWS_ENDPOINT_URL").value_or(""));
}

/// A sandbox is its own registry: images are pushed to where the API is.
void lead_to_sandbox(exec::RegistryLogin& login, const std::string& endpoint) {
  const std::string scheme = "http://";
  if (!endpoint.starts_with(scheme)) return;
  login.host = endpoint.substr(scheme.size());
  if (const auto slash = login.host.find('/'); slash != std::string::npos) login.host.resize(slash);
  login.tls = false;
}

/// What was done, or nothing when the repository was there or could not be asked for: the push tells then.
Awaitable<std::string> ensure_repository(aws::Aws& aws, aws::Scope scope, std::string account, std::string repository) {
  Json ask{{"repositoryNames", Json::array({repository})}};
  if (!account.empty()) ask["registryId"] = account;
  bool missing = false;
  try {
    co_await aws.call(scope, "ecr:DescribeRepositories", std::move(ask));
  } catch (const aws::AwsError& error) {
    if (error.failure() == aws::Failure::denied) co_return std::string();
    if (error.failure() != aws::Failure::not_found) throw;
    missing = true;
  }
  if (!missing) co_return std::string();
  Json create{{"repositoryName", repository}};
  if (!account.empty()) create["registryId"] = account;
  try {
    co_await aws.call(scope, "ecr:CreateRepository", std::move(create));
  } catch (const aws::AwsError& error) {
    if (error.code() == "RepositoryAlreadyExistsException") co_return std::string();
    throw Error(error.kind(), "the repository " + repository + " does not exist in ECR and cannot be created: " + error.message(),
                error.hint().empty() ? "create it: aws ecr create-repository --repository-name " + repository : error.hint());
  }
  co_return "created the repository " + repository;
}

Awaitable<exec::RegistryLogin> prepare(aws::Aws& aws, aws::Scope scope, std::string account, std::string repository) {
  exec::RegistryLogin found;
  auto ticket = co_await aws::ecr::login(aws, scope);
  found.host = std::move(ticket.host);
  found.user = std::move(ticket.user);
  found.password = std::move(ticket.password);
  lead_to_sandbox(found, endpoint_of(scope));
  found.remark = co_await ensure_repository(aws, std::move(scope), std::move(account), std::move(repository));
  co_return found;
}

Awaitable<exec::RegistryLogin> login_to_ecr(aws::Aws& aws, aws::Scope scope, exec::EcrRequest request) {
  std::string account;
  if (!request.host.empty()) {
    const auto image = aws::ecr::parse_image(request.host + "/" + request.repository);
    if (!image || !image->is_ecr()) throw Error(ErrorKind::invalid, "\"" + request.host + "\" is no registry of ECR", "registry: ecr");
    scope.region = image->region;
    account = image->registry;
  } else if (!request.region.empty()) {
    scope.region = request.region;
  }
  auto login = co_await prepare(aws, std::move(scope), std::move(account), std::move(request.repository));
  // One token opens every registry that the credentials may use, another account's, too.
  if (!request.host.empty() && login.tls) login.host = request.host;
  co_return login;
}

}  // namespace

exec::ImageParts image_parts(aws::Aws& aws, std::shared_ptr<const pipeline::ServerConfig> config) {
  exec::ImageParts parts;
  parts.ecr = [&aws, config = std::move(config)](exec::EcrRequest request) {
    auto scope = environment_scope(*config, request.environment).value_or(aws::Scope());  // before the request is moved
    return login_to_ecr(aws, std::move(scope), std::move(request));
  };
  return parts;
}

}  // namespace fairlead::cli
