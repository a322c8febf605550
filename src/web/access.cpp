// SPDX-License-Identifier: Apache-2.0
#include "fairlead/web/access.hpp"

#include <algorithm>
#include <array>

#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::web {

namespace {

constexpr std::array<std::string_view, 5> names{"none", "viewer", "approver", "deployer", "admin"};

Access from_role(pipeline::Role role) {
  switch (role) {
    case pipeline::Role::viewer: return Access::viewer;
    case pipeline::Role::deployer: return Access::deployer;
    case pipeline::Role::admin: return Access::admin;
  }
  return Access::none;
}

bool is_local(const engine::Person& person) { return person.id.starts_with("local:"); }

/// `*` means anyone whose role allows it, so it makes nobody an approver.
bool named_by_an_approval(const engine::Person& person, const pipeline::ServerConfig& config) {
  const auto names_person = [&](const std::string& who) { return who != "*" && person.is(who); };
  return std::ranges::any_of(config.environments, [&](const auto& entry) {
    const auto& approval = entry.second.approval;
    if (!approval) return false;
    if (approval->break_glass && std::ranges::any_of(approval->break_glass->who, names_person)) return true;
    return std::ranges::any_of(approval->require, [&](const auto& group) { return std::ranges::any_of(group.from, names_person); });
  });
}

/// Highest role of an entry that matches; `with_anyone` lets "*" match.
Access listed_access(const engine::Person& person, const pipeline::ServerConfig& config, bool with_anyone) {
  auto best = Access::none;
  for (const auto& [role, people] : config.roles)
    for (const auto& who : people)
      if (who == "*" ? with_anyone : person.is(who)) best = std::max(best, from_role(role));
  return best;
}

}  // namespace

std::string_view to_string(Access access) { return names[static_cast<std::size_t>(access)]; }

std::optional<Access> access_from(std::string_view text) {
  const auto found = std::ranges::find(names, text);
  if (found == names.end()) return std::nullopt;
  return static_cast<Access>(found - names.begin());
}

Access access_of(const engine::Person& person, const pipeline::ServerConfig& config) {
  if (config.roles.empty()) return is_local(person) ? Access::admin : Access::viewer;
  if (is_local(person)) {
    const auto listed = listed_access(person, config, false);
    return listed == Access::none ? Access::admin : listed;
  }
  const auto listed = listed_access(person, config, true);
  if (listed < Access::approver && named_by_an_approval(person, config)) return Access::approver;
  return listed;
}

Access access_of_token(const engine::Person& person, Access granted, const pipeline::ServerConfig& config) {
  if (config.roles.empty()) return std::min(granted, Access::viewer);
  const auto listed = listed_access(person, config, false);
  if (listed == Access::none) return granted;
  return std::min(granted, std::max(listed, named_by_an_approval(person, config) ? Access::approver : Access::none));
}

}  // namespace fairlead::web
