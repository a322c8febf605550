// SPDX-License-Identifier: Apache-2.0
#include "cli/slack_setup.hpp"

#include <set>

#include "cli/secrets.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/chat/slack_setup.hpp"

namespace fairlead::cli {

namespace {

using Finding = chat::slack::Finding;

std::set<std::string> channels_of(const pipeline::ServerConfig& config) {
  std::set<std::string> channels;
  const auto add = [&](const std::string& channel) {
    if (!channel.empty() && !channel.contains(':') && !channel.starts_with('@')) channels.insert(channel);
  };
  add(config.slack->channel);
  for (const auto& [name, app] : config.apps) add(app.channel);
  for (const auto& rule : config.notify)
    for (const auto& target : rule.to) add(target);
  for (const auto& [name, environment] : config.environments)
    if (environment.approval && environment.approval->break_glass)
      for (const auto& target : environment.approval->break_glass->notify) add(target);
  return channels;
}

bool names_groups(const std::vector<std::string>& people) {
  for (const auto& person : people)
    if (person.starts_with("slack:@") || person.starts_with("slack:S")) return true;
  return false;
}

bool names_groups(const pipeline::ServerConfig& config) {
  for (const auto& [role, people] : config.roles)
    if (names_groups(people)) return true;
  for (const auto& [name, environment] : config.environments) {
    if (!environment.approval) continue;
    for (const auto& group : environment.approval->require)
      if (names_groups(group.from)) return true;
    if (environment.approval->break_glass && names_groups(environment.approval->break_glass->who)) return true;
  }
  return false;
}

/// Empty, and a finding, when it is not set.
Awaitable<Secret> looked_up(Secrets& secrets, const pipeline::SecretRef& ref, std::string what, std::vector<Finding>& findings) {
  try {
    co_return co_await secrets.value(ref);
  } catch (const Error& error) {
    findings.push_back({Finding::State::bad, what + ": " + error.message(), error.hint()});
  }
  co_return Secret();
}

std::string word(Finding::State state) {
  switch (state) {
    case Finding::State::good: return "good";
    case Finding::State::warning: return "warning";
    case Finding::State::bad: break;
  }
  return "bad";
}

}  // namespace

Awaitable<Json> check_slack(net::HttpClient& http, Secrets& secrets, std::shared_ptr<const pipeline::ServerConfig> config,
                            std::vector<std::string> problems) {
  if (!config->slack) throw Error(ErrorKind::invalid, "fairlead.yml has no `slack:`", "docs/slack.md: five clicks");
  const auto& slack = *config->slack;
  std::vector<Finding> findings;
  for (const auto& problem : problems) findings.push_back({Finding::State::bad, problem, "the server's log says since when (slack.alarm)"});
  chat::slack::CheckParts parts;
  parts.http = &http;
  parts.base_url = slack.api_url;
  parts.socket = slack.transport == pipeline::SlackConfig::Transport::socket;
  const auto channels = channels_of(*config);
  parts.channels.assign(channels.begin(), channels.end());
  parts.groups = names_groups(*config);
  if (slack.bot_token) parts.bot_token = co_await looked_up(secrets, slack.bot_token, "slack.bot-token", findings);
  if (parts.socket) parts.app_token = co_await looked_up(secrets, slack.app_token, "slack.app-token", findings);
  if (!parts.socket)
    for (const auto& ref : slack.signing_secrets) co_await looked_up(secrets, ref, "slack.signing-secret", findings);
  const bool complete = !parts.bot_token.empty() && (!parts.socket || !parts.app_token.empty());
  if (complete) {
    auto found = co_await chat::slack::check(std::move(parts));
    std::ranges::move(found, std::back_inserter(findings));
  }
  Json list = Json::array();
  for (const auto& finding : findings) list.push_back(Json{{"state", word(finding.state)}, {"what", finding.what}, {"hint", finding.hint}});
  co_return list;
}

}  // namespace fairlead::cli
