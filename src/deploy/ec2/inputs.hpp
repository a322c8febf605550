// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "deploy/ec2/rollout.hpp"
#include "fairlead/base/json_fwd.hpp"
#include "fairlead/base/secret.hpp"

namespace fairlead::engine {
class StepContext;
}

namespace fairlead::deploy::ec2 {

/// The inputs of an `ec2-deploy` step.
struct Inputs {
  std::map<std::string, std::vector<std::string>> tags;
  std::vector<std::string> groups, hosts;
  bool ssh = false;
  std::string user;
  std::vector<std::string> files;
  std::string archive;      ///< of the workspace, whose content is rolled out; empty: `files`
  std::string appspec;      ///< path; empty: none given
  bool stop_may_fail = false;  ///< hooks of the release before that stop it and take it out of traffic
  std::string destination;  ///< folder on the hosts whose `current` points to the release
  std::string unit, command;  ///< what is restarted
  std::string container_image, container_name, container_options;
  std::vector<std::string> target_groups;
  std::string haproxy_socket, haproxy_backend, leave, join;
  std::string health_url, health_command;
  int health_successes = 2;
  std::vector<std::string> alarms;
  std::map<std::string, std::string> env;
  std::map<std::string, Secret> secret_env;
  bool refresh = false;         ///< strategy: instance-refresh
  std::string image;            ///< of it: AMI for a new version of the launch template
  std::string template_version; ///< of it: "7", "$Latest", "$Default"; empty, like `image`: $Latest
  int max_healthy = 100;        ///< of it, in percent
  std::optional<Duration> warmup;
  std::string bucket;
  int max_hosts = 50;
  Settings settings;
  std::optional<Duration> drain;
  bool starts_nothing() const { return unit.empty() && command.empty() && container_image.empty(); }
  bool balanced() const { return !target_groups.empty() || !haproxy_backend.empty() || !leave.empty(); }
};

/// Throws Error(invalid) for what the schema cannot know. Without the secrets of `env`: inputs_of adds them.
Inputs inputs_from(const Json& with);
Inputs inputs_of(const engine::StepContext&);

}  // namespace fairlead::deploy::ec2
