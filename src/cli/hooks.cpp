// SPDX-License-Identifier: Apache-2.0
#include "cli/hooks.hpp"

#include "fairlead/base/log.hpp"

namespace fairlead::cli {

Awaitable<net::Response> answer_hook(triggers::Receiver& receiver, std::string provider, std::string app, net::Request& request) {
  const auto known = triggers::provider_from(provider);
  if (!known)
    co_return net::problem(404, "there is no webhook route for \"" + provider + "\"",
                           "github, gitlab, bitbucket, gitea, codecommit or http/<app>");
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

Awaitable<std::vector<Secret>> hook_secrets(Secrets& secrets, const pipeline::ServerConfig& config, triggers::Declarations& declarations,
                                            triggers::Provider provider, std::string app) {
  std::vector<Secret> values;
  if (provider == triggers::Provider::http) {
    if (!config.apps.contains(app)) co_return values;
    try {
      if (const auto name = co_await declarations.http_secret(app)) {
        if (auto value = co_await secrets.for_pipeline(*name, app, "")) values.push_back(std::move(*value));
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

Awaitable<std::string> fetch_from_sns(net::HttpClient& client, std::string url) {
  net::HttpRequest request;
  request.url = url;
  request.public_only = true;
  request.max_reply = 64u << 10;
  const auto reply = co_await client.send(std::move(request), deadline_in(std::chrono::seconds(10)));
  if (!reply.ok()) throw Error(ErrorKind::unavailable, "GET " + url + " answered " + std::to_string(reply.status));
  co_return reply.body;
}

}  // namespace fairlead::cli
