// SPDX-License-Identifier: Apache-2.0
#include "cli/git_access.hpp"

#include <array>

#include "fairlead/base/log.hpp"
#include "fairlead/git/url.hpp"

namespace fairlead::cli {

std::string git_host_of(const std::string& repository, const std::map<std::string, pipeline::WebhookConfig>& webhooks) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> known{
      {{"github.com", "github"}, {"gitlab.com", "gitlab"}, {"bitbucket.org", "bitbucket"}}};
  const auto url = git::parse_url(repository);
  if (!url || url->form != git::Url::Form::https) return {};
  for (const auto& [name, settings] : webhooks) {
    const auto api = git::parse_url(settings.api_url);
    if (api && api->host == url->host) return name;
  }
  for (const auto& [host, name] : known) {
    if (url->host == host) return std::string(name);
  }
  return {};
}

Awaitable<git::Credentials> credentials_for(Secrets& secrets, const pipeline::ServerConfig& config, std::string app) {
  git::Credentials credentials;
  const auto settings = config.apps.find(app);
  if (settings == config.apps.end()) co_return credentials;
  const auto host = config.webhooks.find(git_host_of(settings->second.repository, config.webhooks));
  if (host == config.webhooks.end() || !host->second.api_token) co_return credentials;
  if (host->first == "gitlab") credentials.username = "oauth2";
  if (host->first == "bitbucket") credentials.username = "x-token-auth";
  try {
    credentials.password = co_await secrets.value(host->second.api_token);
  } catch (const Error& error) {
    log::warn("git.token-not-set", {{"app", app}, {"host", host->first}, {"why", error.message()}});
  }
  co_return credentials;
}

}  // namespace fairlead::cli
