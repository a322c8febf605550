// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>

namespace fairlead::pipeline {
struct ServerConfig;
}

namespace fairlead::chat {

/// The groups that fairlead.yml names (approval rules, break-glass, roles): no other is ever asked for. Pure.
struct NamedGroups {
  std::set<std::string> slack;   ///< "slack:@deployers", "slack:S123"
  std::set<std::string> github;  ///< "github:team:acme/sre"
};
NamedGroups named_groups(const pipeline::ServerConfig&);

/// "slack:@name" or "slack:S123", not a person.
bool is_slack_group(const std::string& who);

}  // namespace fairlead::chat
