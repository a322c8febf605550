// SPDX-License-Identifier: Apache-2.0
#include "chat/people/named_groups.hpp"

#include <vector>

#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::chat {

namespace {

void add(NamedGroups& groups, const std::vector<std::string>& people) {
  for (const auto& who : people) {
    if (is_slack_group(who)) groups.slack.insert(who);
    if (who.starts_with("github:team:")) groups.github.insert(who);
  }
}

}  // namespace

bool is_slack_group(const std::string& who) { return who.starts_with("slack:@") || who.starts_with("slack:S"); }

NamedGroups named_groups(const pipeline::ServerConfig& config) {
  NamedGroups groups;
  for (const auto& [role, people] : config.roles) add(groups, people);
  for (const auto& [name, environment] : config.environments) {
    if (!environment.approval) continue;
    for (const auto& rule : environment.approval->require) add(groups, rule.from);
    if (environment.approval->break_glass) add(groups, environment.approval->break_glass->who);
  }
  return groups;
}

}  // namespace fairlead::chat
