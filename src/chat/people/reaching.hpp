// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "chat/people/github_teams.hpp"
#include "chat/people/slack_groups.hpp"
#include "fairlead/chat/links.hpp"
#include "fairlead/chat/people.hpp"

namespace fairlead::chat {

/// What a reminder is found with. Referenced objects outlive the call.
struct Reaching {
  WebApi* api = nullptr;
  std::string workspace, team;
  SlackGroups* groups = nullptr;
  GithubTeams* github = nullptr;
  std::vector<Link> links;
  Deadline deadline;
};

/// Slack accounts of these people and of the members of these groups, each person once. What cannot be asked is left out.
Awaitable<std::vector<Reachable>> reach(Reaching, std::vector<std::string> who);

}  // namespace fairlead::chat
