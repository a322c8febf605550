// SPDX-License-Identifier: Apache-2.0
#include "cli/secrets.hpp"

#include "fairlead/base/process.hpp"

namespace fairlead::cli {

namespace {

using Kind = pipeline::SecretRef::Kind;

void reserve(std::set<std::string>& names, const pipeline::SecretRef& ref) {
  if (ref.kind == Kind::secret) names.insert(ref.name);
}

}  // namespace

Secrets::Secrets(store::Store& store, store::SecretBox box, std::shared_ptr<const pipeline::ServerConfig> config)
    : store_(store), box_(std::move(box)) {
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
  co_return co_await named(std::move(scopes), std::move(name));
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
      co_return std::move(*found);
    }
    case Kind::ssm:
    case Kind::secretsmanager: break;
  }
  throw Error(ErrorKind::invalid, "secrets from AWS (" + ref.name + ") are not built yet in this version");
}

}  // namespace fairlead::cli
