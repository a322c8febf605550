// SPDX-License-Identifier: Apache-2.0
#include "cli/hooks.hpp"

#include "fairlead/base/log.hpp"
#include "fairlead/pipeline/definition.hpp"

namespace fairlead::cli {

Awaitable<net::Response> answer_hook(triggers::Receiver& receiver, std::string provider, std::string app, net::Request& request) {
  const auto known = triggers::provider_from(provider);
  if (!known) co_return net::problem(404, "there is no webhook route for \"" + provider + "\"", "github, gitlab, bitbucket, gitea, codecommit or http/<app>");
  triggers::HookRequest hook;
  hook.provider = *known;
  hook.app = std::move(app);
  for (const auto& [name, value] : request.headers) hook.headers.add(name, value);
  hook.body = std::move(request.body);
  auto reply = co_await receiver.handle(std::move(hook));
  net::Response response;
  response.status = reply.status;
  response.headers.set("Content-Type", std::string(reply.content_type()));
  if (reply.retry_after) response.headers.set("Retry-After", std::to_string(*reply.retry_after));
  response.body = std::move(reply.body);
  co_return response;
}

namespace {

/// Name of the secret in `on.http` of the pipeline on the app's branch, as the mirror has it; no transfer.
Awaitable<std::string> http_secret_name(GitSource& source, const pipeline::AppConfig& app) {
  git::Mirror& mirror = source.mirror(app.name);
  const auto tip = co_await mirror.resolve("refs/heads/" + app.branch);
  if (!tip) co_return std::string();
  const std::string path = app.folder.empty() ? app.pipeline : app.folder + "/" + app.pipeline;
  const auto text = co_await mirror.read_file(tip->sha, path);
  if (!text) co_return std::string();
  const auto definition = pipeline::parse_pipeline(*text, path);
  co_return definition && definition->on.http_secret ? *definition->on.http_secret : std::string();
}

}  // namespace

Awaitable<std::vector<Secret>> hook_secrets(Secrets& secrets, const pipeline::ServerConfig& config, GitSource& source, triggers::Provider provider,
                                            std::string app) {
  std::vector<Secret> values;
  if (provider == triggers::Provider::http) {
    const auto settings = config.apps.find(app);
    if (settings == config.apps.end()) co_return values;
    try {
      const std::string name = co_await http_secret_name(source, settings->second);
      if (!name.empty()) {
        if (auto value = co_await secrets.for_pipeline(name, app, "")) values.push_back(std::move(*value));
      }
    } catch (const Error& error) {
      log::warn("hook.secret-not-read", {{"app", app}, {"why", error.message()}});
    }
  }
  const auto host = config.webhooks.find(std::string(to_string(provider)));
  if (host == config.webhooks.end()) co_return values;
  for (const auto& ref : host->second.secrets) {
    try {
      values.push_back(co_await secrets.value(ref));
    } catch (const Error& error) {
      log::warn("hook.secret-not-set", {{"host", to_string(provider)}, {"why", error.message()}});
    }
  }
  co_return values;
}

}  // namespace fairlead::cli
