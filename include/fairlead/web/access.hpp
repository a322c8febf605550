// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "fairlead/engine/approval.hpp"

namespace fairlead::pipeline {
struct ServerConfig;
}

/// Who may do what. Pure.
namespace fairlead::web {

/// What a route asks of whoever calls it; each includes those before it. `approver` is anyone named by an approval rule, and every
/// deployer: whether a vote counts is decided by the environment's policy.
enum class Access { none, viewer, approver, deployer, admin };
std::string_view to_string(Access);
std::optional<Access> access_from(std::string_view);

/// An authenticated caller.
struct Identity {
  engine::Person person;
  Access access = Access::viewer;
  std::set<std::string> apps;          ///< empty: all
  std::set<std::string> environments;  ///< empty: all
  std::string via = "api";             ///< api, cli (unix socket), slack, console
  std::string session;                 ///< of a browser that is signed in; empty: not one
  std::string limit_reason;            ///< why `access` is lower than the token's own role; empty: it is not

  bool may_see(std::string_view app) const { return apps.empty() || apps.contains(std::string(app)); }
  bool may_touch(std::string_view environment) const { return environments.empty() || environments.contains(std::string(environment)); }
};

/// The access of a person by `roles:` and approval rules (language.md, People). Without any `roles`, `local:` is admin and everybody
/// else viewer; with them, a `local:` user that no entry names stays admin, and whoever no entry matches has none.
Access access_of(const engine::Person&, const pipeline::ServerConfig&);

/// The access of an API token `token:<name>`: its own role, unless `roles` names the token (then the lower of the two) or there are no
/// roles at all (then viewer).
Access access_of_token(const engine::Person&, Access granted, const pipeline::ServerConfig&);

}  // namespace fairlead::web
