// SPDX-License-Identifier: Apache-2.0
#include "chat/people/reaching.hpp"

#include <set>

#include "chat/people/named_groups.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::chat {

namespace {

constexpr std::string_view slack_prefix = "slack:";

engine::Person linked(const std::string& id, const std::vector<Link>& links) {
  engine::Person person;
  person.id = id;
  return with_links(std::move(person), links);
}

/// Slack ids that are linked to the person.
std::set<std::string> accounts_of(const std::string& id, const std::vector<Link>& links) {
  const auto person = linked(id, links);
  std::set<std::string> users;
  for (const auto& alias : person.aliases)
    if (alias.starts_with(slack_prefix) && !is_slack_group(alias)) users.insert(alias.substr(slack_prefix.size()));
  return users;
}

Awaitable<std::set<std::string>> by_address(const Reaching& with, std::string address) {
  const Json answer = co_await with.api->call(with.workspace, "users.lookupByEmail", {{"email", address}}, with.deadline);
  co_return std::set<std::string>{text_at(member(answer, "user"), "id")};
}

Awaitable<std::set<std::string>> of_team(const Reaching& with, std::string team) {
  std::set<std::string> users;
  for (const auto& login : co_await with.github->members(std::move(team), with.deadline))
    users.merge(accounts_of("github:" + login, with.links));
  co_return users;
}

Awaitable<std::set<std::string>> users_of(const Reaching& with, std::string who) {
  if (is_slack_group(who)) co_return co_await with.groups->members(*with.api, with.workspace, with.team, who, false, with.deadline);
  if (who.starts_with(slack_prefix)) co_return std::set<std::string>{who.substr(slack_prefix.size())};
  if (who.starts_with("github:team:")) co_return co_await of_team(with, std::move(who));
  auto known = accounts_of(who, with.links);
  if (known.empty() && who.starts_with("user:") && who.find('@') != std::string::npos) co_return co_await by_address(with, who.substr(5));
  co_return known;
}

}  // namespace

Awaitable<std::vector<Reachable>> reach(Reaching with, std::vector<std::string> who) {
  std::vector<Reachable> found;
  std::set<std::string> seen;
  for (const auto& one : who) {
    std::set<std::string> users;
    try {
      users = co_await users_of(with, one);
    } catch (const Error& error) {
      log::info("chat.not-reached", {{"who", one}, {"why", error.message()}});
    }
    for (const auto& user : users) {
      if (user.empty()) continue;
      auto person = linked("slack:" + user, with.links).id;
      if (seen.insert(person).second) found.push_back({user, std::move(person)});
    }
  }
  co_return found;
}

}  // namespace fairlead::chat
