// SPDX-License-Identifier: Apache-2.0
#include "cli/secrets.hpp"

#include "cli/deploying.hpp"
#include "fairlead/aws/secrets.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::cli {

namespace {

using Kind = pipeline::SecretRef::Kind;

constexpr auto fresh = std::chrono::minutes(1);
constexpr auto stale = std::chrono::minutes(10);  ///< what serves while AWS does not answer

/// What a stored value refers to: a reference is no value itself.
std::optional<pipeline::SecretRef> reference_in(const Secret& stored) {
  const std::string& text = stored.reveal();
  if (text.starts_with("ssm:")) return pipeline::SecretRef{Kind::ssm, text.substr(4), {}};
  if (text.starts_with("secretsmanager:")) return pipeline::SecretRef{Kind::secretsmanager, text.substr(15), {}};
  return std::nullopt;
}

/// A secret lies where its ARN says.
aws::Scope place_of(aws::Scope scope, const pipeline::SecretRef& ref) {
  const auto arn = split(ref.name, ':');
  if (arn.size() > 3 && arn[0] == "arn") scope.region = arn[3];
  return scope;
}

void reserve(std::set<std::string>& names, const pipeline::SecretRef& ref) {
  if (ref.kind == Kind::secret) names.insert(ref.name);
}

}  // namespace

Secrets::Secrets(store::Store& store, store::SecretBox box, std::shared_ptr<const pipeline::ServerConfig> config, aws::Aws& aws,
                 Clock clock)
    : store_(store), box_(std::move(box)), config_(config), aws_(aws), clock_(std::move(clock)) {
  for (const auto& [host, webhook] : config->webhooks) {
    for (const auto& secret : webhook.secrets) reserve(reserved_, secret);
    reserve(reserved_, webhook.api_token);
  }
  reserve(reserved_, config->store.url);
  if (!config->slack) return;
  reserve(reserved_, config->slack->app_token);
  reserve(reserved_, config->slack->bot_token);
  reserve(reserved_, config->slack->client_secret);
  for (const auto& secret : config->slack->signing_secrets) reserve(reserved_, secret);
}

Awaitable<std::optional<Secret>> Secrets::named(std::vector<std::string> scopes, std::string name) {
  auto look = [this, scopes = std::move(scopes), name = std::move(name)](store::View& view) -> std::optional<Secret> {
    for (const auto& scope : scopes) {
      if (auto value = box_.get(view, scope, name)) return value;
    }
    return std::nullopt;
  };
  co_return co_await store_.read(std::move(look));
}

Awaitable<std::optional<Secret>> Secrets::for_pipeline(std::string name, std::string app, std::string environment) {
  std::vector<std::string> scopes;
  if (!environment.empty()) scopes.push_back("env:" + environment);
  scopes.push_back("app:" + app);
  if (!reserved_.contains(name)) scopes.emplace_back("server");
  auto found = co_await named(std::move(scopes), name);
  if (!found) co_return std::nullopt;
  const auto ref = reference_in(*found);
  if (!ref) co_return found;
  auto scope = environment.empty() ? std::nullopt : environment_scope(*config_, environment);
  try {
    co_return co_await of_aws(scope.value_or(aws::Scope{}), *ref);
  } catch (const Error& error) {
    throw error.within("secret " + name);
  }
}

/// Rotated secrets are seen within a minute; when AWS does not answer, what was read last serves for a while.
Awaitable<Secret> Secrets::of_aws(aws::Scope scope, pipeline::SecretRef ref) {
  scope = place_of(std::move(scope), ref);
  const std::pair key{scope, ref.name};
  const Time at = clock_();
  std::erase_if(kept_, [at](const auto& entry) { return at - entry.second.at > stale; });
  if (const auto kept = kept_.find(key); kept != kept_.end() && at - kept->second.at < fresh) co_return kept->second.value;
  std::optional<Secret> last;
  try {
    Secret value;
    if (ref.kind == Kind::ssm) {
      value = co_await aws::ssm_parameter(aws_, scope, ref.name);
    } else {
      value = co_await aws::secret_value(aws_, scope, ref.name);
    }
    kept_.insert_or_assign(key, Kept{value, at});
    co_return value;
  } catch (const aws::AwsError& error) {
    const auto kept = kept_.find(key);
    const bool passing =
        error.failure() == aws::Failure::network || error.failure() == aws::Failure::server || error.failure() == aws::Failure::throttled;
    if (!passing || kept == kept_.end()) throw;
    last = kept->second.value;
  }
  co_return std::move(*last);
}

Awaitable<Secret> Secrets::value(pipeline::SecretRef ref) {
  switch (ref.kind) {
    case Kind::none: throw Error(ErrorKind::not_found, "no secret is configured");
    case Kind::literal: co_return ref.literal;
    case Kind::env: {
      auto found = env_value(ref.name);
      if (!found || found->empty()) {
        throw Error(ErrorKind::not_found,
                    "fairlead.yml names ${{ env." + ref.name + " }}, but the server's environment has no " + ref.name);
      }
      co_return Secret(std::move(*found));
    }
    case Kind::secret: {
      auto found = co_await named({"server"}, ref.name);
      if (!found)
        throw Error(ErrorKind::not_found, "secret " + ref.name + " of fairlead.yml is not set", "fairlead secret set " + ref.name);
      if (const auto reference = reference_in(*found)) co_return co_await of_aws({}, *reference);
      co_return std::move(*found);
    }
    case Kind::ssm:
    case Kind::secretsmanager: co_return co_await of_aws({}, std::move(ref));
  }
  throw Error(ErrorKind::internal, "a secret of an unknown kind");
}

}  // namespace fairlead::cli
