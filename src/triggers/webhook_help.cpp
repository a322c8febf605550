// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "fairlead/triggers/sample.hpp"

namespace fairlead::triggers {
namespace {

struct Host {
  Provider provider;
  std::string_view where;
  std::string_view secret;
  std::string_view events;
};

constexpr std::array<Host, 6> hosts{{
    {Provider::github, "repository > Settings > Webhooks > Add webhook; content type application/json", "Secret",
     "Just the push event, or also Pull requests"},
    {Provider::gitlab, "project > Settings > Webhooks > Add new webhook", "Secret token (or Signing token)",
     "Push events, Tag push events, Merge request events"},
    {Provider::bitbucket, "repository > Repository settings > Webhooks > Add webhook", "Secret",
     "Repository: Push; Pull request: Created, Updated (Data Center: Opened, Source branch updated)"},
    {Provider::gitea, "repository > Settings > Webhooks > Add webhook > Gitea (or Forgejo); content type application/json", "Secret",
     "Push events, or also Pull request and Pull request synchronized"},
    {Provider::codecommit, "SNS topic > Create subscription, protocol HTTPS; an EventBridge rule on aws.codecommit sends to the topic",
     "none: SNS signs; webhooks.codecommit.secret in fairlead.yml is the ARN of the topic", "CodeCommit Repository State Change"},
    {Provider::http, "any sender of Standard Webhooks; body {\"ref\": \"main\", \"reason\": \"why\", \"inputs\": {}}, all optional",
     "Signing secret (whsec_...), the same value as the secret that on.http.secret of the pipeline names", "not asked"},
}};

std::string address(std::string_view public_url, Provider provider, std::string_view app) {
  while (public_url.ends_with('/')) public_url.remove_suffix(1);
  auto url = std::string(public_url) + "/hooks/" + std::string(to_string(provider));
  return provider == Provider::http ? url + "/" + std::string(app) : url;
}

}  // namespace

std::string webhook_help(Provider provider, std::string_view public_url, std::string_view app) {
  std::string text = "URL     " + address(public_url, provider, app) + "\n";
  for (const auto& host : hosts) {
    if (host.provider != provider) continue;
    text.append("Where   ").append(host.where).append("\n");
    text.append("Secret  ").append(host.secret).append("\n");
    text.append("Events  ").append(host.events).append("\n");
  }
  return text;
}

}  // namespace fairlead::triggers
