// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>

#include "fairlead/base/strings.hpp"
#include "fairlead/chat/slack.hpp"
#include "fairlead/chat/slack_setup.hpp"
#include "fairlead/chat/slack_socket.hpp"
#include "fairlead/net/client.hpp"

namespace fairlead::chat::slack {

namespace {

using State = Finding::State;
using Findings = std::vector<Finding>;

struct Scope {
  const char* name;
  State without;
  const char* lost;
};
constexpr Scope scopes[] = {
    {"commands", State::bad, "there is no /deploy command and no shortcut"},
    {"chat:write", State::bad, "no card and no answer can be posted"},
    {"users:read", State::bad, "nobody can be told from a guest or a bot, so nobody may do anything from Slack"},
    {"users:read.email", State::warning, "people are not recognised by their e-mail address; they link their accounts by hand"},
    {"usergroups:read", State::warning, "rules that name slack:@group let nobody in"},
    {"app_mentions:read", State::warning, "mentions of the app are not heard"},
    {"im:history", State::warning, "direct messages to the app are not heard"},
    {"channels:read", State::warning, "it cannot be checked whether the app is in its channels"},
};

constexpr const char* reinstall = "add it under \"OAuth & Permissions\" and install the app again";

/// Slack's answer, or a finding that says what it refused.
Awaitable<std::optional<Reply>> asked(const CheckParts& parts, Findings& findings, Secret token, std::string method, Json arguments,
                                      std::string hint) {
  try {
    co_return co_await ask(*parts.http, parts.base_url, std::move(token), std::move(method), std::move(arguments),
                           deadline_in(std::chrono::seconds(20)));
  } catch (const ApiError& error) {
    findings.push_back({State::bad, error.message(), std::move(hint)});
  }
  co_return std::nullopt;
}

/// "Fri, 20 Nov 2026 03:04:05 GMT"
std::optional<Time> date_of(const net::Headers& headers) {
  std::tm parts{};
  const std::string text(headers.get("Date"));
  if (::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) return std::nullopt;
  return from_micros(static_cast<std::int64_t>(::timegm(&parts)) * 1000000);
}

Finding judge_clock(const net::Headers& headers) {
  const auto theirs = date_of(headers);
  if (!theirs) return {State::warning, "Slack's answer has no date: the clock was not compared", ""};
  const auto off = std::llabs(to_micros(now()) - to_micros(*theirs)) / 1000000;
  if (off <= 30) return {State::good, "the clock agrees with Slack's", ""};
  return {off > 240 ? State::bad : State::warning, "the clock is " + std::to_string(off) + " s off from Slack's",
          "requests that differ by more than 300 s are refused; let the host follow a time server"};
}

std::set<std::string> words_of(std::string_view list) {
  std::set<std::string> words;
  for (const auto& word : split(list, ','))
    if (const auto name = trim(word); !name.empty()) words.emplace(name);
  return words;
}

/// Channel ids by name, of those the bot can see.
Awaitable<std::optional<Json>> channels_of(const CheckParts& parts, Findings& findings) {
  Json all = Json::array();
  std::string cursor;
  do {
    Json arguments{{"limit", 200}, {"exclude_archived", true}, {"types", "public_channel,private_channel"}};
    if (!cursor.empty()) arguments["cursor"] = cursor;
    const auto reply = co_await asked(parts, findings, parts.bot_token, "conversations.list", std::move(arguments), reinstall);
    if (!reply) co_return std::nullopt;
    for (const auto& channel : member(reply->body, "channels")) all.push_back(channel);
    cursor = text_at(member(reply->body, "response_metadata"), "next_cursor");
  } while (!cursor.empty() && all.size() < 5000);
  co_return all;
}

Finding judge_channel(const std::string& wanted, const Json& channels) {
  const std::string name = wanted.starts_with('#') ? wanted.substr(1) : wanted;
  for (const auto& channel : channels) {
    if (text_at(channel, "name") != name && text_at(channel, "id") != name) continue;
    if (!flag_at(channel, "is_member")) return {State::bad, "the app is not in " + wanted, "type /invite @fairlead there"};
    if (flag_at(channel, "is_ext_shared"))
      return {State::warning, wanted + " is shared with another workspace: its people see the cards (and may do nothing)",
              "use another channel"};
    return {State::good, "the app is in " + wanted, ""};
  }
  return {State::bad, "there is no channel " + wanted + " that the app can see", "create it, or invite the app when it is private"};
}

Awaitable<void> check_bot(const CheckParts& parts, Findings& findings) {
  auto reply = co_await asked(parts, findings, parts.bot_token, "auth.test", Json::object(),
                              "copy the \"Bot User OAuth Token\" (xoxb-…) from \"OAuth & Permissions\"");
  if (!reply) co_return;
  findings.push_back(
      {State::good, "the bot token is " + text_at(reply->body, "user", "?") + " of " + text_at(reply->body, "team", "?"), ""});
  findings.push_back(judge_clock(reply->headers));
  const auto granted = words_of(reply->headers.get("x-oauth-scopes"));
  std::ranges::move(judge_scopes(granted, parts.groups), std::back_inserter(findings));
  if (!parts.channels.empty() && granted.contains("channels:read")) {
    if (const auto channels = co_await channels_of(parts, findings))
      for (const auto& wanted : parts.channels) findings.push_back(judge_channel(wanted, *channels));
  }
  const auto bot = text_at(reply->body, "bot_id");
  const auto app = app_of_token(parts.app_token.reveal());
  if (!parts.socket || app.empty() || bot.empty() || !granted.contains("users:read")) co_return;
  const auto about = co_await asked(parts, findings, parts.bot_token, "bots.info", Json{{"bot", bot}}, reinstall);
  const auto owner = about ? text_at(member(about->body, "bot"), "app_id") : std::string();
  if (!owner.empty() && owner != app)
    findings.push_back({State::bad, "app-token is of the app " + app + ", bot-token of " + owner, "take both from the same app"});
}

}  // namespace

std::vector<Finding> judge_scopes(const std::set<std::string>& granted, bool groups) {
  Findings findings;
  for (const auto& scope : scopes) {
    if (granted.contains(scope.name)) continue;
    const bool matters = groups && std::string_view(scope.name) == "usergroups:read";
    findings.push_back(
        {matters ? State::bad : scope.without, "without the scope " + std::string(scope.name) + " " + scope.lost, reinstall});
  }
  if (findings.empty()) findings.push_back({State::good, "all scopes are granted", ""});
  return findings;
}

Awaitable<std::vector<Finding>> check(CheckParts parts) {
  Findings findings;
  co_await check_bot(parts, findings);
  if (parts.socket) {
    const auto reply = co_await asked(parts, findings, parts.app_token, "apps.connections.open", Json::object(),
                                      "make an app-level token (xapp-…) with the scope connections:write under \"Basic Information\", and "
                                      "switch Socket Mode on");
    if (reply) findings.push_back({State::good, "the app-level token opens connections", ""});
  }
  co_return findings;
}

}  // namespace fairlead::chat::slack
