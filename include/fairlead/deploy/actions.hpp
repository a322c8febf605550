// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "fairlead/aws/scope.hpp"
#include "fairlead/base/async.hpp"
#include "fairlead/base/json_fwd.hpp"
#include "fairlead/base/pool.hpp"
#include "fairlead/engine/action.hpp"

namespace fairlead::aws {
class Aws;
}

/// Actions that change an environment.
namespace fairlead::deploy {

/// What the actions act with. Everything on the io thread; what is referenced outlives the actions.
struct Parts {
  asio::any_io_executor executor;
  aws::Aws* aws = nullptr;
  Pool* pool = nullptr;  ///< for what blocks: bundles of hosts
  /// The environment's `aws:` block; nullopt when it has none.
  std::function<std::optional<aws::Scope>(const std::string& environment)> scope;
  /// A definition file of the repository as JSON: YAML or JSON, its expressions evaluated in these contexts. Throws
  /// Error(invalid) with file, line and column.
  std::function<Json(const std::string& text, const std::string& filename, const Json& contexts)> parse;
  /// Takes the lock of a real resource ("ecs:<service ARN>") for a job; the name of who has it, when somebody else does. A job
  /// that has it already gets it again (the server was restarted); the lock of a finished run is taken over.
  std::function<Awaitable<std::optional<std::string>>(std::string resource, engine::JobKey)> take;
  std::function<Awaitable<void>(std::string resource, engine::JobKey)> release;
  /// How an environment reaches its hosts by ssh. May be empty.
  struct Ssh {
    std::filesystem::path config;                   ///< empty: that of the server's user
    std::optional<std::vector<std::string>> hosts;  ///< globs of those that a pipeline may name; nullopt: any
  };
  std::function<Ssh(const std::string& environment)> ssh;
  std::filesystem::path data_folder;  ///< sockets of shared ssh connections go there
  /// Keeps a note over restarts of the server; without text, forgets it. May be absent, like `notes`.
  std::function<Awaitable<void>(std::string key, std::optional<std::string> json)> note;
  std::function<Awaitable<std::map<std::string, std::string>>()> notes;
  /// Text behind an address that AWS has signed, for image configurations. May be empty.
  std::function<Awaitable<std::string>(std::string url)> fetch;
  /// Locks an environment for an app after a rollback, once, with its reason; whether it is locked for that now.
  std::function<Awaitable<bool>(std::string environment, std::string app, std::string reason)> hold;
};

/// Adds ecs-deploy, ecs-run-task and ecs-schedule, and goes on with what deploys of an earlier server left to the background.
void add_ecs_actions(engine::Actions&, const Parts&);
/// Adds ec2-deploy.
void add_ec2_actions(engine::Actions&, const Parts&);
/// What a schema cannot know about the inputs of an `ec2-deploy`: one sentence with its hint; empty when it is well, or depends on
/// expressions.
std::string problem_of_ec2_inputs(const Json& with);

}  // namespace fairlead::deploy
