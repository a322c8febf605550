// SPDX-License-Identifier: Apache-2.0
#include "chat/people/github_teams.hpp"

#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::chat {

namespace {

/// "github:team:acme/sre" → "/orgs/acme/teams/sre"
std::string team_path(const std::string& team) {
  constexpr std::string_view prefix = "github:team:";
  const auto slash = team.find('/');
  if (!team.starts_with(prefix) || slash == std::string::npos) throw Error(ErrorKind::internal, "\"" + team + "\" is no team of GitHub");
  return "/orgs/" + url_encode(team.substr(prefix.size(), slash - prefix.size())) + "/teams/" + url_encode(team.substr(slash + 1));
}

Error not_asked(const net::HttpReply& reply) {
  return {ErrorKind::unavailable, "GitHub answered " + std::to_string(reply.status),
          "the api-token needs the scope read:org (fine-grained: Members, read)"};
}

}  // namespace

GithubTeams::GithubTeams(Send send, Token token, std::string api_url)
    : send_(std::move(send)), token_(std::move(token)), api_url_(api_url.empty() ? "https://api.github.com" : std::move(api_url)) {
  while (api_url_.ends_with('/')) api_url_.pop_back();
}

Awaitable<net::HttpReply> GithubTeams::get(std::string path, Deadline deadline) {
  if (!send_ || !token_) throw Error(ErrorKind::unavailable, "webhooks.github.api-token is not given");
  const Secret token = co_await token_();
  if (token.empty()) throw Error(ErrorKind::unavailable, "webhooks.github.api-token is not given");
  net::HttpRequest request{.url = api_url_ + path};
  request.headers = {{"Authorization", "Bearer " + token.reveal()},
                     {"Accept", "application/vnd.github+json"},
                     {"X-GitHub-Api-Version", "2022-11-28"},
                     {"User-Agent", "fairlead"}};
  co_return co_await send_(std::move(request), deadline);
}

Awaitable<bool> GithubTeams::has(std::string team, std::string login, Deadline deadline) {
  const auto reply = co_await get(team_path(team) + "/memberships/" + url_encode(login), deadline);
  // 404 also when the token may not see the team: then nobody is in it.
  if (reply.status == 404) co_return false;
  if (!reply.ok()) throw not_asked(reply);
  co_return text_at(parse_json(reply.body), "state") == "active";
}

Awaitable<std::vector<std::string>> GithubTeams::members(std::string team, Deadline deadline) {
  const auto reply = co_await get(team_path(team) + "/members?per_page=100", deadline);
  if (!reply.ok()) throw not_asked(reply);
  std::vector<std::string> logins;
  for (const auto& one : parse_json(reply.body)) logins.push_back(text_at(one, "login"));
  co_return logins;
}

}  // namespace fairlead::chat
