// SPDX-License-Identifier: Apache-2.0
#include "chat/people/slack_groups.hpp"

#include "fairlead/base/strings.hpp"

namespace fairlead::chat {

namespace {

constexpr auto memory = std::chrono::seconds(60);

Json with_team(Json arguments, const std::string& team) {
  if (!team.empty()) arguments["team_id"] = team;
  return arguments;
}

}  // namespace

Awaitable<std::string> SlackGroups::id_of(WebApi& api, std::string workspace, std::string team, std::string group, Deadline deadline) {
  constexpr std::string_view prefix = "slack:";
  const std::string name = group.substr(prefix.size());
  if (!name.starts_with('@')) co_return name;
  const std::string handle = to_lower(name.substr(1));
  if (const auto known = names_.find(workspace); known == names_.end() || known->second.until <= std::chrono::steady_clock::now()) {
    auto arguments = with_team({{"include_disabled", false}, {"include_users", false}}, team);
    const Json answer = co_await api.call(workspace, "usergroups.list", std::move(arguments), deadline);
    Names names;
    for (const auto& one : member(answer, "usergroups"))
      if (number_at(one, "date_delete") == 0) names.ids[to_lower(text_at(one, "handle"))] = text_at(one, "id");
    names.until = std::chrono::steady_clock::now() + memory;
    names_.insert_or_assign(workspace, std::move(names));
  }
  const auto& ids = names_.at(workspace).ids;
  const auto id = ids.find(handle);
  if (id == ids.end() || id->second.empty()) throw Error(ErrorKind::unavailable, "Slack has no user group @" + handle);
  co_return id->second;
}

Awaitable<std::set<std::string>> SlackGroups::members(WebApi& api, std::string workspace, std::string team, std::string group, bool fresh,
                                                      Deadline deadline) {
  const std::string id = co_await id_of(api, workspace, team, group, deadline);
  const std::pair key(workspace, id);
  if (const auto known = members_.find(key); !fresh && known != members_.end() && known->second.until > std::chrono::steady_clock::now())
    co_return known->second.users;
  auto arguments = with_team({{"usergroup", id}, {"include_disabled", false}}, team);
  const Json answer = co_await api.call(workspace, "usergroups.users.list", std::move(arguments), deadline);
  const Json& users = member(answer, "users");
  if (!users.is_array()) throw Error(ErrorKind::unavailable, "Slack's answer about " + group + " names no members");
  Members found;
  for (const auto& user : users)
    if (user.is_string()) found.users.insert(user.get<std::string>());
  found.until = std::chrono::steady_clock::now() + memory;
  members_.insert_or_assign(key, found);
  co_return found.users;
}

}  // namespace fairlead::chat
